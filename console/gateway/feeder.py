"""One mapping's way to HubSpot: plan who changed, apply, remember how far; again when somebody changes.

What waits is not a queue of its own: it is the repository's changes after a mark. So nothing can be lost between
answering a client and writing to HubSpot, and after a crash the same changes are simply compared again.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from console.gateway.marks import Marks
from console.gateway.ports import Fed
from console.hubspot.errors import HubSpotError
from console.journal.errors import JournalError
from console.journal.model import Action, Entry, EntryState, RunProgress, RunState
from console.provisioning.errors import PlanRefused
from console.provisioning.lock import LockedByAnother
from console.provisioning.request import PlanRequest
from console.provisioning.runner import run_attached
from console.provisioning.runs import GuardRefused
from console.sources.errors import SourceError

if TYPE_CHECKING:
    from console.journal.model import Plan
    from console.session import Session

COALESCE = 0.25
"""Seconds in which changes gather before they are brought to HubSpot together."""
PATIENCE = (1.0, 60.0)
"""The first and the longest pause, in seconds, after something that could not be done."""
_GATHERED = 500
_PAGE = 500
_OURS = frozenset({RunState.PAUSED_QUOTA, RunState.QUARANTINED, RunState.APPROVED})
_WORK = (Action.CREATE, Action.UPDATE, Action.DELETE, Action.LINK, Action.UNLINK)


class Waiting(NamedTuple):
    """A client that waits for a person's change to be in HubSpot."""

    change: int
    source_id: str
    answer: asyncio.Future[Fed]


