"""Whatever is sent, the answer is a success or a refusal, never a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.simulator import Simulator, start_simulator

PATHS = [
    "/crm/v3/objects/contacts",
    "/crm/v3/objects/companies",
    "/crm/v3/objects/contacts/search",
    *(f"/crm/v3/objects/contacts/batch/{name}" for name in ("read", "create", "update", "upsert", "archive")),
    "/crm/v3/properties/contacts",
    "/crm/v3/properties/contacts/groups",
    *(f"/crm/v3/properties/contacts/batch/{name}" for name in ("read", "create", "archive")),
    "/oauth/v3/token",
]
NAMES = (
    "email",
    "firstname",
    "closedate",
    "hs_buying_role",
    "lifecyclestage",
    "associatedcompanyid",
    "x",
    "hs_object_id",
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["a@x.example", "1001", "999999999999999", "2026-05-01", "9999-12-31T23:59:59-12:00", ";;", "\ud800"]
    ),
)
values = st.dictionaries(st.sampled_from(NAMES), scalars | st.lists(scalars, max_size=2), max_size=4)
inputs = st.fixed_dictionaries(
    {}, optional={"id": scalars, "idProperty": st.sampled_from([*NAMES, None]), "properties": values}
)
conditions = st.fixed_dictionaries(
    {"propertyName": st.sampled_from(NAMES)},
    optional={
        "operator": st.sampled_from(["EQ", "GT", "IN", "BETWEEN", "CONTAINS_TOKEN", "HAS_PROPERTY", "?"]),
        "value": scalars,
        "highValue": scalars,
        "values": st.lists(scalars, max_size=3),
    },
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "properties": values | st.lists(st.sampled_from(NAMES), max_size=3),
        "inputs": st.lists(inputs, max_size=4),
        "idProperty": st.sampled_from([*NAMES, None]),
        "filterGroups": st.lists(st.fixed_dictionaries({"filters": st.lists(conditions, max_size=3)}), max_size=3),
        "sorts": st.lists(st.sampled_from(NAMES) | scalars, max_size=2),
        "query": scalars,
        "after": scalars,
        "limit": scalars,
    },
)


@pytest.fixture(scope="module")
def connection() -> Iterator[tuple[Simulator, HTTPConnection]]:
    """A portal and one kept-alive connection to it."""
    with start_simulator(contacts=20, companies=3) as hubspot:
        host, _, port = hubspot.url.removeprefix("http://").partition(":")
        open_ = HTTPConnection(host, int(port), timeout=10)
        yield hubspot, open_
        open_.close()


@settings(max_examples=150)
@given(path=st.sampled_from(PATHS), body=bodies | scalars)
def test_no_body_breaks_it(connection: tuple[Simulator, HTTPConnection], path: str, body: Any) -> None:
    hubspot, open_ = connection
    open_.request("POST", path, json.dumps(body).encode(), {"Authorization": f"Bearer {hubspot.token}"})
    response = open_.getresponse()
    answer = response.read()
    assert response.status in (200, 201, 204, 207, 400, 409), (response.status, answer)
    if response.status != 204:
        assert isinstance(json.loads(answer), dict)
