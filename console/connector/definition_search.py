"""Searches over objects that are all at hand: filtered, ordered and paged here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from console.connector.connector_object import ConnectorObject
from console.connector.definition_operations import CHANGEABLE, GIVEN, ONCE
from console.connector.errors import InvalidFilter
from console.connector.filter import Filter, attributes, matches, parse, renamed
from console.connector.filter_match import moment, number

_NAMES = {"_id": "name", "__name__": "name", "__uid__": "name"}
_KNOWN = frozenset({"name", *CHANGEABLE, *ONCE, *GIVEN})


def selected(
    objects: Sequence[ConnectorObject],
    filter: str | Filter | None,  # noqa: A002 - the word of the contract and of the command line
    sort: Sequence[str] = (),
    text: str = "",
) -> list[ConnectorObject]:
    """The definitions that the filter and the words mean, by name unless the keys of `sort` say otherwise.

    Raises:
        FilterError: `filter` is text that is no filter.
        InvalidFilter: an attribute that definitions do not have.
    """
    node = parse(filter) if isinstance(filter, str) and filter.strip() else filter
    found = list(objects)
    if node is not None and not isinstance(node, str):
        node = renamed(node, _name)
        for attribute in attributes(node):
            _check(attribute)
        found = [one for one in found if matches(node, one.attributes)]
    for word in text.casefold().split():
        found = [one for one in found if word in f"{one.name} {one.attributes.get('label')}".casefold()]
    for key in reversed(sort):
        name = _name(key.removeprefix("-"))
        _check(name)
        found = _ordered(found, name, descending=key.startswith("-"))
    return found


def page_of(
    objects: Sequence[ConnectorObject], size: int, cookie: str | None
) -> tuple[list[ConnectorObject], str | None]:
    """`size` objects behind the one that the cookie names, and the next cookie. Raises InvalidFilter."""
    start = 0
    if cookie:
        last = _opened(cookie)
        places = [place for place, one in enumerate(objects) if one.uid == last]
        if not places:
            raise InvalidFilter("The cookie is of another search, or its last object is gone.", advice="Begin again.")
        start = places[0] + 1
    page = list(objects[start : start + size])
    following = base64.urlsafe_b64encode(page[-1].uid.encode()).decode() if start + size < len(objects) else None
    return page, following


def _ordered(objects: Sequence[ConnectorObject], name: str, *, descending: bool) -> list[ConnectorObject]:
    """By one attribute; those without it come last either way."""
    valued = [one for one in objects if one.attributes.get(name) is not None]
    without = [one for one in objects if one.attributes.get(name) is None]
    return sorted(valued, key=lambda one: _rank(one.attributes[name]), reverse=descending) + without


def _opened(cookie: str) -> str:
    try:
        return base64.b64decode(cookie.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise InvalidFilter("The cookie is not one of a search.", advice="Begin again without it.") from None


def _name(attribute: str) -> str:
    return _NAMES.get(attribute.lower(), attribute)


def _check(attribute: str) -> None:
    if attribute.partition("/")[0] not in _KNOWN:
        raise InvalidFilter(
            f"A definition has no attribute {attribute}.", advice=f"It has: {', '.join(sorted(_KNOWN))}."
        )


def _rank(value: Any) -> tuple[int, float, str]:
    """Numbers and moments by size, then texts."""
    if isinstance(value, bool):
        return 0, float(value), ""
    size = number(value)
    if size is None and isinstance(value, str):
        size = moment(value)
    return (0, size, "") if size is not None else (1, 0.0, str(value).casefold())
