"""Applies an approved plan: batches of 100, several in flight, every outcome in the journal.

The order of things (design section 3): look whose account it is, verify what a dead process left in
flight, then claim, send, compare, settle, until nothing is planned any more or the run stands still.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from console.hubspot.errors import HubSpotError
from console.journal.errors import JournalError, NotApproved
from console.journal.journal import Journal, Settlement
from console.journal.model import Action, EntryState, NewEntry, Plan, RunProgress, RunState
from console.provisioning.ahead import ahead
from console.provisioning.batch_lanes import BatchLanes
from console.provisioning.before import checked
from console.provisioning.canary import Canary
from console.provisioning.creates import Creates
from console.provisioning.denials import DENIED, Denials
from console.provisioning.desk import SENT, Desk
from console.provisioning.errors import PlanRefused
from console.provisioning.outcomes import Halt, halt_for
from console.provisioning.quarantine import next_try, told
from console.provisioning.removals import Removals, linked
from console.provisioning.target import Target
from console.provisioning.undo_updates import Restores
from console.provisioning.updates import Updates

if TYPE_CHECKING:
    from console.provisioning.associating import Associating

BATCH = 100
PAGE = 500
BATCHES_AHEAD = 60
"""Batches read from the journal, and not yet claimed, while none may be sent: half a burst."""
SPARE_LANES = 16
"""Lanes beyond the connections, for while one writes the journal another one sends; fewer where there are few
connections, because whatever has a lane is in flight when the run is to stand still."""

POLL_SECONDS = 0.25
GRACE_SECONDS = 30.0

_Apply = Callable[[Sequence[NewEntry]], Coroutine[Any, Any, None]]

_FAILURES = (EntryState.FAILED, EntryState.UNCERTAIN)
_UNSENT = (EntryState.SKIPPED, EntryState.NEEDS_DECISION)
_RECORD_ACTIONS = (Action.UPDATE, Action.DELETE)


class Applier:
    """One run in this process. The caller holds the owner lock and checked the mapping."""

    def __init__(
        self,
        target: Target,
        journal: Journal,
        plan: Plan,
        *,
        owner: str,
        on_progress: Callable[[RunProgress], None] | None = None,
        on_point: Callable[[str], None] | None = None,
    ) -> None:
        self._target = target
        self._journal = journal
        self._plan = plan
        self._owner = owner
        self._on_progress = on_progress
        self._on_point = on_point
        self._halt: Halt | None = None
        self._canary = Canary(0)
        self._denials = Denials(target.profile.icf, plan.object_class, deletion=plan.rules.deletion)
        self._attempted = 0
        self._failed = 0
        self._counted = (0, 0)

    async def run(self) -> RunProgress:
        """Apply until done or standing still; answers how it stands then.

        Cancelling pauses the run: what is in flight is waited for, at most half a minute.

        Raises:
            NotApproved, PlanRefused: nothing was written.
            JournalError: the journal cannot be written; what is in flight stays so and is verified on resume.
        """
        work = asyncio.create_task(self._run())
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self.stand_still(RunState.PAUSED, "interrupted; resume it to go on")
            try:
                await asyncio.wait({work}, timeout=GRACE_SECONDS)
            finally:
                work.cancel()  # also when whoever waits here is cancelled once more
            await asyncio.gather(work, return_exceptions=True)
            raise

    def stand_still(self, state: RunState, message: str) -> None:
        """Send nothing more; what is in flight is waited for. The first reason counts, but for a cancel."""
        self._stop(Halt(state, message))

    def _stop(self, halt: Halt) -> None:
        if self._halt is None or halt.state is RunState.CANCELLED:
            self._halt = halt

    async def _run(self) -> RunProgress:
        self._counted = self._counters()
        run = await self._journal.progress(self._plan.id)
        if run.state in (RunState.DONE, RunState.CANCELLED):
            raise PlanRefused(f"The run {run.id} is {run.state.value} already.", remedy="Make a new plan.")
        run_before = run
        run = await self._journal.begin_run(run.id, self._owner)
        try:
            values = await checked(self._target, self._journal, self._plan, run)
        except HubSpotError as error:
            return await self._end(run, halt_for(error))
        except (NotApproved, PlanRefused) as refused:
            await self._end(run, Halt(RunState.FAILED, refused.message))
            raise
        associating = self._associating(run)
        desk = Desk(
            self._target,
            self._journal,
            self._plan,
            run,
            values,
            on_point=self._point,
            on_settled=self._settled,
            last_alive=run_before.updated_at or 0.0,
            associating=associating,
        )
        self._target.hubspot.client.on_sent = lambda: self._point(SENT)
        over = asyncio.Event()
        control = asyncio.create_task(self._control(run, over))
        halt: Halt | None = None
        trouble: BaseException | None = None
        try:
            await self._work(desk, begun_before=run_before.started_at is not None)
        except Halt as reason:
            halt = reason
        except BaseException as error:  # noqa: BLE001 - told in the journal, then raised again
            trouble = error
            halt = Halt(RunState.PAUSED, f"stopped by {type(error).__name__}; resume it to go on")
        finally:
            self._target.hubspot.client.on_sent = None
            over.set()  # not cancelled: what it is writing shall be written
            await asyncio.gather(control, return_exceptions=True)
        ended = await self._end(run, halt)
        if trouble is not None:
            raise trouble
        return ended

    async def _end(self, run: RunProgress, halt: Halt | None) -> RunProgress:
        if self._halt is not None and self._halt.state is RunState.CANCELLED:
            halt = self._halt
            await self._journal.move_entries(run, EntryState.PLANNED, EntryState.SKIPPED, cause="cancelled")
            # what nobody could find out about; nobody will, for a cancelled run is never resumed
            await self._journal.move_entries(run, EntryState.INFLIGHT, EntryState.UNCERTAIN, cause="interrupted")
        await self._touch(run)
        now = await self._journal.progress(run.id)
        state, message = (halt.state, halt.message) if halt is not None else (RunState.DONE, "")
        if state is not RunState.CANCELLED and now.settled == now.total:
            state, message = RunState.DONE, ""  # it was asked to stand still when nothing was left to do
        tries, until = 0, None
        if state is RunState.QUARANTINED and halt is not None:
            tries = 1 if self._attempted else run.tries + 1
            until = next_try(tries, halt.wait, time.time())
            message = told(message, tries, until)
        if tries or run.tries:
            await self._journal.set_quarantine(run.id, tries, until)
        if run.canary and self._canary.full:
            await self._journal.set_canary(run.id, 0)  # whoever resumes has looked at them
        ended = await self._journal.end_run(run.id, state, message)
        self._tell(ended)
        return ended

    def _associating(self, run: RunProgress) -> Associating | None:
        """What makes associations, where the plan has any."""
        if not self._plan.associations:
            return None
        from console.provisioning.associating import Associating  # with all that planning needs

        return Associating(self._target, run)

    @property
    def _undoing(self) -> bool:
        return self._plan.origin is not None and self._plan.origin.kind == "undo"

    # --------------------------------------------------------------- work

    async def _work(self, desk: Desk, *, begun_before: bool) -> None:
        updates = Restores(desk) if self._undoing else Updates(desk)
        creates = Creates(desk, updates)
        removals = Removals(desk, updates)
        if begun_before:
            await self._verify(desk, creates, updates, removals)
        apply = {Action.CREATE: creates.apply, Action.UPDATE: updates.apply, Action.DELETE: removals.apply}
        while (halt := self._halt) is None:
            self._canary = await Canary.of(self._journal, desk.run)
            some = await self._pass(desk, apply)
            if self._canary.full:
                self.stand_still(RunState.PAUSED, self._canary.message)
            elif not some:
                await creates.lost.resolve(lambda: self._halt is not None)
                if self._halt is None:
                    return
        raise halt

    async def _pass(self, desk: Desk, apply: Mapping[Action, _Apply]) -> bool:
        """Go through what is planned once; whether there was anything. A pause withdrawn makes another pass needed."""
        connections = self._target.hubspot.client.transport.connections
        lanes = BatchLanes(connections + min(SPARE_LANES, 4 * connections))
        any_batch = False
        async with lanes, aclosing(ahead(self._batches(desk), BATCHES_AHEAD)) as batches:
            async for action, batch in batches:
                if self._halt is not None:
                    return True
                any_batch = True
                await lanes.start(self._lane(apply[action], batch))
        return any_batch

    async def _lane(self, apply: _Apply, batch: Sequence[NewEntry]) -> None:
        """One batch, from re-reading to commit, unless the run stands still by now."""
        if self._halt is not None:
            return
        try:
            await apply(batch)
        except Halt as halt:
            self._stop(halt)
        except Exception:
            self.stand_still(RunState.PAUSED, "stopped by a failure")  # the others shall not go on meanwhile
            raise

    async def _verify(self, desk: Desk, creates: Creates, updates: Updates, removals: Removals) -> None:
        """Read what a dead process left in flight, before anything is sent."""
        verify = {Action.CREATE: creates.verify, Action.UPDATE: updates.verify, Action.DELETE: removals.verify}
        after = 0
        while page := await self._journal.pending(self._plan.id, EntryState.INFLIGHT, after=after, limit=BATCH):
            if self._halt is not None:
                return
            after = page[-1].number
            desk.note(page)
            await desk.settle([_unreadable(entry, EntryState.UNCERTAIN) for entry in page if not _sendable(entry)])
            denied = [entry for entry in page if self._denials.of(entry.action)]
            await desk.settle([_denied_in_flight(entry) for entry in denied if _sendable(entry)])
            async with BatchLanes(len(verify)) as lanes:
                for action, method in verify.items():
                    batch = [one for one in page if one.action is action and _sendable(one) and one not in denied]
                    await lanes.start(self._lane(method, batch))

    async def _batches(self, desk: Desk) -> AsyncGenerator[tuple[Action, list[NewEntry]]]:
        """What is planned, in plan order, as batches of one action. Links are settled on the way."""
        waiting: dict[Action, list[NewEntry]] = {Action.CREATE: [], Action.UPDATE: [], Action.DELETE: []}
        after = 0
        while page := await self._journal.pending(self._plan.id, EntryState.PLANNED, after=after, limit=PAGE):
            after = page[-1].number
            desk.note(page)
            await self._local(desk, page)
            for entry in page:
                if not _sendable(entry) or self._denials.of(entry.action):
                    continue
                if not self._canary.take():
                    break
                held = waiting[entry.action]
                held.append(entry)
                if len(held) == BATCH:
                    waiting[entry.action] = []
                    yield entry.action, held
            if self._canary.full:
                break
        for action, held in waiting.items():
            if held:
                yield action, held

    async def _local(self, desk: Desk, page: Sequence[NewEntry]) -> None:
        """What needs no request: links; and entries that nothing can be sent of."""
        if self._halt is not None:
            return
        run, journal = desk.run, self._journal
        linking = [entry for entry in page if entry.action in (Action.LINK, Action.UNLINK)]
        if linking:
            uids = [entry.uid for entry in linking if entry.uid and entry.action is Action.LINK]
            links = await journal.links(
                run.portal_id, run.mapping, [entry.key_digest for entry in linking], object_class=run.object_class
            )
            owners = await journal.links_by_uid(run.portal_id, run.mapping, uids, object_class=run.object_class)
            await desk.settle(
                [
                    linked(entry, links.get(entry.key_digest), owners.get(entry.uid or ""), undoing=self._undoing)
                    for entry in linking
                ],
                attempted=False,
            )
        others = [entry for entry in page if entry.action not in (Action.LINK, Action.UNLINK)]
        await desk.settle([_unreadable(entry, EntryState.FAILED) for entry in others if not _sendable(entry)])
        denied = [self._denials.settled(entry.action, entry.number) for entry in others if _sendable(entry)]
        await desk.settle([settlement for settlement in denied if settlement is not None], attempted=False)

    # ------------------------------------------------------------ control

    async def _control(self, run: RunProgress, over: asyncio.Event) -> None:
        """A few times a second: obey commands, tell how it goes."""
        try:
            while not over.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), POLL_SECONDS)
                for command in await self._journal.commands(run.id):
                    self._obey(command)
                await self._touch(run)
                if self._on_progress is not None:
                    self._tell(await self._journal.progress(run.id))
        except JournalError as error:
            self.stand_still(RunState.PAUSED, error.message)  # a run that hears no command must not go on
        except Exception as error:  # noqa: BLE001 - the same, whatever it was
            self.stand_still(RunState.PAUSED, f"it could hear no commands any more ({type(error).__name__})")

    def _obey(self, command: str) -> None:
        if command == "pause":
            self.stand_still(RunState.PAUSED, "paused")
        elif command == "cancel":
            self.stand_still(RunState.CANCELLED, "cancelled")
        elif command == "resume" and self._halt is not None and self._halt.message == "paused":
            self._halt = None

    async def _touch(self, run: RunProgress) -> None:
        requests, rate_limited = self._counters()
        before = self._counted
        pausing = f"stopping ({self._halt.message}): waiting for what is in flight" if self._halt is not None else ""
        await self._journal.touch_run(
            run.id, requests=requests - before[0], rate_limited=rate_limited - before[1], message=pausing
        )
        self._counted = (requests, rate_limited)

    def _counters(self) -> tuple[int, int]:
        log = self._target.hubspot.log
        return log.requests, log.rate_limited

    def _tell(self, progress: RunProgress) -> None:
        """Progress for whoever looks on; what becomes of the onlooker does not touch the run."""
        if self._on_progress is not None:
            try:
                self._on_progress(progress)
            except Exception:  # noqa: BLE001 - a closed terminal, say
                self._on_progress = None

    def _point(self, name: str) -> None:
        if self._on_point is not None:
            self._on_point(name)

    def _settled(self, settlements: Sequence[Settlement]) -> None:
        """The failures guard: counted since this process began, so that a resumed run gets its chance.

        What was never sent, or waits for a human, is no attempt and would only thin the failures out.
        """
        rules = self._plan.rules
        self._attempted += sum(settlement.state not in _UNSENT for settlement in settlements)
        self._failed += sum(settlement.state in _FAILURES for settlement in settlements)
        allowed = self._attempted * rules.failure_percent / 100
        if self._attempted >= rules.failure_after and self._failed > allowed:
            self.stand_still(
                RunState.PAUSED,
                f"{self._failed} of {self._attempted} entries failed, more than {rules.failure_percent:g} %:"
                " look at the causes, then resume or cancel",
            )


def _sendable(entry: NewEntry) -> bool:
    if entry.action not in (Action.CREATE, *_RECORD_ACTIONS) or entry.payload is None:
        return False
    return bool(entry.uid) or entry.action is Action.CREATE


def _denied_in_flight(entry: NewEntry) -> Settlement:
    return Settlement(
        number=entry.number,
        state=EntryState.UNCERTAIN,
        outcome="It may have been written before the profile denied this operation. Look at the record in HubSpot.",
        cause=DENIED,
    )


def _unreadable(entry: NewEntry, state: EntryState) -> Settlement:
    return Settlement(
        number=entry.number, state=state, outcome="The entry cannot be read, or names no record.", cause="unreadable"
    )
