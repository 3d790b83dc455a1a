"""What a DELETE does to a HubSpot record: the mapping's `[deletion]` table, and its effect on entries."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import msgspec

from console.connector.canonical import Converter
from console.connector.default_schema import default_schema
from console.hubspot.model import PropertyDefinition, Record
from console.journal.model import Action, Change, GuardVerdict, NewEntry, Problem, Undo
from console.provisioning.outcomes import FORWARD_ONLY

How = Literal["archive", "gdpr_delete", "set", "nothing"]
GUARD = "gdpr"
"""The guard that every erasure must pass, by its exact number."""
_KEYS = ("how", "set")
_Report = Callable[..., None]


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """How records are deleted; `values` are what `set` gives to properties."""

    how: How = "archive"
    values: dict[str, str] = {}


def read_deletion(table: Mapping[str, Any], object_class: str, problem: _Report) -> Deletion:
    """The `[deletion]` table; `problem(message, remedy, *path)` is told what is wrong with it."""
    for key in table:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1, 0.4)
            problem(
                f"unknown key {key}", f"Did you mean {near[0]}?" if near else "Known keys: how, set.", "deletion", key
            )
    how = table.get("how", "set" if "set" in table else "archive")
    if how not in get_args(How):
        problem(f"how is none of {', '.join(get_args(How))}", 'Write how = "archive".', "deletion", "how")
        return Deletion()
    if how == "gdpr_delete" and object_class != "contact":
        problem(f"HubSpot erases contacts only, not a {object_class}", 'Write how = "archive".', "deletion", "how")
    values = _values(table.get("set"), problem)
    if how == "set" and not values:
        problem('how = "set" sets nothing', 'Write set = { lifecyclestage = "other" }.', "deletion", "set")
    if how != "set" and values:
        problem(f'set has no meaning with how = "{how}"', 'Write how = "set", or leave set out.', "deletion", "set")
    known = default_schema(object_class)
    for name in values:
        if (definition := known.get(name)) is not None and not definition.writable:
            problem(*_read_only(name), "deletion", "set")
    return Deletion(how=how, values=values)


def _values(table: object, problem: _Report) -> dict[str, str]:
    if table is None:
        return {}
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        problem("set is not a table of texts", 'Write set = { lifecyclestage = "other" }.', "deletion", "set")
        return {}
    return dict(table)


def deletion_problems(
    deletion: Deletion, schema: Mapping[str, PropertyDefinition], object_class: str, file: str
) -> list[Problem]:
    """What of it the account's own properties do not take."""
    found: list[tuple[str, str]] = []
    for name, value in deletion.values.items():
        definition = schema.get(name)
        if definition is None:
            near = difflib.get_close_matches(name, schema, 1)
            remedy = f"Did you mean {near[0]}?" if near else f"See hubspoke schema {object_class}."
            found.append((f"the account has no {object_class} property {name}", remedy))
        elif not definition.writable:
            found.append(_read_only(name))
        elif value and definition.options and value not in [option.value for option in definition.options]:
            choices = ", ".join(option.value for option in definition.options[:12])
            found.append((f"{value} is no option of {name}", f"Choose one of: {choices}."))
    return [Problem(message=message, remedy=remedy, file=file, field="deletion.set") for message, remedy in found]


def _read_only(name: str) -> tuple[str, str]:
    return f"HubSpot itself keeps {name}; it cannot be set", "Name a property that can be written."


def carried_out(
    entry: NewEntry, deletion: Deletion, record: Record | None, converters: Mapping[str, Converter]
) -> NewEntry:
    """The entry as the mapping's way of deleting makes it; anything but a DELETE stays as it is."""
    if entry.action is not Action.DELETE or deletion.how == "archive":
        return entry
    if deletion.how == "gdpr_delete":
        return msgspec.structs.replace(entry, undo=Undo.NONE)
    changes: tuple[Change, ...] = ()
    if deletion.how == "set" and record is not None:
        changes = _changes(deletion, record, converters)
    payload = msgspec.structs.replace(entry.payload, changes=changes) if entry.payload is not None else None
    if deletion.how == "nothing":
        return msgspec.structs.replace(entry, action=Action.REPORT, undo=Undo.NONE, payload=payload)
    if not changes:
        return msgspec.structs.replace(entry, action=Action.NONE, undo=Undo.NONE, payload=None)
    undo = Undo.PARTIAL if any(change.name in FORWARD_ONLY for change in changes) else Undo.FULL
    clears = sum(change.clears for change in changes)
    return msgspec.structs.replace(entry, undo=undo, payload=payload, clears=clears)


def _changes(deletion: Deletion, record: Record, converters: Mapping[str, Converter]) -> tuple[Change, ...]:
    def same(name: str, wanted: str, present: str) -> bool:
        if wanted == present or not wanted or not present:
            return wanted == present
        return name in converters and converters[name].equal(wanted, present)

    return tuple(
        Change(name=name, before=present or None, after=value or None)
        for name, value in deletion.values.items()
        if not same(name, value, present := record.properties.get(name) or "")
    )


def erasures(deletion: Deletion, deletes: int) -> tuple[GuardVerdict, ...]:
    """The guard of a plan that erases: any number must be typed."""
    if deletion.how != "gdpr_delete":
        return ()
    return (GuardVerdict(name=GUARD, count=deletes, limit=0, rule="each one, by its exact number"),)
