"""Search: operators, limits, order, the 10,000 cap and the lagging index. Facts: section 5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"
PEOPLE = {
    "ada": {"firstname": "Ada", "lastname": "Lovelace", "city": "London", "lifecyclestage": "customer"},
    "grace": {"firstname": "Grace", "lastname": "Hopper", "city": "New York", "associatedcompanyid": "90"},
    "mary": {"firstname": "Mary", "lastname": "Jackson", "associatedcompanyid": "1000", "phone": "+1 202-555-0101"},
    "radia": {
        "firstname": "Radia",
        "lastname": "Perlman",
        "city": "london",
        "closedate": "2026-05-01T12:00:00Z",
        "hs_buying_role": "CHAMPION;OTHER",
    },
}


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    """A portal with four people and no index lag."""
    with start_simulator() as running:
        for name, values in PEOPLE.items():
            body = {"properties": {"email": f"{name}@search.example", **values}}
            assert running.post(CONTACTS, body).status == 201
        yield running


def search(hubspot: Simulator, **body: Any) -> Answer:
    return hubspot.post(f"{CONTACTS}/search", body)


def who(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [record["properties"]["email"].partition("@")[0] for record in answer.json["results"]]


def condition(property_: str, operator: str, *values: Any) -> dict[str, Any]:
    filter_: dict[str, Any] = {"propertyName": property_, "operator": operator}
    if operator in ("IN", "NOT_IN"):
        return filter_ | {"values": list(values)}
    if operator == "BETWEEN":
        return filter_ | {"value": values[0], "highValue": values[1]}
    return filter_ | ({"value": values[0]} if values else {})


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        (condition("city", "EQ", "LONDON"), ["ada", "radia"]),  # text without regard to case
        (condition("city", "NEQ", "london"), ["grace"]),  # those without a city do not match
        (condition("lifecyclestage", "EQ", "customer"), ["ada"]),
        (condition("lifecyclestage", "EQ", "Customer"), []),  # options with regard to case
        (condition("city", "IN", "london", "new york"), ["ada", "grace", "radia"]),
        (condition("city", "IN", "London"), []),  # values must be lower case
        (condition("city", "NOT_IN", "london"), ["grace"]),
        (condition("lifecyclestage", "NOT_IN", "lead"), ["ada"]),
        (condition("hs_buying_role", "EQ", "OTHER"), ["radia"]),  # one of several options
        (condition("hs_buying_role", "IN", "LEGAL_AND_COMPLIANCE", "CHAMPION"), ["radia"]),
        (condition("phone", "HAS_PROPERTY"), ["mary"]),
        (condition("city", "NOT_HAS_PROPERTY"), ["mary"]),
        (condition("associatedcompanyid", "GT", "90"), ["mary"]),  # numbers as numbers
        (condition("associatedcompanyid", "GTE", 90), ["grace", "mary"]),
        (condition("associatedcompanyid", "LT", "1000"), ["grace"]),
        (condition("associatedcompanyid", "LTE", "1000"), ["grace", "mary"]),
        (condition("associatedcompanyid", "BETWEEN", "90", "100"), ["grace"]),
        (condition("closedate", "GT", "1767225600000"), ["radia"]),  # epoch milliseconds or ISO
        (condition("closedate", "LT", "2026-05-02"), ["radia"]),
        (condition("email", "CONTAINS_TOKEN", "*@search.example"), ["ada", "grace", "mary", "radia"]),
        (condition("email", "CONTAINS_TOKEN", "gra*"), ["grace"]),
        (condition("city", "CONTAINS_TOKEN", "york"), ["grace"]),
        (condition("city", "NOT_CONTAINS_TOKEN", "york"), ["ada", "radia"]),
        (condition("hs_full_name_or_email", "EQ", "grace hopper"), ["grace"]),
        (condition("createdate", "GT", "2020-01-01"), ["ada", "grace", "mary", "radia"]),
    ],
)
def test_operators(hubspot: Simulator, filter_: dict[str, Any], found: list[str]) -> None:
    assert who(search(hubspot, filterGroups=[{"filters": [filter_]}])) == found
    assert who(search(hubspot, filters=[filter_])) == found


def test_filters_are_anded_and_groups_ored(hubspot: Simulator) -> None:
    london = condition("city", "EQ", "london")
    customer = condition("lifecyclestage", "EQ", "customer")
    mary = condition("firstname", "EQ", "mary")
    assert who(search(hubspot, filterGroups=[{"filters": [london, customer]}, {"filters": [mary]}])) == ["ada", "mary"]


@pytest.mark.parametrize(
    ("words", "found"),
    [("LOVE", ["ada"]), ("ra", ["radia"]), ("search.example hop", ["grace"]), ("555-01", ["mary"]), ("velace", [])],
)
def test_free_text_finds_beginnings_of_words(hubspot: Simulator, words: str, found: list[str]) -> None:
    assert who(search(hubspot, query=words)) == found


def test_order_and_pages(hubspot: Simulator) -> None:
    assert who(search(hubspot)) == ["ada", "grace", "mary", "radia"]  # oldest first
    assert who(search(hubspot, sorts=["-lastname"])) == ["radia", "ada", "mary", "grace"]
    by_name = [{"propertyName": "lastname", "direction": "ASCENDING"}]
    first = search(hubspot, sorts=by_name, limit=3)
    assert who(first) == ["grace", "mary", "ada"]
    assert (first.json["total"], first.json["paging"]["next"]["after"]) == (4, "3")
    last = search(hubspot, sorts=by_name, limit=3, after="3")
    assert who(last) == ["radia"]
    assert "paging" not in last.json
    assert who(search(hubspot, sorts=["phone"]))[0] == "mary"  # those without a value come last
    assert who(search(hubspot, sorts=["-hs_object_id"], limit=1)) == ["radia"]


FILTER = condition("city", "EQ", "x")


@pytest.mark.parametrize(
    "body",
    [
        {"filterGroups": [{"filters": [FILTER]}] * 6},
        {"filterGroups": [{"filters": [FILTER] * 7}]},
        {"filterGroups": [{"filters": [FILTER] * 5}] * 4},  # 20 in total
        {"limit": 201},
        {"after": "9990", "limit": 11},
        {"after": "abc"},
        {"sorts": ["city", "zip"]},
        {"sorts": ["no_such"]},
        {"filters": [condition("no_such", "EQ", "x")]},
        {"filters": [condition("city", "EQ")]},
        {"filters": [condition("city", "IN")]},
        {"filters": [condition("city", "LIKE", "x")]},
        {"filters": [condition("associatedcompanyid", "GT", "many")]},
        {"query": "x" * 3001},
        {"properties": [f"property_{number:04d}" for number in range(300)]},  # 3,000 characters of body
    ],
)
def test_what_search_refuses(hubspot: Simulator, body: dict[str, Any]) -> None:
    answer = search(hubspot, **body)
    assert answer.status == 400
    assert answer.json["category"] == "VALIDATION_ERROR"


def test_exactly_the_limits_are_allowed(hubspot: Simulator) -> None:
    groups = [{"filters": [FILTER] * 6}, {"filters": [FILTER] * 6}, {"filters": [FILTER] * 6}]
    assert search(hubspot, filterGroups=groups, limit=200, after="9800").status == 200


def test_beyond_ten_thousand_only_by_keyset() -> None:
    with start_simulator(contacts=10_300) as hubspot:
        page = search(hubspot, limit=200, after="9800")
        assert (page.json["total"], len(page.json["results"])) == (10_300, 200)
        assert page.json["paging"]["next"]["after"] == "10000"
        assert search(hubspot, limit=200, after="10000").status == 400
        last = page.json["results"][-1]["id"]
        rest = search(
            hubspot,
            filterGroups=[{"filters": [condition("hs_object_id", "GT", last)]}],
            sorts=["hs_object_id"],
            limit=200,
        )
        assert rest.json["total"] == 300
        assert int(rest.json["results"][0]["id"]) > int(last)


def test_the_index_lags_behind_writes() -> None:
    with start_simulator(index_lag=30) as hubspot:
        made = hubspot.post(CONTACTS, {"properties": {"email": "a@lag.example", "city": "Galle"}}).json["id"]
        assert hubspot.get(f"{CONTACTS}/{made}").status == 200
        assert search(hubspot).json["total"] == 0
        hubspot.advance(31)
        assert search(hubspot).json["total"] == 1
        hubspot.request("PATCH", f"{CONTACTS}/{made}", {"properties": {"city": "Kandy"}})
        galle, kandy = (search(hubspot, filters=[condition("city", "EQ", city)]) for city in ("galle", "kandy"))
        assert (galle.json["total"], kandy.json["total"]) == (1, 0)
        hubspot.request("DELETE", f"{CONTACTS}/{made}")
        assert search(hubspot).json["total"] == 1  # archived, but the index does not know yet
        hubspot.advance(31)
        assert search(hubspot).json["total"] == 0
