"""A person as fields of text, and back: what a form shows, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from console.repository.errors import BadPerson
from console.repository.person import Person

USUAL = ("mail", "givenName", "familyName", "telephone", "title", "organization")
"""Attributes that a new person is asked for; whatever else a person has is asked for as well."""
RESERVED = ("id", "uid", "userName", "active")


class BadField(BadPerson):
    """A field holds what its attribute cannot be; `field` names it."""

    def __init__(self, field: str, message: str, *, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


def fields_of(attributes: Mapping[str, Any]) -> dict[str, str]:
    """What a form shows: every attribute as text, what is no text as JSON; the usual ones first, blank where missing."""
    names = dict.fromkeys([*(name for name in USUAL if not _shadowed(name, attributes)), *attributes])
    return {name: as_text(attributes.get(name)) for name in names}


def as_text(value: Any) -> str:
    """A value as it is typed."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def attributes_of(fields: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that fields stand for: blank ones go, and what was no text before is read as JSON again.

    Raises:
        BadField: a field that was JSON is none any more, or an attribute has no name or a reserved one.
    """
    found: dict[str, Any] = {}
    for name, text in fields.items():
        if not name.strip() or name in RESERVED:
            raise BadField(name, f"{name or 'A blank'} is no name of an attribute.", remedy="Choose another name.")
        was = before.get(name)
        if text == as_text(was):
            if was is not None:
                found[name] = was
        elif text.strip():
            found[name] = text.strip() if was is None or isinstance(was, str) else _parsed(name, text)
    return found


def known_as(person: Person) -> str:
    """How people call a person: the display name, else first and last name."""
    values = person.attributes
    names = values.get("name") if isinstance(values.get("name"), dict) else values
    assert isinstance(names, Mapping)
    for name in ("displayName", "formatted", "cn"):
        if isinstance(values.get(name), str) and values[name].strip():
            return str(values[name])
    first = names.get("givenName") or names.get("firstName")
    last = names.get("familyName") or names.get("lastName") or names.get("sn")
    return " ".join(part for part in (first, last) if isinstance(part, str) and part)


def mail_of(person: Person) -> str:
    """The address that a list shows: `mail`, `email`, or the first of `emails`."""
    for name in ("mail", "email", "emails"):
        value = person.attributes.get(name)
        one = value[0] if isinstance(value, list) and value else value
        if isinstance(one, dict):
            one = one.get("value")
        if isinstance(one, str) and one:
            return one
    return person.user_name if "@" in person.user_name else ""


def _shadowed(name: str, attributes: Mapping[str, Any]) -> bool:
    """Whether a person says the same in another way, so that asking again would say it twice."""
    others = {"mail": ("email", "emails"), "familyName": ("sn", "lastName"), "givenName": ("firstName",)}
    if name in attributes:
        return False
    structured = name in ("givenName", "familyName") and isinstance(attributes.get("name"), dict)
    return structured or any(other in attributes for other in others.get(name, ()))


def _parsed(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, RecursionError):
        raise BadField(
            name, f"{name} was JSON and is none any more.", remedy='Such as ["a", "b"], {"x": 1}, 12, true or "text".'
        ) from None
