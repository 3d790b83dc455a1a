"""A search in its three parts: what HubSpot is asked, what is filtered here, and what that needs to be read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from console.connector.classes import UID, ObjectClass
from console.connector.filter_match import SECONDARY_EMAILS, matches
from console.connector.filter_nodes import Filter, attributes, renamed
from console.connector.filter_parser import parse
from console.connector.translate import Condition, to_search
from console.hubspot.errors import Invalid
from console.hubspot.model import PropertyDefinition, Record
from console.hubspot.search import BODY_CHARACTERS

LISTED_CHARACTERS = 12_000
"""More property names than this (in an address) and HubSpot's edge answers 414."""
_SEARCHED_CHARACTERS = BODY_CHARACTERS - 100


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of one object class, ready to be sent page by page."""

    groups: list[dict[str, list[Condition]]] = []
    words: str = ""
    residual: Filter | None = None
    local: tuple[str, ...] = ()
    nothing: bool = False
    sort: tuple[str, bool] | None = None
    """Property and whether descending; None: by record id."""
    wanted: tuple[str, ...] = ()
    """Properties to read: those asked for and those that the residual filter looks at."""

    @property
    def lists(self) -> bool:
        """Whether the list endpoint (fresh, not capped, not metered as a search) answers it."""
        return not self.groups and not self.words and self.sort is None

    @property
    def note(self) -> str:
        """What the operator is told of the part that HubSpot does not do."""
        return f"filtered locally: {' and '.join(self.local)}" if self.local else ""

    def keep(self, record: Record) -> bool:
        """Whether the residual filter means this record."""
        return self.residual is None or matches(self.residual, {UID: record.id, **record.properties})

    def groups_after(self, last: str | None) -> list[dict[str, list[Condition]]]:
        """The groups, for records with an id above `last` only."""
        if last is None:
            return self.groups
        above: Condition = {"propertyName": UID, "operator": "GT", "value": last}
        return [{"filters": [*group["filters"], above]} for group in self.groups or [{"filters": []}]]

    @property
    def sorts(self) -> list[dict[str, str]]:
        """HubSpot's one sort."""
        name, descending = self.sort or (UID, False)
        return [{"propertyName": name, "direction": "DESCENDING" if descending else "ASCENDING"}]

    def fits_search(self) -> bool:
        """Whether the property names fit into the body of a search; if not, values are read by id."""
        body: dict[str, Any] = {
            "filterGroups": self.groups_after("9" * 16),
            "query": self.words,
            "sorts": self.sorts,
            "properties": self.wanted,
            "limit": 200,
            "after": "10000",
        }
        return len(msgspec.json.encode(body)) <= _SEARCHED_CHARACTERS

    def fits_list(self) -> bool:
        """Whether the property names fit into the address of a listing."""
        return sum(len(name) + 3 for name in self.wanted) <= LISTED_CHARACTERS


def build_query(
    kind: ObjectClass,
    schema: Mapping[str, PropertyDefinition],
    *,
    filter: str | Filter | None = None,  # noqa: A002 - the word of the contract and of the command line
    text: str = "",
    sort: str | None = None,
    properties: Sequence[str] = (),
) -> Query:
    """Translate a filter, words and an order.

    Raises:
        FilterError: `filter` is text that is no filter.
        Invalid: a property that the class does not have, words that are too long.
    """
    order = _order(kind, schema, sort)
    words = text.strip()
    if len(msgspec.json.encode(words)) > BODY_CHARACTERS // 3:
        raise Invalid("The search words are too long.", advice=f"Use at most {BODY_CHARACTERS // 3} characters.")
    node = parse(filter) if isinstance(filter, str) and filter.strip() else filter
    if node is None or isinstance(node, str):
        return Query(words=words, sort=order, wanted=tuple(properties))
    node = renamed(node, kind.property_of)
    names = set(attributes(node))
    _known(kind, schema, names)
    found = to_search(node, schema, reserve=1)
    if found.residual is None:
        names.clear()
    elif kind.name == "contact" and "email" in names:
        names.add(SECONDARY_EMAILS)
    return Query(
        groups=found.groups,
        words=words,
        residual=found.residual,
        local=found.local,
        nothing=found.nothing,
        sort=order,
        wanted=tuple(dict.fromkeys([*properties, *sorted(names - {UID})])),
    )


def _order(kind: ObjectClass, schema: Mapping[str, PropertyDefinition], sort: str | None) -> tuple[str, bool] | None:
    if not sort or not sort.strip(" +-"):
        return None
    name = kind.property_of(sort.strip().lstrip("+-"))
    _known(kind, schema, [name])
    descending = sort.strip().startswith("-")
    return None if name == UID and not descending else (name, descending)


def _known(kind: ObjectClass, schema: Mapping[str, PropertyDefinition], names: Iterable[str]) -> None:
    if not schema:
        return
    for name in names:
        if name in schema or name in (UID, SECONDARY_EMAILS):
            continue
        near = difflib.get_close_matches(name, schema, 1, 0.6)
        hint = f" Did you mean {near[0]}?" if near else f" List them with: hubspoke schema {kind.name}."
        raise Invalid(f"There is no property {name} of {kind.object_type}.", advice=hint.strip())
