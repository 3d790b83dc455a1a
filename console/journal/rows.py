"""Between rows of the tables and the shapes of `console.journal.model`."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from console.journal.model import (
    WORK,
    Action,
    EntryState,
    Link,
    NewEntry,
    Payload,
    Plan,
    Problem,
    RunState,
    Situation,
    Undo,
)
from console.journal.seal import content_digest
from console.settings.sealing import Seal, Unreadable

_pack = msgspec.msgpack.Encoder().encode
_payload = msgspec.msgpack.Decoder(Payload)
_plan = msgspec.msgpack.Decoder(Plan)
_befores = msgspec.msgpack.Decoder(dict[str, str | None])
_SITUATIONS = {one.value: one for one in Situation}
_ACTIONS = {one.value: one for one in Action}
_STATES = {one.value: one for one in EntryState}
_UNDOS = {one.value: one for one in Undo}
_Accepted = dict[str, tuple[str | None, str | None]]
_remembered = msgspec.msgpack.Decoder(_Accepted | tuple[_Accepted, tuple[tuple[str, str], ...]])
"""What a link remembers: accepted values, and behind them, where there are any, the associations that were made."""

TWINS = {
    "source_id": "Entry {twin} of this plan has the same source id.",
    "key": "Entry {twin} of this plan has the same correlation key.",
    "uid": "Entry {twin} of this plan writes to the same HubSpot record.",
}
TWIN_REMEDY = "Make the person appear once in the source, then plan again. Neither of them is sent."


def place(plan_id: str, number: int, part: str) -> bytes:
    """Where a sealed blob belongs; it opens nowhere else."""
    return f"{plan_id}/{number}/{part}".encode()


def first_state(action: Action, state: EntryState) -> EntryState:
    """The state that a planned entry begins with: what nobody works on is settled at once."""
    if state is not EntryState.PLANNED or action in WORK:
        return state
    return EntryState.NEEDS_DECISION if action is Action.EXCEPTION else EntryState.SKIPPED


def entry_row(plan_id: str, entry: NewEntry, seal: Seal, key: bytes) -> dict[str, Any]:
    """The row of a new entry."""
    content = _pack(entry.payload) if entry.payload is not None else b""
    return {
        "plan_id": plan_id,
        "number": entry.number,
        "situation": entry.situation.value,
        "action": entry.action.value,
        "state": first_state(entry.action, entry.state).value,
        "undo": entry.undo.value,
        "uid": entry.uid,
        "clears": entry.clears,
        "read_at": entry.read_at,
        "claimed_at": entry.claimed_at,
        "settled_at": entry.settled_at,
        "key_digest": entry.key_digest,
        "correlation_digest": entry.correlation_digest,
        "content": content_digest(key, content),
        "cause": entry.cause,
        "payload": seal.seal(content, place(plan_id, entry.number, "payload")) if content else None,
        "outcome": sealed_text(entry.outcome, seal, plan_id, entry.number),
        "fingerprint": entry.fingerprint or None,
    }


def sealed_text(outcome: str, seal: Seal, plan_id: str, number: int) -> bytes | None:
    """An outcome as it lies in its column: it may quote a value."""
    if not outcome:
        return None
    return seal.seal(outcome.encode("utf-8", "surrogatepass"), place(plan_id, number, "outcome"))


def sealed_befores(befores: dict[str, str | None], seal: Seal, plan_id: str, number: int) -> bytes | None:
    """The before-images of a run as they lie in their column."""
    return seal.seal(_pack(befores), place(plan_id, number, "befores")) if befores else None


def entry_of(row: Sequence[Any], seal: Seal | None, key: bytes) -> NewEntry:
    """The entry of a row (all columns of the table, in order).

    Its payload is None without the plan's key, and where it is not the one that was hashed.
    """
    (
        plan_id,
        number,
        situation,
        action,
        state,
        undo,
        uid,
        clears,
        read_at,
        claimed_at,
        settled_at,
        key_digest,
        correlation_digest,
        content,
        twin,
        twin_of,
        cause,
        written_uid,
        sealed,
        sealed_outcome,
        sealed_before,
        _,
        fingerprint,
    ) = row  # fmt: skip - by place: names take three times as long
    payload: Payload | None = None
    outcome = ""
    befores: dict[str, str | None] = {}
    if seal is not None:
        try:
            if sealed is not None:
                payload = _payload.decode(_hashed(seal.open(sealed, place(plan_id, number, "payload")), content, key))
            if sealed_outcome is not None:
                outcome = seal.open(sealed_outcome, place(plan_id, number, "outcome")).decode("utf-8", "surrogatepass")
            if sealed_before is not None:
                befores = _befores.decode(seal.open(sealed_before, place(plan_id, number, "befores")))
        except Unreadable:
            outcome = "unreadable: sealed by another key, or changed"
    if twin is not None:
        payload = _with_twin(payload, twin, twin_of)
    return NewEntry(
        number=number,
        situation=_SITUATIONS[situation],
        action=_ACTIONS[action],
        state=_STATES[state],
        undo=_UNDOS[undo],
        uid=written_uid or uid,
        payload=payload,
        outcome=outcome,
        cause=cause,
        clears=clears,
        read_at=read_at,
        claimed_at=claimed_at,
        settled_at=settled_at,
        befores=befores,
        key_digest=key_digest,
        correlation_digest=correlation_digest,
        fingerprint=fingerprint or b"",
    )


def _hashed(content: bytes, digest: bytes, key: bytes) -> bytes:
    """The content of a payload, if it is the one that the plan's hash stands for."""
    if not hmac.compare_digest(content_digest(key, content), digest):
        raise Unreadable("not what was hashed")
    return content


