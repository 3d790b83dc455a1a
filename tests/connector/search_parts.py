"""HubSpot's search without a socket: the simulator's own, asked by the connector's pages; and a filter read plainly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from console.connector.classes import object_class
from console.connector.filter import Always, And, Compare, Filter, Not, Or, Present
from console.connector.query import Query, build_query
from console.connector.search import records
from console.hubspot.model import Option, Outcome, Page, PropertyDefinition, Record
from console.hubspot.objects import Objects
from console.hubspot.search import search_body
from console.hubspot.wire import WirePage, WireRecord
from console.simulator import objects as simulated
from console.simulator.config import Options
from console.simulator.portal import Portal
from console.simulator.schema import Definition
from console.simulator.search import parse as parse_body
from console.simulator.search import search
from console.simulator.store import Record as Stored

CUSTOM = {
    "score": ("number", "number", ()),
    "born": ("date", "date", ()),
    "seen": ("datetime", "date", ()),
    "active": ("bool", "booleancheckbox", ("true", "false")),
    "tier": ("enumeration", "select", ("Gold", "silver", "Iron")),
    "tags": ("enumeration", "checkbox", ("red", "Blue", "green")),
}
PLAIN = ("email", "lastname", "phone")
SCHEMA = {
    **{name: PropertyDefinition(name=name) for name in PLAIN[:2]},
    "phone": PropertyDefinition(name="phone", field_type="phonenumber"),
    "hs_searchable_calculated_phone_number": PropertyDefinition(
        name="hs_searchable_calculated_phone_number", type="phone_number", field_type="phonenumber"
    ),
    "hs_object_id": PropertyDefinition(name="hs_object_id", type="number", field_type="number"),
    **{
        name: PropertyDefinition(
            name=name, type=kind, field_type=field, options=tuple(Option(value=value) for value in options)
        )
        for name, (kind, field, options) in CUSTOM.items()
    },
}


class DirectObjects:
    """Contacts of a simulated account, asked without HTTP; counts what is asked."""

    def __init__(self, rows: Sequence[Mapping[str, str | None]]) -> None:
        portal = Portal(Options(contacts=0, companies=0, hostile=False, index_lag=0))
        for name, (kind, field, options) in CUSTOM.items():
            portal.schema.types["contacts"][name] = Definition(
                name=name, label=name, type=kind, field_type=field, group="own", options=[(one, one) for one in options]
            )
        stored = [
            Stored(
                101 + 3 * number, 1_700_000_000_000 + number, 1_700_000_000_000, 0, {k: v for k, v in row.items() if v}
            )
            for number, row in enumerate(rows)
        ]
        portal.tables["contacts"].load(iter(stored))
        self._objects = simulated.Objects(portal, "contacts")
        self.searches = 0
        self.lists = 0

    async def search(self, groups: Sequence[dict[str, Any]] = (), **rest: Any) -> Page:
        self.searches += 1
        body = parse_body(msgspec.json.encode(search_body(groups, **rest)))
        answer = msgspec.json.encode(await search(self._objects, body))
        return msgspec.json.decode(answer, type=WirePage).page()

    async def list(self, after: str | None = None, limit: int = 100, properties: Sequence[str] = ()) -> Page:
        self.lists += 1
        found, following = self._objects.page(after, limit, archived=False)
        return Page(results=[self._record(record, properties) for record in found], after=following)

    async def batch_read(self, ids: Sequence[str], properties: Sequence[str] = ()) -> list[Outcome]:
        return [Outcome(record=self._record(self._objects.get(uid), properties)) for uid in ids]

    def _record(self, record: Stored, properties: Sequence[str]) -> Record:
        shown = self._objects.as_json(record, self._objects.shown(properties))
        return msgspec.convert(shown, WireRecord).record()

    def rows(self) -> dict[str, dict[str, str]]:
        """Every record's values by its id."""
        return {str(uid): self._objects.everything(record) for uid, record in self._objects.table.records.items()}


def query_of(node: str | Filter | None, **rest: Any) -> Query:
    return build_query(object_class("contact"), SCHEMA, filter=node, **rest)


async def found_by(hubspot: DirectObjects, query: Query, limit: int | None = None) -> list[Record]:
    return [record async for record in records(cast("Objects", hubspot), query, limit)]


def meant(node: Filter, rows: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The ids of the records that a filter means, by the plainest reading of docs/query-filter.md."""
    return [uid for uid, row in rows.items() if _holds(node, {**row, "hs_object_id": uid})]


def _holds(node: Filter, row: Mapping[str, str]) -> bool:
    match node:
        case And(clauses):
            return all(_holds(clause, row) for clause in clauses)
        case Or(clauses):
            return any(_holds(clause, row) for clause in clauses)
        case Not(clause):
            return not _holds(clause, row)
        case Always(value):
            return value
        case Present(path):
            return bool(row.get(path[0]))
        case Compare(path, operator, value):
            return any(_compares(path[0], operator, value, one) for one in _values(path[0], operator, row))


def _values(name: str, operator: str, row: Mapping[str, str]) -> list[str]:
    """What an attribute has: a list for several choices; an address counts with the other addresses."""
    value = row.get(name) or ""
    found = [value]
    if name == "tags":
        found = value.split(";")
    elif operator == "ca":
        found = [value, *value.split(";")]
    elif name == "email" and operator == "eq":
        found = [value, *(row.get("hs_additional_emails") or "").split(";")]
    return [one for one in found if one]


def _compares(name: str, operator: str, wanted: Any, found: str) -> bool:
    left: Any = found.lower()
    right: Any = str(wanted).lower()
    if name in ("score", "hs_object_id", "born", "seen") and operator in ("eq", "lt", "le", "gt", "ge"):
        read = float if name in ("score", "hs_object_id") else _milliseconds
        left, right = read(found), read(str(wanted))
    return {
        "eq": lambda: left == right,
        "ca": lambda: left == right,
        "co": lambda: right in left,
        "sw": lambda: left.startswith(right),
        "ew": lambda: left.endswith(right),
        "lt": lambda: left < right,
        "le": lambda: left <= right,
        "gt": lambda: left > right,
        "ge": lambda: left >= right,
    }[operator]()


def _milliseconds(text: str) -> int:
    if text.lstrip("-").isdigit() and len(text) > 8:
        return int(text)
    moment = dt.datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)
