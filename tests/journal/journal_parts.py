"""Plans and entries for the journal's own tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from console.journal.journal import Journal
from console.journal.model import Action, Approver, Change, NewEntry, Payload, Plan, Situation, Undo

MASTER = bytes(range(32))
ME = Approver(login="ann", sudo_user="bob", via="192.0.2.7")
PORTAL = 4711
MAPPING = "people"


@asynccontextmanager
async def journal_in(folder: Path, key: bytes | None = MASTER) -> AsyncIterator[Journal]:
    """An open journal."""
    journal = await Journal.open(folder / "state" / "journal.sqlite", master_key=key)
    try:
        yield journal
    finally:
        await journal.close()


def new_plan(**more: Any) -> Plan:
    """A plan's head."""
    head = Plan(id="", mapping=MAPPING, object_class="contact", portal_id=PORTAL, source="people.csv", created_at="")
    return msgspec.structs.replace(head, **more)


def entry(
    journal: Journal,
    number: int,
    *,
    action: Action = Action.CREATE,
    source_id: str | None = None,
    key: str | None = None,
    uid: str | None = None,
    clears: int = 0,
) -> NewEntry:
    """An entry of a person with that number."""
    digester = journal.digester(PORTAL, MAPPING, "contact")
    source_id = source_id if source_id is not None else f"E{number}"
    key = key if key is not None else f"person.{number}@example.com"
    return NewEntry(
        number=number,
        situation=Situation.ABSENT if action is Action.CREATE else Situation.CONFIRMED,
        action=action,
        undo=Undo.FULL,
        uid=uid,
        clears=clears,
        payload=Payload(
            source_id=source_id, label=f"Person {number}", key=key, key_property="email",
            changes=(Change(name="lastname", after=f"Family{number}"),),
        ),
        key_digest=digester.source(source_id),
        correlation_digest=digester.correlation(key),
    )  # fmt: skip


async def finished(journal: Journal, *entries: NewEntry, **more: Any) -> Plan:
    """A finished plan of these entries."""
    plan = await journal.new_plan(new_plan(**more))
    await journal.add_entries(plan.id, entries)
    await journal.mark_duplicates(plan.id)
    return await journal.finish_plan(plan)
