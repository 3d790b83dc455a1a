"""What somebody who watches a run asks besides its progress: causes, the last minutes, who holds it, who did what."""

from __future__ import annotations

import asyncio

from console.journal import failures
from console.journal.journal import Journal
from console.journal.model import AuditEvent, Entry, Plan, RunProgress
from console.journal.troubled import InFlight
from console.provisioning.causes import CauseGroup, Causes
from console.provisioning.lock import Owner, holder
from console.provisioning.pace import REMEMBERED
from console.provisioning.receipt import Receipt, build_receipt
from console.provisioning.undo_preview import UndoPreview, preview_undo
from console.settings.paths import Paths

_TRAIL = 500


class RunWatching:
    """Reads only; one for each run that is watched, because it remembers the causes that it has seen."""

    def __init__(self, journal: Journal, paths: Paths) -> None:
        self._journal = journal
        self._paths = paths
        self._causes = Causes(journal)

    async def causes(self, run: RunProgress) -> list[CauseGroup]:
        """Troubled entries by cause, the largest group first."""
        return await self._causes.of(run)

    async def entries(self, run: RunProgress, cause: str, *, after: int = 0, limit: int = 200) -> list[Entry]:
        """The entries of one cause after the number `after`."""
        return await failures.entries_of(self._journal, run.plan_id, cause, after=after, limit=limit)

    async def in_flight(self, run: RunProgress) -> InFlight:
        """What HubSpot has not answered yet."""
        return await failures.in_flight(self._journal, run.plan_id)

    async def past(self, run: RunProgress) -> dict[int, int]:
        """Entries settled in each of the last seconds that the run worked: for whoever comes back to it."""
        until = run.updated_at or run.started_at or 0.0
        return await failures.settled_since(self._journal, run.plan_id, until - REMEMBERED)

    async def owner(self, run: RunProgress) -> Owner | None:
        """Who writes this mapping at this moment."""
        return await asyncio.to_thread(holder, self._paths.locks, run.portal_id, run.mapping)

    async def trail(self, run: RunProgress) -> list[AuditEvent]:
        """Who planned, approved and steered it, when and from where; oldest first."""
        made = [event for event in await self._journal.plan_events(run.plan_id) if not event.run_id]
        done = await self._journal.events(run_id=run.id, limit=_TRAIL)
        return sorted([*made, *done], key=lambda event: event.id)

    async def receipt(self, run: RunProgress, portal_name: str = "") -> Receipt:
        """The run on one page."""
        return await build_receipt(self._journal, run, portal_name=portal_name)

    async def preview_undo(self, plan: Plan) -> UndoPreview:
        """What the plan of an undo brings back, and what it cannot."""
        return await preview_undo(self._journal, plan)
