"""What the journal knows of a run's troubled entries by their cause, of what is in flight, and of its last minutes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Integer, cast, func, select

from console.journal import plan_rows
from console.journal.model import WORK, Action, Entry, EntryState
from console.journal.plan_store import PlanStore
from console.journal.schema import entries
from console.journal.troubled import TROUBLED, Example, InFlight

_STATES = sorted(state.value for state in TROUBLED)
_WORK = sorted(action.value for action in WORK)
_COUNTED = sorted([*_WORK, Action.EXCEPTION.value])  # named, because the index begins with the action
_BEHIND, _BEFORE = 60_000, 5_000
"""Entries behind and before the first one that still waits, among which those of the last minutes are."""


async def examples(store: PlanStore, plan_id: str, cause: str, limit: int = 3) -> tuple[Example, ...]:
    """The first troubled entries of a cause."""
    uid = func.coalesce(entries.c.written_uid, entries.c.uid, "").label("uid")
    statement = (
        select(entries.c.number, entries.c.state, uid)
        .where(*_conditions(plan_id, cause))
        .order_by(entries.c.number)
        .limit(limit)
    )
    found = await store._read(lambda connection: connection.execute(statement).all())
    return tuple(Example(number=row.number, state=EntryState(row.state), uid=row.uid) for row in found)


async def entries_of(store: PlanStore, plan_id: str, cause: str, *, after: int = 0, limit: int = 200) -> list[Entry]:
    """The troubled entries of a cause after the number `after`."""
    seal = await store._seal(plan_id)
    found: list[Entry] = []
    found.extend(await store._page(seal, _conditions(plan_id, cause), after, limit))
    return found


async def in_flight(store: PlanStore, plan_id: str) -> InFlight:
    """Entries in flight, and the batches that they were claimed in."""
    statement = select(func.count(), func.count(entries.c.claimed_at.distinct())).where(
        *plan_rows.entry_conditions(plan_id, _WORK, [EntryState.INFLIGHT.value], None)
    )

    def job(connection: Connection) -> InFlight:
        records, batches = connection.execute(statement).one()
        return InFlight(records=records, requests=batches)

    return await store._read(job)


async def settled_since(store: PlanStore, plan_id: str, since: float) -> dict[int, int]:
    """How many entries were settled in each second since then; a plan of any size is looked at in one place only."""

    def job(connection: Connection) -> dict[int, int]:
        waiting = select(func.min(entries.c.number)).where(
            *plan_rows.entry_conditions(plan_id, _WORK, [EntryState.PLANNED.value], None)
        )
        first = connection.execute(waiting).scalar()
        if first is None:
            first = connection.execute(select(func.max(entries.c.number)).where(entries.c.plan_id == plan_id)).scalar()
        second = cast(entries.c.settled_at, Integer).label("second")
        statement = (
            select(second, func.count())
            .where(
                entries.c.plan_id == plan_id,
                entries.c.number.between((first or 0) - _BEHIND, (first or 0) + _BEFORE),
                entries.c.settled_at >= since,
            )
            .group_by(second)
        )
        return {int(moment): count for moment, count in connection.execute(statement)}

    return await store._read(job)


def _conditions(plan_id: str, cause: str) -> list[Any]:
    return [*plan_rows.entry_conditions(plan_id, _COUNTED, _STATES, None), entries.c.cause == cause]
