"""A run on the command line: watching one, being the runner of one, and its exit code."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from console.cli.context import Context, heed
from console.cli.exits import Exit, Stop
from console.journal.model import EntryState, RunState

if TYPE_CHECKING:
    from console.journal.model import RunProgress
    from console.session import Session

_OPEN = (EntryState.NEEDS_DECISION, EntryState.UNCERTAIN, EntryState.CONFLICT)
_REST = frozenset({RunState.PAUSED, RunState.PAUSED_QUOTA, RunState.QUARANTINED})
_SIGNALS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED, signal.SIGHUP: Exit.HUNG_UP}


async def follow(context: Context, session: Session, run_id: str) -> RunProgress:
    """Watch until the run ends or rests; leaving does not touch it."""
    progress: RunProgress | None = None
    try:
        async for progress in (await session.runs).watch(run_id):
            context.out.progress(line(progress))
    except asyncio.CancelledError:
        context.out.note(f"The run goes on without us: hubspoke runs watch {run_id}")
        raise
    if progress is None:
        progress = await (await session.runs).show(run_id)
    return progress


async def attached(context: Context, session: Session, plan_id: str) -> int:
    """Be the runner. The first signal pauses the run at a checkpoint, a second one leaves at once."""
    from console.provisioning.runner import run_attached

    received: list[Exit] = []
    work = asyncio.ensure_future(
        run_attached(session, plan_id, on_progress=lambda now: context.out.progress(line(now)))
    )

    def stop(code: Exit) -> None:
        received.append(code)
        if len(received) == 1:
            context.out.note("Pausing: waiting for what is under way.")
            work.cancel()
        elif (task := waiting) is not None:
            task.cancel()

    waiting = asyncio.current_task()
    heed(_SIGNALS, stop)
    try:
        progress = await work
    except asyncio.CancelledError:
        if len(received) != 1:
            raise
        progress = await (await session.runs).show(plan_id)
        context.out.note(line(progress))
        if not progress.ended:
            context.out.note(_next(progress))
        raise Stop(received[0]) from None
    code = verdict(context, progress)
    if received and progress.state is RunState.PAUSED:
        raise Stop(received[0])
    return code


def verdict(context: Context, progress: RunProgress) -> Exit:
    """Tell how the run ended; returns its exit code."""
    if context.args.json:
        context.out.json(shape(progress))
    else:
        context.out.line(line(progress))
    for cause, number in sorted(progress.failures.items(), key=lambda pair: -pair[1]):
        context.out.note(f"{number:,} x {cause}")
    code = code_of(progress)
    if code is not Exit.OK:
        context.out.note(_next(progress))
    return code


def code_of(progress: RunProgress) -> Exit:
    """The exit code that a run's state stands for."""
    if progress.state in _REST:
        return Exit.PAUSED
    if progress.states.get(EntryState.FAILED, 0) or progress.states.get(EntryState.NOT_ACCEPTED, 0):
        return Exit.SOME_FAILED
    if progress.state is not RunState.DONE:
        return Exit.FAILURE  # failed, cancelled, or its runner is gone
    return Exit.NEEDS_DECISION if any(progress.states.get(state, 0) for state in _OPEN) else Exit.OK


def _next(progress: RunProgress) -> str:
    if progress.state is RunState.APPROVED:
        return f"It has not begun. To begin: hubspoke apply {progress.plan_id}"
    if progress.interrupted:
        return f"Its runner is gone. To go on: hubspoke runs resume {progress.id}"
    if progress.state in _REST:
        return f"To go on: hubspoke runs resume {progress.id}   To give up: hubspoke runs cancel {progress.id}"
    return f"What and why: hubspoke runs report {progress.id}"


def line(progress: RunProgress) -> str:
    """A run in one line."""
    share = f"{progress.settled:,}/{progress.total:,}"
    states = ", ".join(f"{name} {number:,}" for name, number in progress.states.items() if number)
    message = f" - {progress.message}" if progress.message else ""
    return f"{progress.id} {progress.state.value} {share} ({states}) {progress.requests:,} requests{message}"


def shape(progress: RunProgress) -> dict[str, object]:
    """A run as JSON."""
    return {
        "id": progress.id,
        "plan": progress.plan_id,
        "mapping": progress.mapping,
        "class": progress.object_class,
        "portalId": progress.portal_id,
        "state": progress.state,
        "interrupted": progress.interrupted,
        "total": progress.total,
        "settled": progress.settled,
        "states": progress.states,
        "actions": progress.actions,
        "failures": progress.failures,
        "requests": progress.requests,
        "rateLimited": progress.rate_limited,
        "startedAt": progress.started_at,
        "updatedAt": progress.updated_at,
        "finishedAt": progress.finished_at,
        "owner": progress.owner,
        "approvedBy": progress.approved_by,
        "message": progress.message,
        "undoes": progress.undoes,
        "undoneBy": progress.undone_by,
        "canary": progress.canary,
        "nextTryAt": progress.next_try_at,
    }
