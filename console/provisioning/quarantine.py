"""Quarantine: while HubSpot stays bad a run is left alone and tried again, at longer and longer intervals."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable

from console.journal.journal import Journal
from console.journal.model import EntryState, RunProgress, RunState

WAITS = (60.0, 120.0, 300.0, 900.0, 1800.0, 3600.0)
"""Seconds before each next try; the last one stays."""
MOST_TRIES = 24
"""After so many tries without any progress, nearly a day, only a human starts the run again."""
_STEP = 0.25


def next_try(tries: int, asked: float | None, now: float) -> float | None:
    """When a run is tried again after `tries` that failed; `asked` is how long HubSpot wants to be left alone."""
    if tries >= MOST_TRIES:
        return None
    return now + max(WAITS[min(tries, len(WAITS)) - 1], asked or 0.0)


def told(message: str, tries: int, until: float | None, *, again: str = "") -> str:
    """What a quarantined run says of itself, or a source that the command `again` tries at once."""
    if until is None:
        when = f"{again}, when it is well" if again else "resume it when HubSpot is well"
        return f"{message} It failed {tries} times and is not tried again by itself: {when}."
    moment = dt.datetime.fromtimestamp(until, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{message} Next try, after {tries} that failed: {moment}; {again or 'runs resume'} tries at once."


async def wait_out(
    journal: Journal, run: RunProgress, on_progress: Callable[[RunProgress], None] | None = None
) -> RunProgress:
    """Wait for the next try of a quarantined run, obeying commands; the state says whether to go on.

    Quarantined: try now. Anything else: a human wanted it otherwise. The caller holds the run's lock.
    """
    if on_progress is not None:
        on_progress(run)
    while time.time() < (run.next_try_at or 0.0):
        for command in await journal.commands(run.id):
            if command == "resume":
                return run
            if command == "pause":
                return await journal.end_run(run.id, RunState.PAUSED, "paused")
            if command == "cancel":
                return await _cancel(journal, run)
        await asyncio.sleep(_STEP)
    return run


async def _cancel(journal: Journal, run: RunProgress) -> RunProgress:
    await journal.move_entries(run, EntryState.PLANNED, EntryState.SKIPPED, cause="cancelled")
    await journal.move_entries(run, EntryState.INFLIGHT, EntryState.UNCERTAIN, cause="interrupted")
    return await journal.end_run(run.id, RunState.CANCELLED, "cancelled")
