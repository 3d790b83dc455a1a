"""Runs, as the console and the command line see them: approve, start, watch, steer, report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping

import msgspec

from console.journal.errors import NotApproved
from console.journal.journal import Journal
from console.journal.model import Entry, EntryState, GuardVerdict, Plan, RunProgress, RunState
from console.journal.who import approver
from console.provisioning.aftermath import after_guards
from console.provisioning.errors import PlanRefused
from console.provisioning.lock import LockedByAnother, Owner, OwnerLock, holder
from console.provisioning.report import Report, ReportFormat, build_report, render
from console.provisioning.run_watching import RunWatching
from console.provisioning.runner import Runner, last_words, spawn
from console.settings.paths import Paths
from console.settings.profile import Profile

Entries = list[Entry]  # in the class below `list` is a method

WATCH_SECONDS = 0.25
START_SECONDS = 30.0
_START_STEP = 0.05
_LOCKED_EXIT = 7
_STANDING = frozenset({RunState.PAUSED, RunState.PAUSED_QUOTA, RunState.QUARANTINED})


class GuardRefused(NotApproved):
    """A guard stops the plan until a human accepts its exact number (exit code 4)."""

    def __init__(self, plan_id: str, holding: tuple[GuardVerdict, ...]) -> None:
        told = ", ".join(f"{guard.count} {guard.name} (allowed: {guard.limit}, rule {guard.rule})" for guard in holding)
        accepts = " ".join(f"--accept {guard.name}={guard.count}" for guard in holding)
        super().__init__(
            f"The plan {plan_id} is held by its guards: {told}.",
            remedy=f"If that is right: hubspoke apply {plan_id} {accepts}",
        )
        self.guards = holding


class RunnerFailed(PlanRefused):
    """The runner ended before it could begin."""


class Runs:
    """The service behind `hubspoke apply` and `hubspoke runs`.

    `handover` packs the secrets for a runner's pipe (`console.settings.handover.pack`).
    """

    def __init__(
        self,
        journal: Journal,
        paths: Paths,
        profile: Profile,
        handover: Callable[[], Awaitable[bytes]] | None = None,
    ) -> None:
        self._journal = journal
        self._paths = paths
        self._profile = profile
        self._handover = handover

    async def approve(
        self, plan_id: str, accepts: Mapping[str, int] | None = None, *, first: int | None = None
    ) -> RunProgress:
        """Approve exactly this plan; `accepts` names the numbers that guards may let pass.

        `first` lets so many writes through, then the run pauses; an earlier number that was not reached yet is replaced.

        Raises:
            GuardRefused: a guard holds, or a number is not the exact one.
            NotApproved: the plan is unfinished.
        """
        plan = await self._journal.plan(plan_id)
        try:
            guards = judged(plan, accepts or {})
        except GuardRefused as refused:
            await after_guards(self._journal, self._paths, plan, refused.guards)
            raise
        detail = ", ".join(f"{guard.name}={guard.accepted}" for guard in guards if guard.accepted is not None)
        run = await self._journal.approve(msgspec.structs.replace(plan, guards=guards), approver(), detail=detail)
        if first is None:
            return run
        from console.provisioning.canary import tried

        await self._journal.set_canary(run.id, first + await tried(self._journal, run.plan_id))
        return await self._journal.progress(run.id)

    async def start(self, run_or_plan: str, detach: bool = True) -> str:
        """Start a runner for an approved, paused or interrupted run; returns the run's id once it owns the lock.

        Without `detach`, waits until the run stands still.

        Raises:
            LockedByAnother: another process works on this mapping in this portal.
            RunnerFailed: the runner ended at once; its own words are in the message.
            NotApproved: the plan is not approved.
        """
        run = await self._journal.approved(run_or_plan)
        if run.state in (RunState.DONE, RunState.CANCELLED):
            raise PlanRefused(
                f"The run {run.id} is {run.state.value}; there is nothing to go on with.", remedy="Make a new plan."
            )
        owner = holder(self._paths.locks, run.portal_id, run.mapping)
        if owner is not None:
            raise LockedByAnother(owner, run.mapping, run.portal_id)
        if self._handover is None:
            raise RunnerFailed(
                "This session cannot hand its secrets to a runner.", remedy="Use hubspoke apply --attached."
            )
        secrets = await self._handover()
        log = self._paths.state / "runs" / f"{run.plan_id}.log"
        start = log.stat().st_size if log.exists() else 0
        runner = spawn(self._paths, self._profile.name, run.plan_id, secrets)
        await self._until_owned(run, runner, start)
        if not detach:
            async for _ in self.watch(run.id):
                pass
        return run.id

    async def _until_owned(self, run: RunProgress, runner: Runner, start: int) -> None:
        """Wait until the runner holds the lock and says so in the journal, was refused it, or ended."""
        patience = time.monotonic() + START_SECONDS
        other: Owner | None = None
        while time.monotonic() < patience:
            owner = holder(self._paths.locks, run.portal_id, run.mapping)
            mine = owner is not None and owner.pid == runner.pid
            other = other if mine else owner or other
            code = runner.process.poll()
            now = await self._journal.progress(run.id)
            begun = (now.updated_at or 0.0) > (run.updated_at or 0.0)
            if begun and (mine or (code is not None and now.state is not RunState.FAILED)):
                return
            if code is not None:
                if code == _LOCKED_EXIT and other is not None:
                    raise LockedByAnother(other, run.mapping, run.portal_id)
                raise RunnerFailed(
                    f"The runner ended at once (exit code {code}): {last_words(runner.log, start)}",
                    remedy=f"Its log: {runner.log}",
                )
            await asyncio.sleep(_START_STEP)
        runner.process.terminate()  # what is told to have failed must not begin later
        raise RunnerFailed(
            f"The runner did not begin within {START_SECONDS:g} seconds and was ended.", remedy=f"Its log: {runner.log}"
        )

    async def list(self, limit: int = 50) -> list[RunProgress]:
        """The newest runs first."""
        return [self._seen(run) for run in await self._journal.runs(limit)]

    async def show(self, run_or_plan: str) -> RunProgress:
        """One run at this moment.

        Raises:
            UnknownPlan: there is none.
        """
        return self._seen(await self._journal.progress(run_or_plan))

    async def watch(self, run_or_plan: str) -> AsyncIterator[RunProgress]:
        """The run whenever it changed, a few times a second at most, until it stands still."""
        last: RunProgress | None = None
        while True:
            run = await self.show(run_or_plan)
            if run != last:
                last = run
                yield run
            if run.ended or run.interrupted or self._stands(run) or self._waits(run):
                return
            await asyncio.sleep(WATCH_SECONDS)

    def watching(self) -> RunWatching:
        """What whoever watches a run asks besides its progress."""
        return RunWatching(self._journal, self._paths)

    async def pause(self, run_or_plan: str) -> None:
        """Ask the runner to stop after what is in flight; `watch` ends when it did."""
        run = await self.show(run_or_plan)
        if run.state is not RunState.RUNNING or run.interrupted:
            raise PlanRefused(f"The run {run.id} is not running.", remedy="See hubspoke runs list.")
        await self._journal.command(run.id, "pause", approver())

    async def resume(self, run_or_plan: str) -> str:
        """Go on with a run that stands still or was interrupted; a pause that was not obeyed yet is withdrawn."""
        run = await self.show(run_or_plan)
        if (run.state is RunState.RUNNING and not run.interrupted) or self._is_waited_for(run):
            await self._journal.command(run.id, "resume", approver())
            return run.id
        await self._journal.record("resume", approver(), plan_id=run.plan_id, run_id=run.id)
        return await self.start(run.id)

    async def retry(self, run_or_plan: str, numbers: Collection[int] = ()) -> int:
        """Plan failed entries again and look uncertain ones up again; `start` then goes on. How many they are."""
        from console.provisioning.retry import reopen

        run = await self.show(run_or_plan)
        async with OwnerLock(self._paths.locks, run.portal_id, run.mapping, run.id):
            many = await reopen(self._journal, await self.show(run.id), numbers)
            await self._journal.record(
                "retry", approver(), plan_id=run.plan_id, run_id=run.id, detail=f"{many} entries"
            )
        return many

    async def discard(self, run_or_plan: str, numbers: Collection[int] = ()) -> int:
        """Give dead letters up. How many they are."""
        from console.provisioning.retry import discard

        run = await self.show(run_or_plan)
        async with OwnerLock(self._paths.locks, run.portal_id, run.mapping, run.id):
            many = await discard(self._journal, run, numbers)
            await self._journal.record(
                "discard", approver(), plan_id=run.plan_id, run_id=run.id, detail=f"{many} entries"
            )
        return many

    async def dead_letters(self, run_or_plan: str) -> AsyncIterator[Entry]:
        """The entries of a run that failed, that HubSpot did not take, that are in conflict or uncertain."""
        from console.provisioning.retry import dead_letters

        run = await self._journal.progress(run_or_plan)
        async for page in dead_letters(self._journal, run):
            for entry in page:
                yield entry

    async def cancel(self, run_or_plan: str) -> None:
        """End a run for good. What was written stays; what an interrupted run had in flight becomes uncertain."""
        run = await self.show(run_or_plan)
        if run.state in (RunState.DONE, RunState.CANCELLED):
            raise PlanRefused(f"The run {run.id} is {run.state.value} already.")
        try:
            async with OwnerLock(self._paths.locks, run.portal_id, run.mapping, run.id):
                await self._journal.record("cancel", approver(), plan_id=run.plan_id, run_id=run.id)
                uncertain = await self._journal.move_entries(
                    run, EntryState.INFLIGHT, EntryState.UNCERTAIN, cause="interrupted"
                )
                await self._journal.move_entries(run, EntryState.PLANNED, EntryState.SKIPPED, cause="cancelled")
                told = f"cancelled; {uncertain} entries were in flight" if uncertain else "cancelled"
                await self._journal.end_run(run.id, RunState.CANCELLED, told)
        except LockedByAnother as locked:
            if locked.owner.run_id != run.id:
                raise
            await self._journal.command(run.id, "cancel", approver())

    async def entries(
        self, run_or_plan: str, states: Collection[str] | None = None, after: int = 0, limit: int = 200
    ) -> Entries:
        """Entries of the run's plan after the number `after`, as they stand now."""
        run = await self._journal.progress(run_or_plan)
        return await self._journal.entries(run.plan_id, states=states, after=after, limit=limit)

    async def render(self, report: Report, form: ReportFormat) -> AsyncIterator[str]:
        """The report as text, a piece at a time."""
        async for piece in render(self._journal, report, form):
            yield piece

    async def report(self, run_or_plan: str) -> Report:
        """What the run did, for people."""
        run = await self.show(run_or_plan)
        return await build_report(self._journal, run)

    def _is_waited_for(self, run: RunProgress) -> bool:
        """Whether a runner waits for the next try of this quarantined run."""
        owner = holder(self._paths.locks, run.portal_id, run.mapping) if run.state is RunState.QUARANTINED else None
        return owner is not None and owner.run_id == run.id

    def _stands(self, run: RunProgress) -> bool:
        return run.state in _STANDING and not self._is_waited_for(run)

    def _waits(self, run: RunProgress) -> bool:
        """Whether a run is approved and nobody began it."""
        return run.state is RunState.APPROVED and holder(self._paths.locks, run.portal_id, run.mapping) is None

    def _seen(self, run: RunProgress) -> RunProgress:
        """Marks a run whose owner is gone."""
        if run.state is not RunState.RUNNING:
            return run
        owner = holder(self._paths.locks, run.portal_id, run.mapping)
        if owner is not None and owner.run_id in ("", run.id):
            return run
        return msgspec.structs.replace(run, interrupted=True)


def judged(plan: Plan, accepts: Mapping[str, int]) -> tuple[GuardVerdict, ...]:
    """The plan's guards with what was accepted.

    Raises:
        GuardRefused: one still holds.
    """
    known = {guard.name for guard in plan.guards}
    unknown = sorted(set(accepts) - known)
    if unknown:
        raise NotApproved(
            f"The plan {plan.id} has no guard {unknown[0]}.", remedy=f"It has: {', '.join(sorted(known)) or 'none'}."
        )
    guards = tuple(
        msgspec.structs.replace(guard, accepted=accepts.get(guard.name, guard.accepted)) for guard in plan.guards
    )
    holding = tuple(guard for guard in guards if guard.holds)
    if holding:
        raise GuardRefused(plan.id, holding)
    return guards
