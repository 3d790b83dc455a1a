"""One plan of the feed after another, each to its end: begun, held, interrupted, gone on with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from console.gateway.feed_outcomes import exceptions, failures, outcomes, works
from console.gateway.marks import Begun, Marks
from console.journal.errors import NotApproved, UnknownPlan
from console.journal.model import Plan, RunProgress, RunState
from console.provisioning.errors import PlanRefused
from console.provisioning.runner import run_attached
from console.provisioning.runs import judged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.gateway.ports import Fed
    from console.provisioning.request import PlanRequest
    from console.session import Session

_ENDED = (RunState.DONE, RunState.CANCELLED)
_LOOKED_AT = 20


class Held(Exception):
    """Nothing goes on until a human decided; `remedy` says how. One that `passes` ends with another process' run.

    `guard` says that a plan is held, so that another lane may go on; where that did, the hold is `partly`.
    """

    def __init__(self, message: str, remedy: str = "", *, guard: bool = False, passes: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.guard = guard
        self.passes = passes
        self.partly = False


class FeedRuns:
    """The plans and runs of one mapping. A lane is one stream of changes, with a mark of its own."""

    def __init__(self, session: Session, mapping: str, marks: Marks) -> None:
        self.done = self.failed = 0
        self._session = session
        self._mapping = mapping
        self._marks = marks

    async def settle(self, lane: str) -> None:
        """Bring to its end what was begun in this lane.

        Raises:
            Held: a human has to decide, or another process works on it.
            PlanRefused: it is tried again later.
        """
        begun = self._marks.begun(lane)
        if begun is None:
            return
        journal, runs = await self._session.journal, await self._session.runs
        try:
            plan = await journal.plan(begun.plan)
        except UnknownPlan:
            self._marks.end(lane)
            return
        stale = await self._is_stale(plan)
        if plan.state is RunState.PLANNED:
            if begun.held and not stale:
                _still_held(plan)
            await journal.drop_plan(plan.id)
            self._marks.end(lane)
            return
        run = await runs.show(begun.plan)
        if run.state in _ENDED:
            self._ended(lane, begun, run)
        elif run.state is RunState.RUNNING and not run.interrupted:
            raise _elsewhere(run)
        elif stale:
            await runs.cancel(run.id)
            self._marks.end(lane)
        elif begun.held and run.state is RunState.PAUSED:
            raise _paused(run)
        else:
            await self._probed(run)
            await self._run(lane, begun)

    async def others(self, portal_id: int) -> None:
        """Raise Held where a run of this mapping that is not ours goes on, or was paused by somebody."""
        runs = await self._session.runs
        for run in await runs.list(_LOOKED_AT):
            if run.mapping != self._mapping or run.portal_id != portal_id:
                continue
            if run.state is RunState.RUNNING and not run.interrupted:
                raise _elsewhere(run)
            if run.state is RunState.PAUSED:
                raise _paused(run)

    async def bring(self, lane: str, request: PlanRequest, until: int, wanted: Iterable[str]) -> dict[str, Fed]:
        """Plan, apply, and remember that everything up to `until` is done; answers what became of those wanted."""
        plans, journal = await self._session.plans, await self._session.journal
        plan = await plans.create(self._mapping, request)
        if not works(plan):
            found = await outcomes(plans, plan.id, wanted, ran=False)
            self.failed += exceptions(plan)
            if not exceptions(plan):  # else it is kept: somebody has to look at these people
                await journal.drop_plan(plan.id)
            self._marks.end(lane, until)
            return found
        begun = Begun(plan=plan.id, until=until)
        self._marks.begin(lane, begun)
        try:
            await (await self._session.runs).approve(plan.id)
        except NotApproved as held:
            self._marks.begin(lane, Begun(plan=plan.id, until=until, held=True))
            raise Held(held.message, held.remedy, guard=True) from None
        await self._run(lane, begun)
        return await outcomes(plans, plan.id, wanted, ran=True)

    async def _run(self, lane: str, begun: Begun) -> None:
        """Apply; whatever interrupts it, the same plan is gone on with."""
        ended = await run_attached(self._session, begun.plan, patient=False)
        if ended.state in _ENDED:
            self._ended(lane, begun, ended)
            return
        if ended.state is RunState.PAUSED:
            self._marks.begin(lane, Begun(plan=begun.plan, until=begun.until, held=True))
            raise _paused(ended)
        told = (ended.message or ended.state.value).rstrip(".")
        raise PlanRefused(f"The run {ended.id} rests: {told}. The gateway does that by itself.")

    def _ended(self, lane: str, begun: Begun, run: RunProgress) -> None:
        self.done += run.states.get("done", 0)
        self.failed += failures(run)
        self._marks.end(lane, begun.until)

    async def _probed(self, run: RunProgress) -> None:
        """A quarantined run is let alone until HubSpot answers."""
        if run.state is RunState.QUARANTINED:
            await (await self._session.connector).details(fresh=True)

    async def _is_stale(self, plan: Plan) -> bool:
        """Whether the mapping is another one than it was for the plan. Raises MappingError for a broken one."""
        mappings = await self._session.mappings
        found = await asyncio.to_thread(lambda: mappings.load(plan.mapping_file or plan.mapping))
        return bool(plan.mapping_digest) and found.digest != plan.mapping_digest


def _still_held(plan: Plan) -> None:
    try:
        judged(plan, {})
    except NotApproved as held:
        raise Held(held.message, held.remedy, guard=True) from None
    raise Held(f"The plan {plan.id} waits for an approval.", f"hubspoke apply {plan.id}", guard=True)


def _elsewhere(run: RunProgress) -> Held:
    return Held(f"The run {run.id} goes on in another process ({run.owner}).", passes=True)


def _paused(run: RunProgress) -> Held:
    told = run.message or "paused"
    return Held(
        f"The run {run.id} stands still ({told.rstrip('.')}).",
        f"Go on: hubspoke runs resume {run.id}; or give it up: hubspoke runs cancel {run.id}",
    )
