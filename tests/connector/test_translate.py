"""What HubSpot is asked always covers what the filter means, within HubSpot's limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.connector.filter import And, Compare, Filter, Not, Or, Present, matches, parse
from console.connector.translate import to_search
from console.hubspot.model import Option, PropertyDefinition
from console.hubspot.search import search_body

SCHEMA = {
    "email": PropertyDefinition(name="email"),
    "lastname": PropertyDefinition(name="lastname"),
    "num": PropertyDefinition(name="num", type="number", field_type="number"),
    "made": PropertyDefinition(name="made", type="datetime", field_type="date"),
    "stage": PropertyDefinition(
        name="stage", type="enumeration", field_type="select", options=(Option(value="Lead"), Option(value="customer"))
    ),
}
TEXTS = st.sampled_from(["ann", "Ann Lee", "o'neil", "neil", "a", "lee-ann", "x y z", "Ärger", "a_b", "", "!"])
MOMENTS = st.sampled_from(["2025-01-01", "2025-01-01T12:00:00Z", "2026-05-05T00:00:00.001Z"])
RECORDS = st.fixed_dictionaries(
    {
        "email": st.none() | TEXTS.filter(bool),
        "lastname": st.none() | TEXTS.filter(bool),
        "num": st.none() | st.integers(-5, 20).map(str),
        "made": st.none() | MOMENTS,
        "stage": st.sampled_from([None, "Lead", "customer"]),
    }
)
OPERATORS = st.sampled_from(["eq", "co", "sw", "ew", "lt", "le", "gt", "ge"])
LEAVES = st.one_of(
    st.builds(
        lambda name, op, value: Compare((name,), op, value), st.sampled_from(["email", "lastname"]), OPERATORS, TEXTS
    ),
    st.builds(lambda op, value: Compare(("num",), op, value), OPERATORS, st.integers(-5, 20)),
    st.builds(lambda op, value: Compare(("made",), op, value), st.sampled_from(["eq", "lt", "ge"]), MOMENTS),
    st.builds(lambda value: Compare(("stage",), "eq", value), st.sampled_from(["lead", "LEAD", "customer", "x"])),
    st.builds(lambda name: Present((name,)), st.sampled_from(list(SCHEMA))),
)


def _grown(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, min_size=2, max_size=5).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))


FILTERS: st.SearchStrategy[Filter] = st.recursive(LEAVES, _grown, max_leaves=25)


@given(FILTERS, st.lists(RECORDS, min_size=1, max_size=5), st.sampled_from([0, 1]))
def test_no_record_is_missed_and_without_a_rest_none_is_too_many(
    node: Filter, records: list[dict[str, str | None]], reserve: int
) -> None:
    found = to_search(node, SCHEMA, reserve=reserve)
    search_body(found.groups)  # raises beyond HubSpot's limits
    assert all(len(group["filters"]) + reserve <= 6 for group in found.groups)
    for record in records:
        asked = not found.nothing and (not found.groups or any(_holds(group, record) for group in found.groups))
        meant = matches(node, record)
        assert asked or not meant
        if found.residual is None:
            assert asked == meant


def _holds(group: dict[str, list[dict[str, Any]]], record: Mapping[str, str | None]) -> bool:
    return all(_decides(condition, record) for condition in group["filters"])


def _decides(condition: dict[str, Any], record: Mapping[str, str | None]) -> bool:
    """HubSpot's reading of one condition, from the facts and not from the code under test."""
    name, operator = condition["propertyName"], condition["operator"]
    value = record.get(name)
    if operator.endswith("HAS_PROPERTY"):
        return bool(value) is (operator == "HAS_PROPERTY")
    if value is None:
        return False
    if operator.endswith("CONTAINS_TOKEN"):
        return _has_token(value, condition["value"]) is (operator == "CONTAINS_TOKEN")
    if operator == "IN":
        return (value if name == "stage" else value.lower()) in condition["values"]
    left, right = _comparable(name, value), _comparable(name, condition["value"])
    return bool(
        {
            "EQ": lambda: left == right,
            "NEQ": lambda: left != right,
            "LT": lambda: left < right,
            "LTE": lambda: left <= right,
            "GT": lambda: left > right,
            "GTE": lambda: left >= right,
        }[operator]()
    )


def _comparable(name: str, text: str) -> Any:
    if name == "num":
        try:
            return float(text)
        except ValueError:
            return float("nan")
    if name == "made":
        return text if text.lstrip("-").isdigit() and len(text) > 8 else _milliseconds(text)
    return text if name == "stage" else text.lower()


def _milliseconds(text: str) -> str:
    import datetime as dt

    moment = dt.datetime.fromisoformat(text)
    return str(int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() * 1000 + 0.5))


def _has_token(text: str, wanted: str) -> bool:
    pattern = re.compile(".*".join(re.escape(part) for part in wanted.lower().split("*")) + r"\Z", re.DOTALL)
    return any(pattern.match(token) for token in re.findall(r"[^\W_]+", text.lower()))


@pytest.mark.parametrize(
    ("text", "groups", "exact", "local"),
    [
        ('lastname eq "X"', [["lastname EQ X"]], True, ()),
        ('!(lastname eq "X")', [["lastname NEQ X"], ["lastname NOT_HAS_PROPERTY"]], True, ()),
        ('lastname co "ee"', [["lastname CONTAINS_TOKEN *ee*"]], True, ()),
        ('lastname sw "le"', [["lastname CONTAINS_TOKEN le*"]], False, ()),
        ('lastname ew "o\'neil"', [["lastname CONTAINS_TOKEN *neil", "lastname CONTAINS_TOKEN *o*"]], False, ()),
        ('lastname gt "m"', [], False, ('lastname gt "m"',)),
        ("num gt 3 and num le 9", [["num GT 3", "num LTE 9"]], True, ()),
        ('made ge "2025-01-01"', [["made GTE 1735689600000"]], True, ()),
        ('stage eq "LEAD"', [["stage EQ Lead"]], True, ()),
        ('stage eq "lead" or stage eq "Customer"', [["stage IN Lead,customer"]], True, ()),
        ('lastname eq "A" or lastname eq "B"', [["lastname IN a,b"]], True, ()),
        ('email eq "a@b.c"', [["email EQ a@b.c"], ["hs_additional_emails CONTAINS_TOKEN a@b.c"]], False, ()),
        ('num gt 1 and lastname gt "m"', [["num GT 1"]], False, ('lastname gt "m"',)),
        ('num gt 1 or lastname gt "m"', [], False, ('lastname gt "m"',)),
        ("true or num pr", [], True, ()),
    ],
)
def test_translations(text: str, groups: list[list[str]], exact: bool, local: tuple[str, ...]) -> None:
    found = to_search(parse(text), SCHEMA)
    assert [[_shown(condition) for condition in group["filters"]] for group in found.groups] == groups
    assert (found.residual is None) is exact
    assert found.local == local


def _shown(condition: dict[str, Any]) -> str:
    value = ",".join(condition["values"]) if "values" in condition else condition.get("value", "")
    return f"{condition['propertyName']} {condition['operator']} {value}".strip()


def test_what_is_too_much_for_hubspot_is_filtered_here_and_said() -> None:
    many = " and ".join(f"num gt {number}" for number in range(9))
    found = to_search(parse(many), SCHEMA)
    assert len(found.groups[0]["filters"]) == 6
    assert len(found.local) == 3
    wide = " or ".join(f'lastname co "{name}"' for name in "abcdefg")
    assert to_search(parse(wide), SCHEMA).unfiltered
    assert to_search(parse("false and num pr"), SCHEMA).nothing
