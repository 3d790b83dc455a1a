"""Live sync: plan and apply a mapping again and again, so that HubSpot follows the source.

Between two whole comparisons a cycle looks up only people who changed in the source; a whole one (`recheck`) also
mends what was changed in HubSpot. Guards hold as ever: a plan that one of them stops is left for a human, and live
sync ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from console.hubspot.errors import HubSpotError, Locked, Migrating, NotSent, OutcomeUnknown, RateLimited, ServerFault
from console.journal.errors import NotApproved
from console.journal.model import Plan, RunProgress, RunState
from console.provisioning.aftermath import after_source
from console.provisioning.errors import MappingError, PlanRefused
from console.provisioning.lock import LockedByAnother
from console.provisioning.runner import Parts, run_attached
from console.provisioning.runs import RunnerFailed
from console.provisioning.source_watch import SourceQuarantined, SourceWatch

if TYPE_CHECKING:
    from console.provisioning.plans import PlanProgress, Plans
    from console.provisioning.runs import Runs

INTERVAL_SECONDS = 60.0
SHORTEST_SECONDS = 1.0
RECHECK_SECONDS = 3600.0
LONGEST_PAUSE = 900.0
_RESTING = frozenset({RunState.PAUSED, RunState.PAUSED_QUOTA, RunState.QUARANTINED})
_WRITING = ("LINK", "UNLINK")

Kind = Literal["nothing", "applied", "resumed", "waiting"]


class Services(Parts, Protocol):
    """What of a session live sync needs, besides what a run needs."""

    @property
    def plans(self) -> Awaitable[Plans]:
        """The plans."""

    @property
    def runs(self) -> Awaitable[Runs]:
        """The runs."""


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """What one cycle did. `waiting` says why it could do nothing, and that it will be tried again."""

    kind: Kind
    plan: Plan | None = None
    run: RunProgress | None = None
    message: str = ""


class LiveSync:
    """One mapping, cycle by cycle."""

    def __init__(
        self,
        services: Services,
        mapping: str,
        *,
        source: str | None = None,
        recheck: float = RECHECK_SECONDS,
        on_plan: Callable[[PlanProgress], None] | None = None,
        on_run: Callable[[RunProgress], None] | None = None,
    ) -> None:
        self._services = services
        self._mapping = mapping
        self._source = source
        self._recheck = recheck
        self._on_plan = on_plan
        self._on_run = on_run
        self._whole_at = float("-inf")
        self._resting = ""
        self._interval: float | None = None

    async def cycle(self) -> Cycle:
        """Compare once, and write what differs; a run of ours that rests is gone on with instead.

        Raises:
            GuardRefused: a guard holds the plan, which waits for a human.
            PlanRefused, HubSpotError, JournalError, LockedByAnother: nothing was written.
        """
        if self._resting:
            run_id, self._resting = self._resting, ""
            try:
                return await self._applied("resumed", None, run_id)
            except (PlanRefused, NotApproved):
                pass  # the mapping changed, or somebody ended the run: plan anew
        plans = await self._services.plans
        watch = SourceWatch(self._services.paths, self._mapping, self._source or "")
        watch.check()
        whole = time.monotonic() - self._whole_at >= self._recheck
        try:
            plan = await plans.create(self._mapping, source=self._source, incremental=not whole, progress=self._on_plan)
        except PlanRefused as refused:
            raise await self._quarantined(watch.failed(refused, self._interval)) from refused
        watch.well()
        if whole:
            self._whole_at = time.monotonic()
        if not plan.writes and not any(plan.actions.get(name) for name in _WRITING):
            # a plan a minute would fill the journal, and who is as before is found by the one that this was compared with
            if not whole:
                await (await self._services.journal).drop_plan(plan.id)
            return Cycle(kind="nothing", plan=plan)
        await (await self._services.runs).approve(plan.id)
        return await self._applied("applied", plan, plan.id)

    async def forever(self, interval: float = INTERVAL_SECONDS) -> AsyncIterator[Cycle]:
        """Cycles, `interval` seconds after the end of the one before; later and later while it cannot be done.

        A source that cannot be read is in quarantine (`console.provisioning.source_watch`).

        Raises what `cycle` raises when trying again would not help: a guard, a wrong mapping, dead credentials; and a source
        that stayed bad for too long.
        """
        failures, left = 0, 0.0
        self._interval = max(interval, SHORTEST_SECONDS)
        while True:
            try:
                found = await self.cycle()
                failures, left = 0, 0.0
            except SourceQuarantined as bad:
                if bad.until is None:
                    raise
                failures, left = 0, bad.until - time.time()
                found = Cycle(kind="waiting", message=_words(bad))
            except (PlanRefused, LockedByAnother, HubSpotError) as error:
                if not _passes(error):
                    raise
                failures, left = failures + 1, 0.0
                found = Cycle(kind="waiting", message=_words(error))
            yield found
            pause = max(self._interval, left)
            await asyncio.sleep(min(pause * 2 ** min(failures, 10), max(LONGEST_PAUSE, pause)) if failures else pause)

    async def _quarantined(self, refused: PlanRefused) -> PlanRefused:
        """The same, told to the operator where a source has just begun to be bad."""
        if isinstance(refused, SourceQuarantined) and refused.tries == 1:
            await after_source(await self._services.journal, self._services.paths, self._mapping)
        return refused

    async def _applied(self, kind: Kind, plan: Plan | None, run_or_plan: str) -> Cycle:
        run = await run_attached(self._services, run_or_plan, on_progress=self._on_run)
        if run.state in _RESTING:
            self._resting = run.id
        return Cycle(kind=kind, plan=plan, run=run)


def _passes(error: Exception) -> bool:
    """Whether trying again later may help."""
    if isinstance(error, MappingError | RunnerFailed):
        return False
    if isinstance(error, HubSpotError):
        return isinstance(error, RateLimited | ServerFault | NotSent | OutcomeUnknown | Locked | Migrating)
    return True


def _words(error: Exception) -> str:
    message, remedy = getattr(error, "message", "") or str(error), getattr(error, "remedy", "")
    return f"{message} {remedy}".strip()
