"""What goes after its time: keys and entries of old plans. Counts, runs and the audit chain stay."""

from __future__ import annotations

import datetime as dt
import sqlite3
import time

import msgspec
from sqlalchemy import Connection, delete, select, update

from console.journal import plan_rows, rows, run_rows
from console.journal.chain import Erasure
from console.journal.erasing import Opened
from console.journal.model import Approver, RunState
from console.journal.schema import commands, entries, plans, runs
from console.settings.sealing import Seal

DAYS = 30
DAY_SECONDS = 86_400
_STANDS = frozenset({RunState.DONE.value, RunState.FAILED.value, RunState.CANCELLED.value})
_CHECKPOINT_SECONDS = 5.0
_PAUSE = 0.05


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What went. `waiting` are runs that are old enough, but stand still and could go on."""

    plans: tuple[str, ...] = ()
    dropped: int = 0
    entries: int = 0
    waiting: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything went."""
        return bool(self.plans or self.dropped)


def due(connection: Connection, before: float) -> list[str]:
    """Plans that are older than `before` (seconds since the epoch) and have something to lose."""
    day = dt.datetime.fromtimestamp(before, dt.UTC).isoformat(timespec="seconds")
    old = select(plans.c.id).where(plans.c.created_at <= day, plans.c.pruned_at.is_(None)).order_by(plans.c.id)
    return list(connection.execute(old).scalars())


def prune(connection: Connection, opened: Opened, before: float, who: Approver) -> Pruned:
    """Destroy keys and entries of plans whose run ended before that time, and plans of that age that nobody approved."""
    gone: list[str] = []
    waiting: list[str] = []
    dropped = number = 0
    for plan_id in due(connection, before):
        run = run_rows.find_run(connection, plan_id)
        if run is None:
            number += _many(connection, plan_id)
            plan_rows.drop_plan(connection, plan_id)
            dropped += 1
        elif run.state not in _STANDS:
            waiting.append(run.id)
        elif (run.finished_at or run.approved_at) < before:
            number += _many(connection, plan_id)
            _empty(connection, opened, plan_id, run.id)
            gone.append(plan_id)
    pruned = Pruned(plans=tuple(gone), dropped=dropped, entries=number, waiting=tuple(waiting))
    if pruned.any:
        chain = opened.keys.chain
        chain.append_erasure(connection, Erasure(pruned=pruned.plans))
        told = f"plans {len(gone)}, dropped {dropped}, entries {number}"
        run_rows.add_event(connection, chain, "prune", who, "", "", told)
    return pruned


def _many(connection: Connection, plan_id: str) -> int:
    return plan_rows.count_entries(connection, [entries.c.plan_id == plan_id])


def _empty(connection: Connection, opened: Opened, plan_id: str, run_id: str) -> None:
    """The plan's numbers stay, in the open: there is nothing personal in them."""
    row = plan_rows.plan_row(connection, plan_id)
    plan = rows.plan_of(row, opened.seal_of(row))
    bare = msgspec.structs.replace(plan, source="", mapping_file="", problems=(), sealed=False)
    head = rows.plan_row(bare, Seal(None))["head"]
    connection.execute(delete(entries).where(entries.c.plan_id == plan_id))
    connection.execute(delete(commands).where(commands.c.run_id == run_id))
    values = {"key": None, "sealed": 0, "head": head, "pruned_at": time.time()}
    connection.execute(update(plans).where(plans.c.id == plan_id).values(**values))
    connection.execute(update(runs).where(runs.c.id == run_id).values(proofs=None))


def compact(connection: sqlite3.Connection) -> bool:
    """Rewrite the file without what was deleted, and empty the write-ahead log; whether that worked at once.

    Blocks its thread: a second for some 100 MB, and takes as much free space again. Somebody else who reads at this
    moment keeps the log from being emptied: try again then.
    """
    connection.execute("VACUUM")
    (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")  # else a checkpoint waits as long as a write may
    end = time.monotonic() + _CHECKPOINT_SECONDS
    try:
        while True:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy or time.monotonic() > end:
                return not busy
            time.sleep(_PAUSE)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(patience)}")
