"""A run at one moment, from its row and its counters; needs nothing but msgspec."""

from __future__ import annotations

from typing import Any

from console.journal.model import RunProgress, RunState

UNDOES, UNDONE_BY, CANARY, QUARANTINE = "undoes", "undone_by", "canary", "quarantine"
"""Kinds of counters besides those of entries: how runs belong together, and when one goes on."""
FIRST, TRIES, UNTIL = "first", "tries", "until"
"""Names of counters: of a canary the first, of a quarantine the other two."""


def progress_of(row: Any, counts: dict[str, dict[str, int]]) -> RunProgress:
    """A run at this moment, from its row (by column name) and its counters by kind."""
    return RunProgress(
        id=row["id"],
        plan_id=row["plan_id"],
        mapping=row["mapping"],
        object_class=row["object_class"],
        portal_id=row["portal_id"],
        state=RunState(row["state"]),
        total=row["total"],
        states=counts.get("state", {}),
        actions=counts.get("action", {}),
        failures=counts.get("cause", {}),
        requests=row["requests"],
        rate_limited=row["rate_limited"],
        started_at=row["started_at"],
        updated_at=row["updated_at"],
        finished_at=row["finished_at"],
        owner=row["owner"],
        message=row["message"],
        approved_by=row["approved_by"],
        approved_at=row["approved_at"],
        plan_hash=row["plan_hash"],
        undoes=next(iter(counts.get(UNDOES, {})), ""),
        undone_by=counts.get(UNDONE_BY, {}),
        canary=counts.get(CANARY, {}).get(FIRST, 0),
        next_try_at=float(until) if (until := counts.get(QUARANTINE, {}).get(UNTIL)) else None,
        tries=counts.get(QUARANTINE, {}).get(TRIES, 0),
    )
