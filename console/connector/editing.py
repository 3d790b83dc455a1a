"""Changing one property of one record: judged before it is sent, compared with what is there, confirmed as it came back."""

from __future__ import annotations

from typing import NamedTuple

from console.connector.classes import object_class
from console.connector.errors import InvalidAttributeValue, PreconditionFailed
from console.connector.operations import Operations
from console.connector.record_values import to_send
from console.connector.sheet import Sheet
from console.hubspot.wire import text_of


class Judged(NamedTuple):
    """A value as it would be sent (None clears), or what is wrong with it; `note` is what HubSpot may say to it."""

    value: str | None
    wrong: str = ""
    remedy: str = ""
    nearest: str = ""
    note: str = ""


class Edited(NamedTuple):
    """What HubSpot returned: `value` is what the property has now, `accepted` whether that is what was sent."""

    name: str
    uid: str
    value: str | None
    accepted: bool
    notes: tuple[str, ...]
    revision: str


class ChangedMeanwhile(PreconditionFailed):
    """The property has another value than the one that the operator saw; nothing was written."""

    def __init__(self, name: str, present: str | None, uid: str) -> None:
        super().__init__(
            f"{name} was changed meanwhile: it is {present or 'blank'} now. Nothing was written.",
            advice="Look at the value that is there now, and decide again.",
            uid=uid,
        )
        self.present = present


def judge(sheet: Sheet, name: str, value: str, *, creating: bool = False) -> Judged:
    """What would be sent for a value that was typed, by the rules that the write itself goes by."""
    native = sheet.kind.native_name(name)
    kind = object_class(sheet.kind.native)
    definitions = {definition.name: definition for definition in sheet.schema.values()}
    try:
        sent, notes = to_send(kind, definitions, {native: value}, creating=False, strict=sheet.live)
    except InvalidAttributeValue as refused:
        problem = refused.problems[0] if refused.problems else None
        return Judged(None, refused.message, refused.advice, problem.nearest if problem is not None else "")
    if creating and sent.get(native) is None:
        return Judged(None)
    return Judged(sent.get(native), note=" ".join(notes))


async def edit(operations: Operations, cls: str, uid: str, name: str, before: str | None, after: str | None) -> Edited:
    """Write one property, if it still has the value `before`; None clears.

    HubSpot has no conditional write: between the reading and the writing a change by somebody else goes unseen.

    Raises:
        ChangedMeanwhile: it has another value now.
        IcfError: the value was refused, the record is gone, HubSpot did not answer.
    """
    there = await operations.get(cls, uid, (name,))
    present = _as_text(there.attributes.get(name))
    if (present or "") != (before or ""):
        raise ChangedMeanwhile(name, present, uid)
    done = await operations.update(cls, there.uid, {name: after})
    value = _as_text(done.attributes.get(name, after))
    refused = any(note.startswith("HubSpot did not take ") for note in done.notes)
    return Edited(name, done.uid, value, not refused, (*there.notes, *done.notes), done.revision)


def _as_text(value: object) -> str | None:
    if isinstance(value, list):
        return ";".join(str(part) for part in value)
    return text_of(value)
