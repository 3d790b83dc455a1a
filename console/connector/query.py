"""A search in its three parts: what HubSpot is asked, what is filtered here, and what that needs to be read."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from console.connector.classes import UID, ObjectClass
from console.connector.filter_match import SECONDARY_EMAILS
from console.connector.filter_nodes import Filter, attributes, renamed
from console.connector.filter_parser import Clause, FilterError, clauses, parse
from console.connector.filter_types import Schema, Test, kind_of, mistake, option_note, optionless, predicate
from console.connector.translate import Condition, Translation, to_search
from console.hubspot.errors import Invalid
from console.hubspot.model import Record
from console.hubspot.search import BODY_CHARACTERS

LISTED_CHARACTERS = 12_000
"""More property names than this (in an address) and HubSpot's edge answers 414."""
SortKey = tuple[str, bool]
"""Property and whether descending."""
_SPARE_CHARACTERS = 100
_CLAUSE_SHOWN, _CLAUSES_SHOWN = 200, 6
_SHOWN = {
    "contact": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "company": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
}
"""What HubSpot gives where no property is asked for."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of one object class, ready to be sent page by page."""

    groups: list[dict[str, list[Condition]]] = []
    words: str = ""
    residual: Filter | None = None
    """The part of the filter that HubSpot does not answer exactly; None: what it finds is what is meant."""
    local: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()
    nothing: bool = False
    order: tuple[SortKey, ...] = ()
    """Empty: by record id."""
    wanted: tuple[str, ...] = ()
    """Properties to read: those asked for, and those that the filter and the order look at."""
    unasked: frozenset[str] = frozenset()
    """Those of them that nobody asked for."""
    test: Test | None = None
    """The whole filter, for every record that comes: HubSpot's search may give what no longer fits."""
    roomy: Query | None = None
    """The same with room for the condition that pages past 10,000 results; None: this one has it."""
    schema: Schema = {}
    remarks: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    """Class, filter, words and order as text: what a cookie belongs to."""

    @property
    def lists(self) -> bool:
        """Whether the list endpoint (fresh, not capped, not metered as a search) answers it."""
        return not self.groups and not self.words and not self.order

    @property
    def sort(self) -> SortKey | None:
        """The order that HubSpot is asked for; None: by record id."""
        return self.order[0] if self.order else None

    @property
    def by_id(self) -> bool:
        """Whether records come in the order of their ids, up or down: only that order is not capped."""
        return not self.order or self.order[0][0] == UID

    @property
    def note(self) -> str:
        """What the operator is told of the part that HubSpot does not do."""
        return "; ".join(self._notes())

    def _notes(self) -> Iterator[str]:
        if self.local:
            yield f"filtered locally: {_named(self.local)}"
        if self.checked:
            yield f"HubSpot finds more than is meant by {_named(self.checked)}, which is checked locally"
        if self.roomy is not None:
            yield f"beyond 10,000 results this is filtered locally: {_named(self.roomy.local)}"
        if len(self.order) > 1 and not self.by_id:
            yield f"HubSpot orders by {self.order[0][0]}; records alike in it are put into order here"
        yield from self.remarks

    def keep(self, record: Record) -> bool:
        """Whether the filter means this record."""
        return self.test is None or self.test({**record.properties, UID: record.id})

    def shown(self, record: Record) -> Record:
        """The record without what only the filter and the order had to see."""
        if not self.unasked:
            return record
        asked = {name: value for name, value in record.properties.items() if name not in self.unasked}
        return msgspec.structs.replace(record, properties=asked)

    def groups_after(self, last: str | None) -> list[dict[str, list[Condition]]]:
        """The groups, for records beyond the id `last` only."""
        if last is None:
            return self.groups
        beyond: Condition = {"propertyName": UID, "operator": "LT" if self.order else "GT", "value": last}
        return [{"filters": [*group["filters"], beyond]} for group in self.groups or [{"filters": []}]]

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
        return len(msgspec.json.encode(body)) <= BODY_CHARACTERS - _SPARE_CHARACTERS

    def fits_list(self) -> bool:
        """Whether the property names fit into the address of a listing."""
        return sum(len(name) + 3 for name in self.wanted) <= LISTED_CHARACTERS


def build_query(
    kind: ObjectClass,
    schema: Schema,
    *,
    filter: str | Filter | None = None,  # noqa: A002 - the word of the contract and of the command line
    text: str = "",
    sort: str | Sequence[str] | None = None,
    properties: Sequence[str] = (),
    complete: bool = True,
) -> Query:
    """Translate a filter, words and an order. `complete`: a property that `schema` does not have does not exist.

    Raises:
        FilterError: `filter` is text that is no filter, or compares what the class does not have.
        Invalid: an order by such a property, words that are too long.
    """
    order = order_of(kind, sort)
    if schema and complete:
        _known(kind, schema, order)
    words = text.strip()
    if len(msgspec.json.encode(words)) > BODY_CHARACTERS // 3:
        raise Invalid("The search words are too long.", advice=f"Use at most {BODY_CHARACTERS // 3} characters.")
    node = filter_of(kind, filter)
    identity = (kind.name, str(node or ""), words, ",".join([f"{'-' if down else ''}{name}" for name, down in order]))
    looked = {name for name, _ in order} if len(order) > 1 else set()
    if node is None:
        wanted, unasked = _to_read(kind, properties, looked)
        return Query(words=words, order=order, wanted=wanted, unasked=unasked, identity=identity, schema=schema)
    remarks = _checked(kind, schema, filter, complete=complete)
    names = set(attributes(node))
    if kind.name == "contact" and "email" in names:
        looked.add(SECONDARY_EMAILS)
    wanted, unasked = _to_read(kind, properties, looked | names)
    room = BODY_CHARACTERS - 2 * _SPARE_CHARACTERS - len(msgspec.json.encode([words, order]))
    whole = to_search(node, schema, characters=room)
    roomy = to_search(node, schema, reserve=1, characters=room)
    common = Query(
        words=words,
        order=order,
        wanted=wanted,
        unasked=unasked,
        test=predicate(node, schema),
        schema=schema,
        remarks=remarks,
        identity=identity,
    )
    if not common.by_id:
        return _with(common, whole)
    if len(roomy.local) <= len(whole.local):
        return _with(common, roomy)
    return msgspec.structs.replace(_with(common, whole), roomy=_with(common, roomy))


