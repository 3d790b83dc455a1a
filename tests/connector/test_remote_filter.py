"""Filter groups as query filters: whatever HubSpot's search would find, the filter finds too."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.connector.filter import Compare, Filter, parse
from console.connector.remote_filter import filter_text
from console.hubspot.errors import Invalid
from tests.connector.search_parts import DirectObjects, found_by, meant, query_of
from tests.connector.test_search_law import FILTERS, ROWS


@settings(max_examples=60)
@given(FILTERS, ROWS)
def test_an_identity_server_is_asked_for_no_less_than_hubspot_and_for_the_same_where_that_is_exact(
    node: Filter, rows: list[dict[str, str | None]]
) -> None:
    query = query_of(node)
    if query.nothing:
        return
    hubspot = DirectObjects(rows)
    found = {record.id for record in asyncio.run(found_by(hubspot, query_of(filter_text(query.groups))))}
    wanted = set(meant(node, hubspot.rows()))
    assert wanted <= found, (str(node), filter_text(query.groups))
    assert query.residual is not None or wanted == found, (str(node), filter_text(query.groups))


@pytest.mark.parametrize(
    ("clause", "text"),
    [
        ({"operator": "EQ", "propertyName": "email", "value": 'a"b'}, 'email eq "a\\"b"'),
        ({"operator": "NEQ", "propertyName": "a", "value": "1"}, '!(a eq "1")'),
        ({"operator": "GT", "propertyName": "hs_object_id", "value": "7"}, '_id gt "7"'),
        ({"operator": "BETWEEN", "propertyName": "a", "value": "1", "highValue": "3"}, 'a ge "1" and a le "3"'),
        ({"operator": "IN", "propertyName": "a", "values": ["1", "2"]}, 'a eq "1" or a eq "2"'),
        ({"operator": "NOT_IN", "propertyName": "a", "values": ["1"]}, '!(a eq "1")'),
        ({"operator": "HAS_PROPERTY", "propertyName": "a"}, "a pr"),
        ({"operator": "NOT_HAS_PROPERTY", "propertyName": "a"}, "!(a pr)"),
        ({"operator": "CONTAINS_TOKEN", "propertyName": "a", "value": "*ann lee*"}, 'a co "ann" and a co "lee"'),
        ({"operator": "NOT_CONTAINS_TOKEN", "propertyName": "a", "value": "x"}, "true"),
    ],
)
def test_every_operator_has_its_words(clause: dict[str, Any], text: str) -> None:
    assert filter_text([{"filters": [clause]}]) == text


def test_groups_are_alternatives_and_none_is_everything() -> None:
    one = {"operator": "EQ", "propertyName": "a", "value": "1"}
    assert filter_text([]) == "true"
    assert filter_text([{"filters": [one]}, {"filters": [one, one]}]) == 'a eq "1" or a eq "1" and a eq "1"'
    with pytest.raises(Invalid, match="SOUNDS_LIKE"):
        filter_text([{"filters": [{"operator": "SOUNDS_LIKE", "propertyName": "a"}]}])


@given(st.integers())
def test_numbers_are_texts_as_hubspot_has_them(value: int) -> None:
    text = filter_text([{"filters": [{"operator": "EQ", "propertyName": "a", "value": value}]}])
    assert parse(text) == Compare(("a",), "eq", str(value))
