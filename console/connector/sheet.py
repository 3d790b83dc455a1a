"""One record as a sheet that people read and edit: its properties in groups, what each one takes, and why not."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from console.connector.canonical import OWNER
from console.connector.connector_object import ConnectorObject
from console.connector.errors import InvalidAttributeValue
from console.connector.object_types import ObjectType
from console.connector.operations import Operations
from console.hubspot.model import PropertyDefinition
from console.hubspot.record_history import Version

Group = Literal["identity", "lately", "other", "HubSpot"]
Kind = Literal["text", "lines", "number", "date", "time", "yes/no", "choice", "choices"]

LATELY = 30 * 86_400.0
LATELY_SHOWN = 8
_AT_CREATION = 60.0
"""Seconds after a record's creation in which a first value is part of the creation."""
_IDENTITY = {
    "contact": ("email", "hs_additional_emails", "firstname", "lastname", "phone", "hs_object_id"),
    "company": ("name", "domain", "phone", "hs_object_id"),
}
_KINDS: dict[str, Kind] = {"number": "number", "date": "date", "datetime": "time", "bool": "yes/no"}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One property of a record. `definition` is None for one that the schema does not know; `changed` is ISO time."""

    name: str
    value: str | None = None
    definition: PropertyDefinition | None = None
    group: Group = "other"
    changed: str = ""
    locked: str = ""
    """Why it cannot be edited; "" where it can."""

    @property
    def label(self) -> str:
        """What HubSpot's pages call it, unless that is its name."""
        label = self.definition.label if self.definition is not None else ""
        return label if label != self.name else ""

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return kind_of(self.definition)


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was read, and what its class looks like under the configured names."""

    found: ConnectorObject
    schema: Mapping[str, PropertyDefinition]
    live: bool
    kind: Any
    """The `ObjectType` of the record's class."""


async def read_sheet(operations: Operations, cls: str, uid: str) -> Sheet:
    """The record with every property that the schema has, read live.

    Raises:
        IcfError: there is no such record, or HubSpot did not answer.
    """
    found = await operations.get(cls, uid, ("*",))
    return Sheet(
        found=found, schema=await schema_of(operations, cls), live=operations.connector.live_schema,
        kind=operations.types.find(cls),
    )  # fmt: skip


async def schema_of(operations: Operations, cls: str) -> dict[str, PropertyDefinition]:
    """The definitions of a class's properties by their configured names."""
    kind = operations.types.find(cls)
    native = await operations.connector.schema(kind.native)
    return {kind.given_name(name): definition for name, definition in native.items()}


def fields(sheet: Sheet, history: Mapping[str, Sequence[Version]], now: float | None = None) -> list[Field]:
    """The properties: those that say who it is, those changed in the last 30 days (newest first), the rest by name.

    Of the rest, those that nobody can edit come last: HubSpot's own.
    """
    found = sheet.found.attributes
    lately = _lately(sheet, history, time.time() if now is None else now)
    identity = [name for name in identity_names(sheet.kind, sheet.schema) if name in found]
    order = [*identity, *(name for name in lately if name not in identity)]
    locked = {name: why_not(sheet.kind, name, sheet.schema.get(name)) for name in {*found, *sheet.schema}}
    rest = sorted(set(locked) - set(order), key=lambda name: (bool(locked[name]), name))
    groups: dict[str, Group] = {name: "HubSpot" for name in rest if locked[name]}
    groups |= dict.fromkeys(lately, "lately")
    groups |= dict.fromkeys(identity, "identity")
    return [
        Field(
            name=name,
            value=_text(found.get(name)),
            definition=sheet.schema.get(name),
            group=groups.get(name, "other"),
            changed=history[name][0].at if history.get(name) else "",
            locked=locked[name],
        )
        for name in [*order, *rest]
    ]


def identity_names(kind: ObjectType, schema: Mapping[str, PropertyDefinition]) -> list[str]:
    """The properties that tell one record from another, under their configured names."""
    named = [kind.given_name(name) for name in _IDENTITY.get(kind.native, ())]
    unique = [name for name, one in schema.items() if one.unique and one.writable]
    return list(dict.fromkeys([*named, *unique]))


def matching(all_fields: Sequence[Field], words: str, *, blanks: bool) -> list[Field]:
    """The properties whose name, label or value holds every one of the words; blank ones where they are wanted."""
    wanted = words.casefold().split()
    return [
        field for field in all_fields if (blanks or field.value) and all(word in _searched(field) for word in wanted)
    ]


def kind_of(definition: PropertyDefinition | None) -> Kind:
    """What the values of a property are."""
    if definition is None:
        return "text"
    if definition.type == "enumeration":
        if definition.field_type == "checkbox":
            return "choices"
        return "text" if definition.name == OWNER and not definition.options else "choice"
    if definition.field_type == "textarea":
        return "lines"
    return _KINDS.get(definition.type, "text")


def why_not(kind: ObjectType, name: str, definition: PropertyDefinition | None) -> str:
    """Why a property cannot be edited; "" where it can."""
    if definition is not None and definition.calculated:
        return "HubSpot calculates it"
    if definition is not None and definition.read_only:
        return "HubSpot sets it itself: read-only"
    try:
        kind.incoming({name: ""}, creating=False)
    except InvalidAttributeValue as refused:
        return refused.message
    return ""


def as_json(sheet: Sheet) -> str:
    """The whole record as `hubspoke get --json` prints it: exact values."""
    found = sheet.found
    shape = {
        "id": found.uid,
        "class": found.object_class,
        "name": found.name or None,
        "properties": found.attributes,
        "revision": found.revision or None,
        "notes": list(found.notes),
    }
    return msgspec.json.format(msgspec.json.encode(shape), indent=2).decode()


def _lately(sheet: Sheet, history: Mapping[str, Sequence[Version]], now: float) -> list[str]:
    """The writable properties that somebody changed within the last days, newest first."""
    created = _seconds(_text(sheet.found.attributes.get(sheet.kind.given_name("createdate"))) or "")
    found: list[tuple[float, str]] = []
    for name, past in history.items():
        at = _seconds(past[0].at) if past else None
        if at is None or now - at > LATELY or why_not(sheet.kind, name, sheet.schema.get(name)):
            continue
        if len(past) == 1 and created is not None and at - created < _AT_CREATION:
            continue
        found.append((at, name))
    return [name for _, name in sorted(found, key=lambda one: (-one[0], one[1]))][:LATELY_SHOWN]


def _seconds(moment: str) -> float | None:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None


def _searched(field: Field) -> str:
    return f"{field.name} {field.label} {field.value or ''}".casefold()


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    from console.hubspot.wire import text_of

    return ";".join(str(part) for part in value) if isinstance(value, list) else text_of(value)