def _named(clauses: Sequence[str]) -> str:
    """Clauses as the operator reads them; of many, and of long ones, the beginning."""
    shown = [one if len(one) <= _CLAUSE_SHOWN else f"{one[:_CLAUSE_SHOWN]}..." for one in clauses[:_CLAUSES_SHOWN]]
    more = len(clauses) - len(shown)
    return " and ".join([*shown, *([f"{more} more"] if more else [])])


def _with(query: Query, found: Translation) -> Query:
    return msgspec.structs.replace(
        query,
        groups=found.groups,
        residual=found.residual,
        local=found.local,
        checked=found.checked,
        nothing=found.nothing,
    )


def filter_of(kind: ObjectClass, filter: str | Filter | None) -> Filter | None:  # noqa: A002 - as above
    """The filter with the framework's names replaced by HubSpot's; None where there is none. Raises FilterError."""
    node = (parse(filter) if filter.strip() else None) if isinstance(filter, str) else filter
    return None if node is None else renamed(node, kind.property_of)


def order_of(kind: ObjectClass, sort: str | Sequence[str] | None) -> tuple[SortKey, ...]:
    """Sort keys, `a,-b` or a list of them; what stands behind the record id orders nothing any more."""
    keys = sort.split(",") if isinstance(sort, str) else sort or ()
    order: dict[str, bool] = {}
    for key in [key.strip() for key in keys]:
        name = kind.property_of(key.lstrip("+-").strip())
        if name:
            order.setdefault(name, key.startswith("-"))
        if name == UID:
            break
    return () if next(iter(order.items()), None) == (UID, False) else tuple(order.items())


def unsure(kind: ObjectClass, schema: Schema, node: Filter | None, order: Sequence[SortKey]) -> bool:
    """Whether this schema leaves open what a filter or an order compares: it lacks a property or an option."""
    names = {*(attributes(node) if node is not None else ()), *(name for name, _ in order)}
    if any(kind_of(name, schema) == "unknown" for name in names):
        return True
    return node is not None and any(
        option_note(clause, schema) or optionless(clause.attribute, schema) for clause in _clauses(kind, node)
    )


def _clauses(kind: ObjectClass, filter: str | Filter | None) -> list[Clause]:  # noqa: A002 - as above
    """The comparisons of a filter by HubSpot's names, with their places in its text."""
    found = clauses(filter if isinstance(filter, str) else str(filter))
    return [one._replace(path=(kind.property_of(one.path[0]),)) if len(one.path) == 1 else one for one in found]


def _checked(
    kind: ObjectClass,
    schema: Schema,
    filter: str | Filter | None,  # noqa: A002 - as above
    *,
    complete: bool,
) -> tuple[str, ...]:
    """Remarks on the comparisons of a filter. Raises FilterError at the first that makes no sense."""
    if not schema:
        return ()
    text = filter if isinstance(filter, str) else str(filter)
    remarks: list[str] = []
    for clause in _clauses(kind, filter):
        name = clause.attribute
        if complete and kind_of(name, schema) == "unknown":
            hint = _hint(kind, schema, name)
            raise FilterError(f"there is no property {name} of {kind.object_type}; {hint}", clause.at, text)
        if wrong := mistake(clause.operator, clause.value, name, schema):
            raise FilterError(wrong, clause.value_at, text)
        remarks.append(option_note(clause, schema) if complete else "")
    return tuple(dict.fromkeys([remark for remark in remarks if remark]))


def _known(kind: ObjectClass, schema: Schema, order: Sequence[SortKey]) -> None:
    for name, _ in order:
        if kind_of(name, schema) == "unknown":
            hint = _hint(kind, schema, name)
            raise Invalid(
                f"There is no property {name} of {kind.object_type} to order by.",
                advice=f"{hint[:1].upper()}{hint[1:]}",
            )


def _hint(kind: ObjectClass, schema: Schema, name: str) -> str:
    near = difflib.get_close_matches(name, schema, 1, 0.6)
    return f"did you mean {near[0]}?" if near else f"list them with: hubspoke schema {kind.name}"


def _to_read(kind: ObjectClass, asked: Sequence[str], looked: set[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """What to read, and what of it nobody asked for. HubSpot always gives the id and the two dates."""
    shown = tuple(asked) or (_SHOWN[kind.name] if looked else ())
    more = sorted(looked - {*shown, UID})
    return tuple(dict.fromkeys([*shown, *more])), frozenset(more) - {"createdate", kind.modified}
