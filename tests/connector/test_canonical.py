"""Canonical values: what HubSpot would keep, and when two values are equal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.connector.canonical import BadValue, Converter
from console.hubspot.model import Option, PropertyDefinition

OPTIONS = (Option(value="NEW", label="New"), Option(value="OPEN", label="Open deal"), Option(value="a b", label="A B"))


def converter(kind: str, field: str = "text", name: str = "p", options: tuple[Option, ...] = ()) -> Converter:
    return Converter(PropertyDefinition(name=name, type=kind, field_type=field, options=options))


STRING = converter("string")
NUMBER = converter("number")
DATE = converter("date", "date")
MOMENT = converter("datetime", "date")
BOOL = converter("bool", "booleancheckbox")
SELECT = converter("enumeration", "select", options=OPTIONS)
SET = converter("enumeration", "checkbox", options=OPTIONS)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EMAIL = converter("string", name="email")


@pytest.mark.parametrize(
    ("made", "value", "expected"),
    [
        (STRING, None, ""),
        (STRING, "  ", ""),
        (STRING, " x ", " x "),
        (STRING, 3, "3"),
        (STRING, 3.0, "3"),
        (STRING, 1e-7, "0.0000001"),
        (STRING, True, "true"),
        (STRING, ["only"], "only"),
        (STRING, [], ""),
        (NUMBER, "007.50", "7.5"),
        (NUMBER, "-0.0", "0"),
        (NUMBER, "+12", "12"),
        (NUMBER, "1e3", "1000"),
        (NUMBER, 2.5, "2.5"),
        (DATE, "2026-11-21", "2026-11-21"),
        (DATE, "1795219200000", "2026-11-21"),
        (DATE, dt.datetime(2026, 11, 21, tzinfo=dt.UTC), "2026-11-21"),
        (DATE, "20261121", "2026-11-21"),
        (MOMENT, "2026-11-21T08:30:00+05:30", "2026-11-21T03:00:00.000Z"),
        (MOMENT, "1795219200000", "2026-11-21T00:00:00.000Z"),
        (MOMENT, dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC), "2026-01-02T03:04:05.678Z"),
        (BOOL, "TRUE", "true"),
        (BOOL, False, "false"),
        (SELECT, "NEW", "NEW"),
        (SELECT, "a b", "a b"),
        (SET, ";NEW; OPEN;;NEW", "NEW;OPEN"),
        (SET, ["OPEN", "a b"], "OPEN;a b"),
        (EMAIL, "  Ann@Example.ORG ", "ann@example.org"),
        (EMAIL, "ann@corp.test", "ann@corp.test"),
        (EMAIL, "ann@corp.local", "ann@corp.local"),
        (EMAIL, "o'neil+x@b.example", "o'neil+x@b.example"),
    ],
)
def test_canonical(made: Converter, value: object, expected: str) -> None:
    assert made.canonical(value) == expected
    assert made.canonical(expected) == expected


@pytest.mark.parametrize(
    ("made", "value", "words"),
    [
        (STRING, "x" * 65_537, "65,537"),
        (STRING, "a\0b", "NUL"),
        (STRING, "\ud800", "half"),
        (STRING, {"a": 1}, "dict"),
        (STRING, ["a", "b"], "takes one value"),
        (STRING, float("nan"), "not a number"),
        (NUMBER, "1,000", "not a number"),
        (NUMBER, "12 kg", "not a number"),
        (NUMBER, "\u0661", "not a number"),
        (DATE, "21.11.2026", "not a date"),
        (DATE, "2026-02-30", "not a date"),
        (DATE, "1795219200001", "midnight"),
        (MOMENT, "soon", "not a time"),
        (MOMENT, "2026", "not a time"),
        (MOMENT, "999999999999999", "not a time"),
        (BOOL, "perhaps", "neither true nor false"),
        (SELECT, "Open deal", "no option"),
        (SET, "NEW;nope", "no option"),
        (EMAIL, "anna.example.com", "not an email"),
        (EMAIL, "a..b@x.org", "not an email"),
        (EMAIL, "a@localhost", "not an email"),
        (EMAIL, "a@x..local", "not an email"),
        (EMAIL, "x" * 65 + "@x.org", "not an email"),
    ],
)
def test_refused(made: Converter, value: object, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        made.canonical(value)


def test_a_label_points_to_its_value() -> None:
    with pytest.raises(BadValue) as caught:
        SELECT.canonical("open DEAL")
    assert "Did you mean OPEN?" in caught.value.remedy


def test_sets_are_compared_as_sets_and_never_append() -> None:
    assert SET.equal("NEW;OPEN", "OPEN;NEW")
    assert not SET.equal("NEW", "OPEN;NEW")
    assert not SET.canonical(";NEW").startswith(";")


def test_comparison_is_by_meaning() -> None:
    assert NUMBER.equal("7.5", "007.50")
    assert DATE.equal("2026-11-21", "1795219200000")
    assert MOMENT.equal("2026-11-21T00:00:00.000Z", "1795219200000")
    assert EMAIL.equal("ann@x.org", "Ann@X.org")
    assert not STRING.equal("Ann", "ann")
    assert STRING.equal("", None)
    assert not NUMBER.equal("7", "broken")
    assert not STRING.equal("x", None)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_numbers_keep_their_value(number: Decimal) -> None:
    text = NUMBER.canonical(str(number) if "E" not in str(number) else format(number, "f"))
    assert Decimal(text) == number
    assert NUMBER.canonical(text) == text
    assert NUMBER.equal(text, format(number, "f"))


@given(st.text(max_size=40))
def test_text_is_sent_as_it_is(text: str) -> None:
    try:
        found = STRING.canonical(text)
    except BadValue:
        assert "\0" in text or any("\ud800" <= one <= "\udfff" for one in text)
    else:
        assert found == ("" if not text.strip() else text)
        assert STRING.equal(found, found)


@given(st.integers(10**12, 4 * 10**15).map(lambda micros: EPOCH + dt.timedelta(microseconds=micros)))
def test_moments_survive(moment: dt.datetime) -> None:
    text = MOMENT.canonical(moment)
    assert abs(dt.datetime.fromisoformat(text) - moment) < dt.timedelta(milliseconds=1)
    assert MOMENT.equal(text, str(round(dt.datetime.fromisoformat(text).timestamp() * 1000)))
