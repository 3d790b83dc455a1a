"""What is offered while a filter is written, and when a mistake is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.connector.filter_completion import at_end, complete, unfinished
from console.hubspot.model import Option, PropertyDefinition

SCHEMA = {
    one.name: one
    for one in (
        PropertyDefinition(name="email", label="E-mail"),
        PropertyDefinition(name="email_domain", label="Domain"),
        PropertyDefinition(name="city", label="City"),
        PropertyDefinition(name="num_notes", label="Notes", type="number"),
        PropertyDefinition(
            name="lifecyclestage",
            label="Stage",
            type="enumeration",
            options=(Option(value="lead", label="Lead"), Option(value="customer", label="Customer")),
        ),
    )
}


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("", ["city", "email", "email_domain", "lifecyclestage", "num_notes"]),
        ("em", ["email", "email_domain"]),
        ("dom", ["email_domain"]),
        ("!(ci", ["city"]),
        ("email s", ["sw"]),
        ("num_notes ", ["eq", "lt", "le", "gt", "ge", "pr"]),
        ("lifecyclestage eq ", ['"lead"', '"customer"']),
        ('lifecyclestage eq "cu', ['"customer"']),
        ('email sw "a"', []),
        ('email sw "a" ', ["and", "or"]),
        ("email pr a", ["and"]),
        ("email pr and ci", ["city"]),
        ("(email pr) o", ["or"]),
        ('city eq "a b', []),
    ],
)
def test_what_may_stand_next(text: str, offered: list[str]) -> None:
    assert [offer.text for offer in complete(text, len(text), SCHEMA).offers] == offered


def test_what_is_taken_replaces_the_word_under_the_cursor() -> None:
    text = 'em sw "a"'
    found = complete(text, 2, SCHEMA)
    assert found.taken(text, found.offers[0]) == ('email sw "a"', 5)
    found = complete("!(ci", 4, SCHEMA)
    assert found.taken("!(ci", found.offers[0]) == ("!(city ", 7)
    found = complete('lifecyclestage eq "cu', 21, SCHEMA)
    assert found.taken('lifecyclestage eq "cu', found.offers[0]) == ('lifecyclestage eq "customer" ', 29)


@pytest.mark.parametrize("text", ["em", "email", "email s", "email sw", 'email sw "a', "(email pr", "email pr an", "!"])
def test_what_writing_on_may_mend_is_no_mistake_yet(text: str) -> None:
    error = unfinished(text)
    assert error is not None
    assert at_end(error)


@pytest.mark.parametrize(
    ("text", "pointed"), [("email xx ", "xx"), ("email eq ann and city pr", "ann"), ("email pr ) and", ")")]
)
def test_what_it_cannot_mend_is_pointed_at(text: str, pointed: str) -> None:
    error = unfinished(text)
    assert error is not None
    assert not at_end(error)
    assert error.position == text.index(pointed)


@given(st.text(alphabet="em ail!()\"'\\eqcoand01", max_size=30), st.integers(0, 30))
def test_any_text_can_be_completed(text: str, cursor: int) -> None:
    cursor = min(cursor, len(text))
    found = complete(text, cursor, SCHEMA)
    assert 0 <= found.start <= cursor <= found.end <= len(text)
    for offer in found.offers:
        changed, place = found.taken(text, offer)
        assert offer.text in changed[:place]
