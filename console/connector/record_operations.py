"""What can be done with contacts and companies, one at a time, as identity connectors do it.

Read before a write is only what the write needs: the answer of HubSpot's write is the object as it is now.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from console.connector.connector import Connector
from console.connector.connector_object import ConnectorObject
from console.connector.creating import create_once
from console.connector.errors import AlreadyExists, PreconditionFailed, UnknownUid
from console.connector.filter_match import moment
from console.connector.patch import PatchOperation, fields_to_read, patched, read_operations
from console.connector.query import LISTED_CHARACTERS
from console.connector.record_values import MultiCheckbox, Schema, native_attributes, note_not_taken, to_send
from console.hubspot.errors import Conflict, NotFound, OutcomeUnknown
from console.hubspot.model import Properties, Record

EVERYTHING = "*"
"""The attribute that means all of the schema's."""


class Records:
    """Operations on one class of records. Methods raise `IcfError` and `HubSpotError`."""

    def __init__(self, connector: Connector, cls: str) -> None:
        self._connector = connector
        self._kind = connector.kind(cls)
        self._objects = connector.objects(cls)

    async def create(self, attributes: Mapping[str, Any]) -> ConnectorObject:
        """A new record; with its unique key it is made once, whatever happens to the answer.

        Raises:
            AlreadyExists: another record has its email or another unique value.
            OutcomeUnknown: it may exist, and has no key by which it could be found.
        """
        schema = await self._schema()
        properties, notes = self._to_send(schema, attributes, creating=True)
        try:
            record = await create_once(self._objects, schema, properties)
        except Conflict as error:
            raise await self._taken(error, properties) from error
        return self.object(record).noted(*notes, *note_not_taken(schema, properties, record))

    async def get(self, uid: str, names: Sequence[str] = ()) -> ConnectorObject:
        """One record, read live. Raises UnknownUid."""
        wanted = await self.wanted(names)
        return self.object(await self.read(uid, wanted), uid, None if EVERYTHING in names else names)

    async def update(self, uid: str, attributes: Mapping[str, Any], if_match: str | None = None) -> ConnectorObject:
        """Replace the given attributes; None clears.

        Raises:
            UnknownUid: there is no such record.
            PreconditionFailed: it was changed after `if_match`.
            AlreadyExists: the new email is another contact's.
        """
        schema = await self._schema()
        properties, notes = self._to_send(schema, attributes, creating=False)
        if not properties:
            return (await self.get(uid)).noted("Nothing was to be changed.", *notes)
        checked_at = await self._check_version(uid, if_match)
        try:
            record = await self._objects.update(self.key(uid), properties)
        except NotFound as error:
            raise await self._gone(uid, error) from error
        except Conflict as error:
            raise await self._taken(error, properties, uid) from error
        notes += note_not_taken(schema, properties, record)
        return self.object(record, uid).noted(*notes, *_interval(checked_at))

    async def patch(
        self, uid: str, operations: Sequence[Mapping[str, Any]], if_match: str | None = None
    ) -> ConnectorObject:
        """Operations on attributes, made one update; see `console.connector.patch`."""
        read = read_operations(operations, lambda name: self._kind.name_attribute if name == "__NAME__" else name)
        several = MultiCheckbox(await self._schema_of_parts(read))
        fields = fields_to_read(read, several)
        native_attributes(self._kind, {one.field: one.value for one in read})
        present: Mapping[str, Any] = {}
        notes: tuple[str, ...] = ()
        if fields:
            began = time.monotonic()
            record = await self.read(uid, fields)
            self._confirmed(record, if_match)
            present, if_match = record.properties, None
        patch = patched(read, present, several)
        done = await self.update(uid, patch.changes, if_match)
        if merged := [name for name in fields if name in patch.changes]:
            notes = _merge_interval(merged, began)
        return done.noted(*patch.notes, *notes)

    async def delete(self, uid: str) -> ConnectorObject:
        """Archive the record; it is given back as it was.

        Raises:
            UnknownUid: there is none, or it was merged into another one, which is not deleted in its place.
        """
        record = await self.read(uid)
        if record.id != uid:
            raise UnknownUid(
                f"The {self._kind.name} {uid} was merged into {record.id}, which holds more than {uid} did. "
                "Nothing was deleted.",
                advice=f"If {record.id} is to go, delete that.",
                uid=uid,
                existing_id=record.id,
            )
        try:
            await self._objects.archive(record.id)
        except NotFound:
            pass  # somebody else was quicker, or an earlier attempt of ours whose answer was lost
        except OutcomeUnknown:
            if await self._is_there(uid):
                raise
        return self.object(record)

    async def read(self, uid: str, properties: Sequence[str] = ()) -> Record:
        """The record behind a uid; after a merge it is the one that survived. Raises UnknownUid."""
        key = self.key(uid)
        asked = list(dict.fromkeys([*properties, self._kind.name_attribute])) if properties else []
        long = sum(len(name) + 3 for name in asked) > LISTED_CHARACTERS
        try:
            record = await self._objects.read(key, () if long else asked)
        except NotFound as error:
            raise await self._gone(uid, error) from error
        if not long:
            return record
        (outcome,) = await self._objects.batch_read([record.id], properties=asked)
        if outcome.record is None:
            raise outcome.error or NotFound(f"There is no record {record.id}.")
        return outcome.record

    def key(self, uid: str) -> str:
        """The uid, if it can be one. Raises UnknownUid."""
        if uid.isascii() and uid.isdigit() and not uid.startswith("0"):
            return uid
        cls = self._kind.name
        raise UnknownUid(
            f"{uid} is no uid of a {cls}: HubSpot's are whole numbers.",
            advice=f"Find it by its name: hubspoke search {cls} '__NAME__ eq \"...\"'",
            uid=uid,
        )

    def object(self, record: Record, asked: str = "", names: Sequence[str] | None = None) -> ConnectorObject:
        """The record as an object; `asked` is the uid that was asked for, `names` the attributes."""
        kind = self._kind
        moved = bool(asked) and asked != record.id
        kept = {kind.property_of(name) for name in names or ()}
        return ConnectorObject(
            object_class=kind.name,
            uid=record.id,
            name=record.properties.get(kind.name_attribute) or "",
            attributes={name: value for name, value in record.properties.items() if not kept or name in kept},
            revision=record.updated_at or record.properties.get(kind.modified) or "",
            notes=(f"The {kind.name} {asked} was merged into {record.id}.",) if moved else (),
        )

    async def _schema(self) -> Schema:
        return await self._connector.schema(self._kind.name)

    async def _schema_of_parts(self, operations: Sequence[PatchOperation]) -> Schema:
        """A schema that tells which attributes have several values, of those that are added to and taken from."""
        schema = await self._schema()
        parts = [one.field for one in operations if one.operation in ("add", "remove") and one.value is not None]
        if not self._connector.live_schema and any(field not in schema for field in parts):
            return await self._connector.schema(self._kind.name, live=True)
        return schema

    async def wanted(self, names: Sequence[str]) -> list[str]:
        """HubSpot's names of the attributes to read; none: HubSpot's own choice."""
        if EVERYTHING in names:
            return list(await self._schema())
        return [self._kind.property_of(name) for name in names]

    def _to_send(
        self, schema: Schema, attributes: Mapping[str, Any], *, creating: bool
    ) -> tuple[Properties, tuple[str, ...]]:
        native = native_attributes(self._kind, attributes)
        return to_send(self._kind, schema, native, creating=creating, strict=self._connector.live_schema)

    async def _check_version(self, uid: str, if_match: str | None) -> float | None:
        """When the version was seen to be the one given; None where none was given."""
        if if_match is None:
            return None
        began = time.monotonic()
        self._confirmed(await self.read(uid, [self._kind.modified]), if_match)
        return began

    def _confirmed(self, record: Record, if_match: str | None) -> None:
        """Raises PreconditionFailed where the record is of another version than the one given."""
        if if_match is None:
            return
        given = if_match.strip().removeprefix("W/").strip('"')
        versions = [record.updated_at or "", record.properties.get(self._kind.modified) or ""]
        if given == "*" or any(_same_moment(given, version) for version in versions):
            return
        raise PreconditionFailed(
            f"The {self._kind.name} {record.id} was changed at {versions[0] or versions[1]}, "
            f"and the change is meant for its version of {given}.",
            advice="Read it again, look at what changed, and give its present version.",
            uid=record.id,
        )

    async def _gone(self, uid: str, error: NotFound) -> UnknownUid:
        """What became of a record that is not there."""
        try:
            archived = await self._objects.read(self.key(uid), archived=True)
        except NotFound:
            return UnknownUid(
                f"There is no {self._kind.name} {uid}.",
                advice=f"Find it with: hubspoke search {self._kind.name} FILTER",
                correlation_id=error.correlation_id,
                uid=uid,
            )
        since = f" since {archived.archived_at}" if archived.archived_at else ""
        return UnknownUid(
            f"The {self._kind.name} {uid} is archived{since}.",
            advice="HubSpot restores it on its own pages for 90 days; then it is gone for good.",
            correlation_id=error.correlation_id,
            uid=uid,
        )

    async def _is_there(self, uid: str) -> bool:
        try:
            await self._objects.read(uid)
        except NotFound:
            return False
        return True

    async def _taken(self, error: Conflict, properties: Properties, uid: str = "") -> AlreadyExists:
        """Whose the unique value is, which HubSpot does not always tell."""
        email = properties.get("email") if self._kind.name == "contact" else None
        existing = error.existing_id
        if existing is None and email:
            try:
                existing = (await self._objects.read(email, ["email"], id_property="email")).id
            except NotFound:
                existing = None
        holder = f"{self._kind.name} {existing}" if existing else f"another {self._kind.name}"
        what = f"The email {email}" if email else "A unique value"
        return AlreadyExists(
            f"{what} belongs to {holder} already. {error.message}",
            advice=f"Update {existing} instead, or merge the two." if existing else "Search for it by that value.",
            correlation_id=error.correlation_id,
            uid=uid,
            existing_id=existing,
        )


def _same_moment(given: str, version: str) -> bool:
    if given == version:
        return bool(given)
    left = float(given) if given.isascii() and given.isdigit() else moment(given)
    return left is not None and left == moment(version)


def _interval(checked_at: float | None) -> tuple[str, ...]:
    if checked_at is None:
        return ()
    spent = f"The version was checked within {(time.monotonic() - checked_at) * 1000:.0f} ms of the write."
    return (f"{spent} HubSpot has no conditional write: a change by somebody else in that time was not seen.",)


def _merge_interval(fields: Sequence[str], began: float) -> tuple[str, ...]:
    spent = f"{', '.join(fields)}: read, changed and written whole within {(time.monotonic() - began) * 1000:.0f} ms;"
    return (f"{spent} a change by somebody else in that time was replaced.",)
