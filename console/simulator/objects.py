"""Reading and writing single records: what the object endpoints and the batches share. Facts: section 3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from console.simulator.clock import iso
from console.simulator.computed import AFTER_UPDATE, COMPUTED, EPOCH_ON_CREATE
from console.simulator.portal import Portal
from console.simulator.problems import ApiError, Complaint, error, invalid, invalid_values, not_found
from console.simulator.schema import DEFAULTS
from console.simulator.store import Record, Table, compact
from console.simulator.values import BadValue, accept, as_text

DISTINCT = frozenset(
    ("email", "firstname", "lastname", "phone", "mobilephone", "name", "domain", "website", "hs_additional_emails")
)
REQUIRED = {"contacts": ("email", "firstname", "lastname"), "companies": ("name", "domain")}
NAMING = {"contacts": "email", "companies": "name"}


class Draft(NamedTuple):
    """A write that was checked but not yet stored; `old` is None for a create."""

    old: Record | None
    values: dict[str, str]
    sent: tuple[str, ...]


class Clash(NamedTuple):
    """A unique value that is taken; `existing` is None where the holder is not stored yet."""

    property: str
    value: str
    existing: int | None


class Objects:
    """The records of one object type in a portal."""

    def __init__(self, portal: Portal, object_type: str) -> None:
        self.portal = portal
        self.type = object_type
        self.table: Table = portal.tables[object_type]
        self.definitions = portal.schema.types[object_type]
        self._computed = COMPUTED[object_type]
        self.computed_names = self._computed.keys()
        self._always = ("createdate", "hs_object_id", self.table.modified)
        self._url = f"https://app.hubspot.com/contacts/{portal.portal_id}/record/{self.table.type_id}/"

    # reading

    def find(self, key: str, id_property: str | None = None, *, archived: bool = False) -> Record | None:
        """By record id, or by the value of a unique property."""
        id_ = _id(key) if id_property in (None, "hs_object_id") else self._holder(str(id_property), key, "read")
        record = None if id_ is None else self.table.records.get(id_)
        return record if record is not None and bool(record.archived) == archived else None

    def get(self, key: str, id_property: str | None = None, *, archived: bool = False) -> Record:
        """Like `find`, but 404 when there is none."""
        record = self.find(key, id_property, archived=archived)
        if record is None:
            raise not_found()
        return record

    def page(self, after: str | None, limit: int, *, archived: bool) -> tuple[list[Record], str | None]:
        """One page of the listing and the id of the record that begins the next one."""
        table = self.table
        start = 0 if after is None else table.position(_cursor(after))
        found: list[Record] = []
        for position in range(start, len(table.ids)):
            record = table.records[table.ids[position]]
            if bool(record.archived) != archived:
                continue
            if len(found) == limit:
                return found, str(record.id)
            found.append(record)
        return found, None

    def value(self, record: Record, name: str) -> str | None:
        """A stored or computed value."""
        stored = record.values.get(name)
        if stored is not None:
            return stored
        derive = self._computed.get(name)
        return derive(record) if derive is not None else None

    def shown(self, requested: Sequence[str]) -> tuple[str, ...]:
        """The properties an answer carries: those asked for that exist, and the three that always come."""
        if not requested:
            return DEFAULTS[self.type]
        known = self.definitions
        return tuple(dict.fromkeys([*self._always, *(name for name in requested if name in known)]))

    def as_json(self, record: Record, names: Iterable[str]) -> dict[str, Any]:
        """The record as an answer shows it."""
        return self._envelope(record, {name: self.value(record, name) for name in names})

    def everything(self, record: Record) -> dict[str, str]:
        """All stored and computed values."""
        values = {name: value for name, derive in self._computed.items() if (value := derive(record)) is not None}
        return values | record.values

    def as_created(self, record: Record) -> dict[str, Any]:
        """What a create answers: what was set and what HubSpot worked out."""
        values: dict[str, str | None] = dict(self.everything(record))
        if EPOCH_ON_CREATE in values:
            values[EPOCH_ON_CREATE] = str(record.created)
        return self._envelope(record, values)

    def as_updated(self, record: Record, sent: Iterable[str]) -> dict[str, Any]:
        """What an update answers: what was sent and some of what HubSpot worked out."""
        names = dict.fromkeys([*sent, *AFTER_UPDATE[self.type]])
        return self._envelope(record, {name: self.value(record, name) or "" for name in names})

    def history(self, record: Record, names: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """The history of each property; the simulator keeps the latest value only."""
        return {
            name: [{"value": value, "timestamp": iso(record.updated), "sourceType": "INTEGRATION"}]
            for name in names
            if name in self.definitions and (value := self.value(record, name)) is not None
        }

    # writing

    def check_create(self, properties: Mapping[str, Any]) -> Draft:
        """Check a create; ApiError 400 for bad values. Uniqueness is checked by `clash`."""
        values, sent = self._accepted(properties, None)
        required = REQUIRED[self.type]
        if not any(values.get(name) for name in required):
            raise invalid(f"required properties were missing: [{', '.join(required)}]")
        if self.type == "contacts":
            values.setdefault("lifecyclestage", "lead")
        return Draft(None, values, sent)

    def check_update(self, old: Record, properties: Mapping[str, Any]) -> Draft:
        """Check an update; ApiError 400 for bad values."""
        values, sent = self._accepted(properties, old)
        return Draft(old, values, sent)

    def clash(self, draft: Draft) -> Clash | None:
        """The first unique value of the draft that another record has."""
        own = None if draft.old is None else draft.old.id
        for name in self.table.unique:
            value = draft.values.get(name)
            holder = self.table.holder(name, value) if value else None
            if value and holder is not None and holder != own:
                return Clash(name, value, holder)
        return None

    def store(self, draft: Draft, trace: str = "", op: str = "") -> Record:
        """Write a checked draft and log it."""
        portal, old = self.portal, draft.old
        now = portal.clock.now()
        ms = int(now * 1000)
        if old is None:
            record = Record(self.table.new_id(), ms, ms, 0, draft.values)
        else:
            record = Record(old.id, old.created, max(ms, old.updated + 1), 0, draft.values)
        self.table.put(record, now, portal.switches.index_lag)
        self._log(op or ("create" if old is None else "update"), record, trace)
        return record

    def archive(self, id_: int) -> None:
        """Archive a record; unknown and archived ones are fine too."""
        record = self.table.records.get(id_)
        if record is None or record.archived:
            return
        now = self.portal.clock.now()
        gone = Record(record.id, record.created, record.updated, int(now * 1000), record.values)
        self.table.put(gone, now, self.portal.switches.index_lag)
        self._log("archive", gone, "")

    def unique_property(self, name: str, what: str) -> None:
        """400 unless `name` can identify records."""
        if name not in self.table.unique:
            raise invalid(f"Unable to perform {what} by non-unique {self.table.type_id} property {name}")

    def clashed(self, clash: Clash, *, tell: bool = True) -> ApiError:
        """The refusal for a taken unique value."""
        return error(409, self.clash_text(clash, tell=tell), "CONFLICT")

    def clash_text(self, clash: Clash, *, tell: bool = True) -> str:
        """Its text; `tell` whether the id of the holder is in it."""
        if clash.property != "email":
            return (
                f"CONFLICTING_UNIQUE_VALUE: Cannot set {clash.property} to {clash.value}. "
                f"{clash.existing} already has that value."
            )
        if not tell or clash.existing is None:
            return "Contact already exists"
        return f"Contact already exists. Existing ID: {clash.existing}"

    def _holder(self, id_property: str, key: str, what: str) -> int | None:
        self.unique_property(id_property, what)
        return self.table.holder(id_property, key.strip().lower() if id_property == "email" else key)

    def _accepted(self, properties: Mapping[str, Any], old: Record | None) -> tuple[dict[str, str], tuple[str, ...]]:
        values = {} if old is None else dict(old.values)
        complaints: list[Complaint] = []
        for name, raw in properties.items():
            text = as_text(name, raw)
            definition = self.definitions.get(name)
            if definition is None:
                message = f'Property "{name}" does not exist'
                complaints.append(Complaint(name, "PROPERTY_DOESNT_EXIST", message))
            elif not definition.settable:
                message = f'"{name}" is a read only property; its value cannot be set.'
                complaints.append(Complaint(name, "READ_ONLY_VALUE", message))
            elif text == "":
                values.pop(name, None)
            else:
                try:
                    values[name] = accept(definition, text, values.get(name))
                except BadValue as bad:
                    complaints.append(bad.about(name))
        if complaints:
            raise invalid_values(complaints, self.portal.portal_id)
        if values.get("domain") and "domain" in properties and self.type == "companies":
            values.setdefault("website", values["domain"])
        return compact(values, lambda name: name not in DISTINCT), tuple(properties)

    def _envelope(self, record: Record, properties: Mapping[str, str | None]) -> dict[str, Any]:
        body = {
            "id": str(record.id),
            "properties": properties,
            "createdAt": iso(record.created),
            "updatedAt": iso(record.updated),
            "archived": bool(record.archived),
            "url": f"{self._url}{record.id}",
        }
        if record.archived:
            body["archivedAt"] = iso(record.archived)
        return body

    def _log(self, op: str, record: Record, trace: str) -> None:
        self.portal.wrote(op, self.type, record.id, record.values.get(NAMING[self.type], ""), trace)


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _cursor(text: str) -> int:
    id_ = _id(text)
    if id_ is None:
        raise invalid(f"Invalid paging cursor: {text}")
    return id_