def _with_twin(payload: Payload | None, twin: int, kind: str) -> Payload:
    known = payload or Payload(source_id="")
    field = known.key_property if kind == "key" else ""
    problem = Problem(message=TWINS[kind].format(twin=twin), remedy=TWIN_REMEDY, line=known.line, field=field)
    return msgspec.structs.replace(known, problems=(*known.problems, problem))


def plan_row(plan: Plan, seal: Seal) -> dict[str, Any]:
    """The row of a plan's head."""
    return {
        "id": plan.id,
        "portal_id": plan.portal_id,
        "mapping": plan.mapping,
        "object_class": plan.object_class,
        "created_at": plan.created_at,
        "state": plan.state.value,
        "complete": int(plan.complete),
        "hash": plan.hash,
        "writes": plan.writes,
        "sealed": int(seal.sealed),
        "head": seal.seal(_pack(plan), place(plan.id, 0, "head")),
    }


def plan_of(row: Row[Any], seal: Seal | None) -> Plan:
    """The plan of a row; what only the sealed head knows is empty when its key is gone."""
    try:
        head = _plan.decode(seal.open(row.head, place(row.id, 0, "head"))) if seal is not None else None
    except Unreadable:
        head = None
    if head is None:
        head = Plan(
            id=row.id,
            mapping=row.mapping,
            object_class=row.object_class,
            portal_id=row.portal_id,
            source="",
            created_at=row.created_at,
        )
    return msgspec.structs.replace(
        head,
        state=RunState(row.state),
        complete=bool(row.complete),
        hash=row.hash,
        sealed=bool(row.sealed),
        pruned=row.pruned_at is not None,
    )


def link_row(portal_id: int, mapping: str, object_class: str, link: Link, seal: Seal, now: float) -> dict[str, Any]:
    """The row of a link."""
    memory = (link.accepted, link.tied) if link.tied else link.accepted
    return {
        "portal_id": portal_id,
        "mapping": mapping,
        "object_class": object_class,
        "digest": link.digest,
        "uid": link.uid,
        "created_by_us": int(link.created_by_us),
        "accepted": seal.seal(_pack(memory), link.digest) if memory else None,
        "updated_at": now,
    }


def link_of(row: Row[Any], seal: Seal) -> Link:
    """The link of a row."""
    accepted: _Accepted = {}
    tied: tuple[tuple[str, str], ...] = ()
    if row.accepted is not None:
        try:
            memory = _remembered.decode(seal.open(row.accepted, row.digest))
            accepted, tied = memory if isinstance(memory, tuple) else (memory, ())
        except Unreadable:
            accepted = {}  # then the property is sent once more, which is safe, and no association is taken away
    return Link(digest=row.digest, uid=row.uid, created_by_us=bool(row.created_by_us), accepted=accepted, tied=tied)