class Feeder:
    """Brings changes of the repository to HubSpot by one mapping."""

    def __init__(self, session: Session, mapping: str, marks: Marks, scope: str = "") -> None:
        self.mapping = mapping
        self.scope = scope
        self.message = ""
        """Why nothing goes on, "" where all is well."""
        self.done = self.failed = self.waiting = 0
        self.behind_since = 0.0
        self._session = session
        self._marks = marks
        self._wake = asyncio.Event()
        self._waiters: list[Waiting] = []
        self.wake()  # whatever was left undone before

    def wake(self) -> None:
        """Somebody changed."""
        if not self.behind_since:
            self.behind_since = time.monotonic()
        self._wake.set()

    def wait_for(self, waiting: Waiting) -> None:
        """Tell somebody when a change is in HubSpot, or why it is not."""
        self._waiters.append(waiting)
        self.wake()

    async def forever(self) -> None:
        """Work until cancelled."""
        failures = 0
        while True:
            await self._wake.wait()
            await asyncio.sleep(COALESCE)
            self._wake.clear()
            try:
                await self._cycle()
                failures, self.message = 0, ""
            except (PlanRefused, LockedByAnother, HubSpotError, JournalError, SourceError, GuardRefused) as error:
                failures += 1
                self.message = " ".join(part for part in (_words(error), getattr(error, "remedy", "")) if part)
                self._refuse_waiters(self.message)
                asyncio.get_running_loop().call_later(
                    min(PATIENCE[0] * 2.0 ** (failures - 1), PATIENCE[1]), self._wake.set
                )

    async def _cycle(self) -> None:
        """Bring everything up to the newest change."""
        people = await self._session.people
        portal = (await self._session.account).portal_id
        await self._finish_earlier(portal)
        mark, last = self._marks.get(portal, self.mapping), await people.do(lambda store: store.last_change())
        if last <= mark:
            self._up_to(last, {})
            return
        gone, self.waiting = await self._gone(mark)
        plans = await self._session.plans
        plan = await plans.create(self.mapping, PlanRequest(since=f"people {mark}", gone=gone, scope=self.scope))
        outcomes = await self._applied(plan) if _writes(plan) else await self._outcomes(plan.id, None)
        if not _writes(plan):
            await (await self._session.journal).drop_plan(plan.id)
        self._marks.set(portal, self.mapping, last)
        self._up_to(last, outcomes)

    async def _applied(self, plan: Plan) -> dict[str, Fed]:
        run = await (await self._session.runs).approve(plan.id)
        ended = await self._run(plan.portal_id, run.id)
        if ended.state is not RunState.DONE:
            raise _unfinished(ended)
        return await self._outcomes(plan.id, ended)

    async def _run(self, portal_id: int, run_id: str) -> RunProgress:
        """Apply; a stop of the gateway on the way leaves a note that the pause is ours."""
        self._marks.set_run(portal_id, self.mapping, run_id)
        ended = await run_attached(self._session, run_id)
        self._marks.set_run(portal_id, self.mapping, "")
        self._counted(ended)
        return ended

    async def _finish_earlier(self, portal_id: int) -> None:
        """A run of ours that rests, or that a stop or a crash interrupted, comes first."""
        runs, ours = await self._session.runs, self._marks.run(portal_id, self.mapping)
        for run in await runs.list(20):
            if run.mapping != self.mapping or run.portal_id != portal_id:
                continue
            if run.state is RunState.PAUSED and run.id != ours:
                raise PlanRefused(
                    f"the run {run.id} was paused by somebody", remedy=f"hubspoke runs resume {run.id}, or cancel it."
                )
            if run.interrupted or run.state in _OURS or run.state is RunState.PAUSED:
                ended = await self._run(portal_id, run.id)
                if ended.state not in (RunState.DONE, RunState.CANCELLED):
                    raise _unfinished(ended)

    async def _gone(self, mark: int) -> tuple[tuple[str, ...], int]:
        """Who was removed since a mark, and how many changes there are."""
        people = await self._session.people
        gone: list[str] = []
        count = 0
        while page := await people.changes(mark, _PAGE):
            count += len(page)
            gone += [person.uid for person in page if person.removed]
            mark = page[-1].change
        return tuple(gone), count

    async def _outcomes(self, plan_id: str, run: RunProgress | None) -> dict[str, Fed]:
        """What became of those for whom somebody waits, by source id."""
        if not self._waiters:
            return {}
        wanted = {waiting.source_id for waiting in self._waiters}
        found: dict[str, Fed] = {}
        plans, after = await self._session.plans, 0
        while page := await plans.entries(plan_id, after=after, limit=_PAGE):
            for entry in page:
                if entry.payload is not None and entry.payload.source_id in wanted:
                    found[entry.payload.source_id] = fed_by(entry, ran=run is not None)
            after = page[-1].number
        return found

    def _counted(self, run: RunProgress) -> None:
        self.done += run.states.get("done", 0)
        self.failed += sum(run.states.get(state, 0) for state in ("failed", "conflict", "uncertain", "not_accepted"))

    def _up_to(self, last: int, outcomes: dict[str, Fed]) -> None:
        """Tell whoever waited for a change up to this one."""
        self.waiting, self.behind_since = 0, 0.0
        told = [waiting for waiting in self._waiters if waiting.change <= last]
        self._waiters = [waiting for waiting in self._waiters if waiting.change > last]
        for waiting in told:
            if not waiting.answer.done():
                waiting.answer.set_result(outcomes.get(waiting.source_id, Fed(state="done")))
        if self._waiters:
            self.wake()

    def _refuse_waiters(self, message: str) -> None:
        waiters, self._waiters = self._waiters, []
        for waiting in waiters:
            if not waiting.answer.done():
                waiting.answer.set_result(
                    Fed(state="failed", message=f"{message} The change is kept, and tried again.")
                )


def _unfinished(run: RunProgress) -> PlanRefused:
    return PlanRefused(f"the run {run.id} is {run.state.value}: {run.message or 'it goes on by itself'}")


def fed_by(entry: Entry, *, ran: bool) -> Fed:
    """What an entry says to the client who caused it."""
    uid = entry.uid or ""
    if entry.state in (EntryState.DONE, EntryState.NOT_ACCEPTED) or (
        not ran and entry.action not in _WORK and not _wrong(entry)
    ):
        return Fed(state="done", uid=uid, message=entry.outcome)
    if entry.state is EntryState.SKIPPED and not _wrong(entry):
        return Fed(state="done", uid=uid, message=entry.outcome)
    problems = "; ".join(problem.message for problem in entry.payload.problems) if entry.payload is not None else ""
    return Fed(state="failed", uid=uid, message=entry.outcome or problems or entry.cause or entry.state.value)


def _wrong(entry: Entry) -> bool:
    return entry.action is Action.EXCEPTION or bool(entry.payload is not None and entry.payload.problems)


def _writes(plan: Plan) -> bool:
    return bool(plan.writes) or any(plan.actions.get(action.value) for action in (Action.LINK, Action.UNLINK))


def _words(error: Exception) -> str:
    return str(getattr(error, "message", "") or error)
