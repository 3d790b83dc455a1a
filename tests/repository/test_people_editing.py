"""A person as fields of a form, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.repository.editing import USUAL, BadField, attributes_of, fields_of, known_as, mail_of
from console.repository.person import Person

PLAIN = st.dictionaries(
    st.text(alphabet="abcdefgh", min_size=1, max_size=8),
    st.one_of(
        st.text(alphabet="xyz äé", min_size=1).filter(str.strip), st.integers(), st.booleans(), st.lists(st.integers())
    ),
    max_size=5,
)


@given(PLAIN)
def test_what_nobody_touched_stays_as_it_was(attributes: dict[str, Any]) -> None:
    assert attributes_of(fields_of(attributes), attributes) == attributes


def test_a_new_person_is_asked_for_the_usual_things() -> None:
    fields = fields_of({})
    assert tuple(fields) == USUAL
    assert attributes_of({**fields, "mail": " ann@example.org ", "title": "  "}, {}) == {"mail": "ann@example.org"}


def test_a_field_that_says_the_same_in_another_way_is_not_offered_again() -> None:
    fields = fields_of({"emails": ["a@b.org"], "name": {"givenName": "Ann"}, "sn": "Lee"})
    assert not {"mail", "givenName", "familyName"} & set(fields)


def test_a_blanked_field_goes_and_json_stays_json() -> None:
    before = {"mail": "a@b.org", "tags": ["x"], "level": 3}
    fields = {**fields_of(before), "mail": "", "tags": '["x", "y"]', "level": "4"}
    assert attributes_of(fields, before) == {"tags": ["x", "y"], "level": 4}


@pytest.mark.parametrize(
    ("fields", "before", "named"),
    [({"tags": "[1,"}, {"tags": [1]}, "tags"), ({"active": "x"}, {}, "active"), ({" ": "x"}, {}, " ")],
)
def test_a_wrong_field_is_named(fields: dict[str, str], before: dict[str, Any], named: str) -> None:
    with pytest.raises(BadField) as raised:
        attributes_of(fields, before)
    assert raised.value.field == named
    assert raised.value.remedy


@pytest.mark.parametrize(
    ("attributes", "name", "mail"),
    [
        ({"displayName": "Ann Lee", "mail": "a@b.org"}, "Ann Lee", "a@b.org"),
        ({"givenName": "Ann", "sn": "Lee", "email": "a@b.org"}, "Ann Lee", "a@b.org"),
        ({"name": {"givenName": "Ann"}, "emails": [{"value": "a@b.org"}]}, "Ann", "a@b.org"),
        ({"emails": ["a@b.org", "c@d.org"]}, "", "a@b.org"),
        ({"displayName": ["x"], "mail": {"x": 1}}, "", "ann@example.org"),
    ],
)
def test_how_people_are_listed(attributes: dict[str, Any], name: str, mail: str) -> None:
    person = Person(uid="1", user_name="ann@example.org", attributes=attributes)
    assert (known_as(person), mail_of(person)) == (name, mail)
