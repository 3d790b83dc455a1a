"""A person of the managed repository, and what may describe one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from console.repository.errors import BadPerson

NAME_LIMIT = 320
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\Z")
PAYLOAD_LIMIT = 1 << 20
"""Bytes of one person's attributes as JSON."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One person. `change` grows with every change of anybody: it is a revision and a place in the stream of changes.

    Times are ISO 8601 in UTC. `origin` is where a pull got the person from (`hubspot/PORTAL/contact/ID`), else empty.
    A removed person keeps uid and origin, and nothing else.
    """

    uid: str
    user_name: str
    attributes: dict[str, Any]
    active: bool = True
    created_at: str = ""
    modified_at: str = ""
    change: int = 0
    origin: str = ""
    removed: bool = False


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a person that is sealed."""

    user_name: str
    attributes: dict[str, Any]


def encoded(user_name: str, attributes: Mapping[str, Any]) -> bytes:
    """The sealed part as bytes. Raises BadPerson for what cannot describe a person."""
    if not user_name.strip():
        raise BadPerson("A person needs a userName.", remedy="Such as: hubspoke people add userName=ann")
    if len(user_name) > NAME_LIMIT or not user_name.isprintable():
        raise BadPerson(
            f"The userName is longer than {NAME_LIMIT} characters or holds control characters.",
            remedy="Choose another.",
        )
    try:
        found = msgspec.json.encode(Payload(user_name=user_name.strip(), attributes=dict(attributes)))
    except (UnicodeEncodeError, TypeError, ValueError, RecursionError):
        raise BadPerson(
            f"The attributes of {user_name} cannot be kept: half characters, or values that JSON does not know.",
            remedy="Give text, numbers, true, false, null, lists and objects of these.",
        ) from None
    if len(found) > PAYLOAD_LIMIT:
        raise BadPerson(
            f"The attributes of {user_name} are longer than {PAYLOAD_LIMIT:,} bytes.", remedy="Leave pictures out."
        )
    if b"\\u0000" in found:
        raise BadPerson(f"An attribute of {user_name} holds a NUL character.", remedy="Remove it.")
    return found


def folded(user_name: str) -> str:
    """What user names are compared by."""
    return user_name.strip().casefold()


def addresses(user_name: str, attributes: Mapping[str, Any]) -> set[str]:
    """The email addresses that stand in a person's name and attributes, as they are compared."""
    found = (folded(text) for text in texts([user_name, dict(attributes)]) if "@" in text and len(text) <= NAME_LIMIT)
    return {text for text in found if _ADDRESS.match(text)}


def texts(value: Any) -> Iterator[str]:
    """All texts within a value, without the names of attributes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
