"""Reading and writing single records: what the object endpoints and the batches share. Facts: section 3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from console.simulator import associations_read as reading
from console.simulator import associations_write as writing
from console.simulator import auto_company
from console.simulator.associations import COMPANIES, CONTACTS
from console.simulator.clock import iso
from console.simulator.computed import AFTER_UPDATE, COMPUTED, EPOCH_ON_CREATE, Derive
from console.simulator.credentials import PRIVATE_APP
from console.simulator.portal import Portal
from console.simulator.privacy import barred
from console.simulator.problems import ApiError, Complaint, error, invalid, invalid_values, not_found
from console.simulator.schema import DEFAULTS
from console.simulator.store import Record, Table, compact
from console.simulator.values import BadValue, accept, as_text, no_text

DISTINCT = frozenset(
    ("email", "firstname", "lastname", "phone", "mobilephone", "name", "domain", "website", "hs_additional_emails")
)
REQUIRED = {"contacts": ("email", "firstname", "lastname"), "companies": ("name", "domain")}
NAMING = {"contacts": "email", "companies": "name"}
SECONDARY = "hs_additional_emails"
ENFORCING = "2026-09"  # the first version whose paths enforce required properties


class Draft(NamedTuple):
    """A write that was checked but not yet stored; `old` is None for a create."""

    old: Record | None
    values: dict[str, str]
    sent: tuple[str, ...]
    associations: tuple[writing.Wanted, ...] = ()


class Clash(NamedTuple):
    """A unique value that is taken; `existing` is None where the holder is not stored yet."""

    property: str
    value: str
    existing: int | None


class Objects:
    """The records of one object type in a portal, as a path of `version` shows them."""

    def __init__(self, portal: Portal, object_type: str, version: str = "v3") -> None:
        self.portal = portal
        self.version = version
        self.type = object_type
        self.table: Table = portal.tables[object_type]
        self.definitions = portal.schema.types[object_type]
        self.type_id = self.table.type_id
        self._computed: dict[str, Derive] = COMPUTED[object_type]
        if object_type == COMPANIES:
            self._computed = self._computed | {"num_associated_contacts": self._contacts}
        self.computed_names = self._computed.keys()
        self._always = ("createdate", "hs_object_id", self.table.modified)
        self._url = f"https://app.hubspot.com/contacts/{portal.portal_id}/record/{self.table.type_id}/"

    # reading

    def find(
        self, key: str, id_property: str | None = None, *, archived: bool = False, merged: bool = False
    ) -> Record | None:
        """By record id, or by the value of a unique property.

        `merged`: whether the id of a record that was merged away leads to the survivor.
        """
        id_ = record_id(key) if id_property in (None, "hs_object_id") else self._holder(str(id_property), key, "read")
        if id_ is not None and merged and not archived:
            id_ = self.table.survivor(id_)
        record = None if id_ is None or id_ in self.table.gone else self.table.records.get(id_)
        return record if record is not None and bool(record.archived) == archived else None

    def get(self, key: str, id_property: str | None = None, *, archived: bool = False) -> Record:
        """Like `find` with merged ids, as single calls do, but 404 when there is none."""
        record = self.find(key, id_property, archived=archived, merged=True)
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
            if bool(record.archived) != archived or record.id in table.gone:
                continue
            if len(found) == limit:
                return found, str(record.id)
            found.append(record)
        return found, None

    def holder_of(self, email: str) -> Record | None:
        """The active contact that has an address, as its own or as a secondary one."""
        id_ = self.table.holder("email", email.strip().lower())
        return None if id_ is None else self.table.records[id_]

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

    def as_json(self, record: Record, names: Iterable[str], associated: Sequence[str] = ()) -> dict[str, Any]:
        """The record as an answer shows it, with the associations to the types in `associated`."""
        body = self._envelope(record, {name: self.value(record, name) for name in names})
        if associated and (shown := reading.of_object(self.portal, self.type, record.id, associated)):
            body["associations"] = shown
        return body

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
        """The values of each property, newest first, with the moment each was set."""
        past = self.table.past.get(record.id, {})
        return {
            name: versions
            for name in names
            if name in self.definitions and (versions := self._versions(record, name, past.get(name, [])))
        }

    def _versions(self, record: Record, name: str, past: list[tuple[int, str]]) -> list[dict[str, Any]]:
        value = self.value(record, name)
        if value is None and not past:
            return []
        values = [*(text for _, text in past), value or ""]
        moments = [record.created, *(replaced for replaced, _ in past)]
        if not values[0]:
            del values[0], moments[0]  # it had no value at first
        return [
            {"value": text, "timestamp": iso(moment), "sourceType": "INTEGRATION", "sourceId": str(PRIVATE_APP)}
            for text, moment in zip(reversed(values), reversed(moments), strict=True)
        ]

    # writing

    def check_create(self, properties: Mapping[str, Any], associations: list[Any] | None = None) -> Draft:
        """Check a create; ApiError 400 for bad values. Uniqueness is checked by `clash`."""
        values, sent = self._accepted(properties, None)
        required = REQUIRED[self.type]
        needed = self.type == COMPANIES or self.portal.switches.contact_needs_name or not values
        if needed and not any(values.get(name) for name in required):
            raise invalid(f"required properties were missing: [{', '.join(required)}]")
        if self.type == CONTACTS:
            values.setdefault("lifecyclestage", "lead")
        return Draft(None, values, sent, writing.inline(self.portal, self.type, associations))

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

    def store(self, draft: Draft, trace: str = "") -> Record:
        """Write a checked draft and log it."""
        portal, old = self.portal, draft.old
        now = portal.clock.now()
        ms = int(now * 1000)
        if old is None:
            record = Record(self.table.new_id(), ms, ms, 0, draft.values)
        else:
            record = Record(old.id, old.created, max(ms, old.updated + 1), 0, draft.values)
        self.table.put(record, now, portal.switches.index_lag)
        self._log("create" if old is None else "update", record, trace)
        for wanted in draft.associations:
            pair = (record.id, wanted.to) if self.type == CONTACTS else (wanted.to, record.id)
            writing.associate(portal, *pair, wanted.labels, replace=False)
        if old is None and self.type == CONTACTS:
            auto_company.expect(portal, record)
        return self.table.records[record.id]

    def delete(self, key: str) -> None:
        """Archive a record; whether an id that is not there matters, is a switch."""
        id_ = record_id(key)
        if (id_ is None or not self.archive(id_)) and self.portal.switches.delete_missing == "404":
            raise not_found()

    def archive(self, id_: int) -> bool:
        """Archive a record; False for an unknown or archived one."""
        record = self.table.records.get(id_)
        if record is None or record.archived:
            return False
        now = self.portal.clock.now()
        gone = Record(record.id, record.created, record.updated, int(now * 1000), record.values)
        self.table.put(gone, now, self.portal.switches.index_lag)
        self._log("archive", gone, "")
        if self.type == COMPANIES:
            for contact in self.portal.associations.contacts_of(id_):
                writing.mirror(self.portal, contact)
        return True

    def unique_property(self, name: str, what: str) -> None:
        """400 unless `name` can identify records."""
        if name not in self.table.unique:
            raise invalid(f"Unable to perform {what} by non-unique {self.table.type_id} property {name}")

    def clashed(self, clash: Clash, *, tell: bool = True) -> ApiError:
        """The refusal for a taken unique value."""
        text = self.clash_text(clash, tell=tell)
        if clash.property != "email" and self.portal.switches.unique_clash == "validation":
            complaint = Complaint(clash.property, "CONFLICTING_UNIQUE_VALUE", text)
            return invalid_values([complaint], self.portal.portal_id)
        return error(409, text, "CONFLICT")

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
        if id_property != "email":
            return self.table.holder(id_property, key)
        address = key.strip().lower()
        id_ = self.table.holder("email", address)
        if id_ is None or self.portal.switches.secondary_email_reads:
            return id_
        return id_ if self.table.records[id_].values.get("email") == address else None

    def _accepted(self, properties: Mapping[str, Any], old: Record | None) -> tuple[dict[str, str], tuple[str, ...]]:
        """All values after a write of `properties`, and the names that count as sent."""
        values = {} if old is None else dict(old.values)
        complaints: list[Complaint] = []
        texts = self._texts(properties)
        for name, text in texts.items():
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
                    values[name] = accept(definition, text, values.get(name), self.portal.switches.stage_backward)
                except BadValue as bad:
                    complaints.append(bad.about(name))
        if "email" in texts:
            complaints += barred(self.portal, values.get("email"))
            _settle_secondary(values)
        complaints += self._rules(values, texts, creating=old is None)
        if complaints:
            raise invalid_values(complaints, self.portal.portal_id)
        if values.get("domain") and "domain" in texts and self.type == COMPANIES:
            values.setdefault("website", values["domain"])
        return compact(values, lambda name: name not in DISTINCT), tuple(texts)

    def _texts(self, properties: Mapping[str, Any]) -> dict[str, str]:
        """The values as text; how JSON nulls, booleans and numbers are taken, is a switch."""
        switches = self.portal.switches
        texts = {}
        for name, raw in properties.items():
            if raw is None and switches.null_values != "clear":
                if switches.null_values == "refused":
                    raise no_text(name)
            elif not isinstance(raw, str) and raw is not None and switches.json_scalars == "refused":
                raise no_text(name)
            else:
                texts[name] = as_text(name, raw)
        return texts

    def _rules(self, values: Mapping[str, str], sent: Iterable[str], *, creating: bool) -> list[Complaint]:
        """What the account's own write rules say."""
        required = (
            self.version[0].isdigit() and self.version >= ENFORCING
        ) or self.portal.switches.validate_older_paths
        return self.portal.rules.complaints(self.type, values, sent, creating=creating, required=required)

    def _contacts(self, record: Record) -> str:
        return str(reading.contact_count(self.portal, record.id))

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


def _settle_secondary(values: dict[str, str]) -> None:
    """A secondary address that becomes the contact's own is no longer a secondary one."""
    more = values.get(SECONDARY)
    if not more:
        return
    left = [part for part in more.split(";") if part != values.get("email")]
    if left:
        values[SECONDARY] = ";".join(left)
    else:
        del values[SECONDARY]


def record_id(text: str) -> int | None:
    """The number that a text is; None where no record can have it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _cursor(text: str) -> int:
    id_ = record_id(text)
    if id_ is None:
        raise invalid(f"Invalid paging cursor: {text}")
    return id_
