"""Values of a write: made what HubSpot takes, and judged against the schema before anything is sent."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.connector.default_schema import default_schema
from console.connector.values import CheckedValues, check_values
from console.hubspot.model import Option, PropertyDefinition
from tests.connector.connector_parts import connected
from tests.support.simulator import start_simulator

OPTIONS = tuple(Option(value=value, label=value.title()) for value in ("red", "green", "blue"))


def one(name: str, kind: str, field: str = "text", **more: Any) -> PropertyDefinition:
    return PropertyDefinition(name=name, type=kind, field_type=field, **more)


SCHEMA = {
    found.name: found
    for found in (
        one("email", "string"),
        one("firstname", "string"),
        one("phone", "string", "phonenumber"),
        one("age", "number", "number"),
        one("born", "date", "date"),
        one("seen", "datetime", "date"),
        one("active", "bool", "booleancheckbox"),
        one("colour", "enumeration", "select", options=OPTIONS),
        one("colours", "enumeration", "checkbox", options=OPTIONS),
        one("hubspot_owner_id", "enumeration", "select"),
        one("createdate", "datetime", "date", read_only=True),
        one("score", "number", "calculation_equation", calculated=True),
        one("key", "string", unique=True),
    )
}


def check(strict: bool = True, creating: bool = False, **properties: Any) -> CheckedValues:
    return check_values(SCHEMA, properties, creating=creating, strict=strict, required=("email",))


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("firstname", " Ann ", " Ann "),
        ("firstname", 7, "7"),
        ("firstname", True, "true"),
        ("firstname", ["Ann"], "Ann"),
        ("firstname", "", None),
        ("firstname", "   ", None),
        ("firstname", None, None),
        ("firstname", [], None),
        ("email", "Ann@Example.ORG", "ann@example.org"),
        ("phone", "+94 77 123", "+94 77 123"),
        ("phone", 94771234567, "94771234567"),
        ("age", 7, "7"),
        ("age", 7.0, "7"),
        ("age", "007.50", "7.5"),
        ("age", Decimal("7.10"), "7.1"),
        ("age", 10**30, str(10**30)),
        ("born", "2026-11-21", "2026-11-21"),
        ("born", dt.date(2026, 11, 21), "2026-11-21"),
        ("born", 1795219200000, "2026-11-21"),
        ("born", "2026-11-21T00:00:00Z", "2026-11-21"),
        ("seen", 1795219200123, "2026-11-21T00:00:00.123Z"),
        ("seen", "1795219200123", "2026-11-21T00:00:00.123Z"),
        ("seen", "2026-11-21T05:30:00+05:30", "2026-11-21T00:00:00.000Z"),
        ("seen", "2026-11-21", "2026-11-21T00:00:00.000Z"),
        ("active", True, "true"),
        ("active", "FALSE", "false"),
        ("colour", "red", "red"),
        ("colours", ["red", "blue", "red"], "red;blue"),
        ("colours", ";red;;blue", "red;blue"),
        ("hubspot_owner_id", 4711, "4711"),
    ],
)
def test_values_become_what_hubspot_keeps(name: str, value: Any, sent: str | None) -> None:
    assert check(**{name: value}) == ({name: sent}, (), ())


@pytest.mark.parametrize(
    ("name", "value", "kind", "nearest"),
    [
        ("age", "1,000", "number", ""),
        ("age", "seven", "number", ""),
        ("age", True, "number", ""),
        ("age", float("nan"), "number", ""),
        ("age", 1e22, "number", ""),
        ("age", "\u0667", "number", ""),
        ("born", "21.11.2026", "date", ""),
        ("born", 1795219200001, "date", ""),
        ("seen", "yesterday", "datetime", ""),
        ("active", "yes", "bool", ""),
        ("active", 1, "bool", ""),
        ("colour", "Red", "option", "red"),
        ("colour", "gren", "option", "green"),
        ("colour", ["red", "blue"], "several", ""),
        ("colours", ["red", "pink"], "option", ""),
        ("email", "no address", "email", ""),
        ("hubspot_owner_id", "ann@example.com", "owner", ""),
        ("firstname", "x" * 65_537, "text", ""),
        ("firstname", {"given": "Ann"}, "text", ""),
        ("firstname", "\0", "text", ""),
        ("createdate", "2026-11-21", "read-only", ""),
        ("score", 3, "read-only", ""),
        ("firstnam", "Ann", "unknown", "firstname"),
        ("zzz", "Ann", "unknown", ""),
    ],
)
def test_what_hubspot_would_refuse_is_not_sent(name: str, value: Any, kind: str, nearest: str) -> None:
    sent, (problem,), warnings = check(**{name: value})
    assert (sent, warnings) == ({}, ())
    assert (problem.field, problem.kind, problem.nearest) == (name, kind, nearest)
    assert problem.message
    assert problem.remedy


@pytest.mark.connector_row("built-in-schema")
def test_the_built_in_schema_warns_of_what_it_does_not_know() -> None:
    sent, problems, warnings = check(
        strict=False, firstnam="Ann", colour="pink", colours=["red", "rde"], tags=["a", 2], age="7"
    )
    assert problems == ()
    assert sent == {"firstnam": "Ann", "colour": "pink", "colours": "red;rde", "tags": "a;2", "age": "7"}
    assert [(one.field, one.kind, one.nearest) for one in warnings] == [
        ("firstnam", "unknown", "firstname"), ("colour", "option", ""), ("colours", "option", "red"), ("tags", "unknown", ""),
    ]  # fmt: skip
    assert all("readSchema=true" in one.remedy for one in warnings)


@pytest.mark.parametrize("properties", [{"createdate": 1}, {"age": "x"}, {"colour": ["a", "b"]}, {"new": {"a": 1}}])
def test_what_no_account_takes_is_refused_with_the_built_in_schema_too(properties: dict[str, Any]) -> None:
    sent, problems, _ = check(strict=False, **properties)
    assert sent == {}
    assert len(problems) == 1


def test_a_new_record_needs_what_is_required_and_has_nothing_to_clear() -> None:
    assert [problem.kind for problem in check(creating=True, firstname="Ann").problems] == ["required"]
    assert [problem.kind for problem in check(creating=True, email=" ").problems] == ["required"]
    assert [problem.kind for problem in check(creating=True, email="no address").problems] == ["email"]
    assert check(creating=True, email="a@x.org", phone="") == ({"email": "a@x.org"}, (), ())
    assert check(creating=False, firstname="") == ({"firstname": None}, (), ())


def test_a_phone_without_a_digit_is_sent_with_a_warning() -> None:
    sent, problems, (warning,) = check(phone="none")
    assert (sent, problems, warning.kind) == ({"phone": "none"}, (), "phone")


def test_every_problem_is_told_at_once() -> None:
    _, problems, _ = check(age="x", colour="y", nope=1, active="z")
    assert [problem.field for problem in problems] == ["age", "colour", "nope", "active"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates() | st.datetimes()
VALUES = SCALARS | st.lists(SCALARS | st.sampled_from(["red", "green"]), max_size=3)


@given(st.dictionaries(st.sampled_from([*SCHEMA, "unknown"]), VALUES, max_size=5), st.booleans(), st.booleans())
def test_judging_twice_changes_nothing(properties: dict[str, Any], creating: bool, strict: bool) -> None:
    """What was judged fit is fit, and stays as it is; every property ends in exactly one place."""
    sent, problems, _ = check(strict, creating, **properties)
    refused = {problem.field for problem in problems}
    assert not refused & set(sent)
    assert set(properties) <= set(sent) | refused or creating
    again = check(strict, False, **sent)
    assert again.properties == sent
    assert again.problems == ()


@given(st.dictionaries(st.sampled_from([*SCHEMA, "unknown"]), VALUES, max_size=5))
def test_strict_only_refuses_more(properties: dict[str, Any]) -> None:
    strict, lenient = check(True, **properties), check(False, **properties)
    assert strict.properties.items() <= lenient.properties.items()
    assert {problem.field for problem in lenient.problems} <= {problem.field for problem in strict.problems}


@pytest.mark.connector_row("live-schema")
async def test_what_is_judged_fit_the_account_takes_as_it_is() -> None:
    values = {
        "email": "Ann@Example.org", "firstname": 7, "phone": "+94 77 1", "hs_lead_status": "NEW", "closedate": 1795219200123,
        "hs_buying_role": ["LEGAL_AND_COMPLIANCE", "CHAMPION"], "hubspot_owner_id": 12, "associatedcompanyid": "007",
    }  # fmt: skip
    with start_simulator(contacts=1) as simulator:
        async with connected(simulator) as connector:
            schema = await connector.schema("contact", live=True)
            sent, problems, warnings = check_values(schema, values, creating=True, strict=True, required=("email",))
            assert (problems, warnings) == ((), ())
            made = await connector.create("contact", sent)
            kept = await connector.get("contact", made.id, list(values))
    assert {name: kept.properties[name] for name in values} == sent


@pytest.mark.parametrize("cls", ["contact", "company"])
def test_every_option_of_the_built_in_schema_is_fit(cls: str) -> None:
    schema = default_schema(cls)
    for definition in schema.values():
        if definition.writable:
            for option in definition.options:
                found = check_values(schema, {definition.name: option.value}, creating=False, strict=True)
                assert found == ({definition.name: option.value}, (), ())
