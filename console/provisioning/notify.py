"""Telling somebody how a run stands: a program of the operator's own, run without a shell and without personal data.

The program is `notify` in settings.toml: a list, its first word the program. It gets three more arguments (event, run
or plan id, state) and the same in its environment. What it does, or fails to do, never touches the run.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Literal

import msgspec

from console.journal.model import GuardVerdict, Plan, RunProgress, RunState
from console.provisioning.runner import clean_environment
from console.settings.paths import Paths

Event = Literal["finished", "paused", "quarantined", "guard"]

SECONDS = 30.0
_GRACE_SECONDS = 2.0
_EVENTS: dict[RunState, Event] = {
    RunState.DONE: "finished",
    RunState.FAILED: "finished",
    RunState.CANCELLED: "finished",
    RunState.PAUSED: "paused",
    RunState.PAUSED_QUOTA: "paused",
    RunState.QUARANTINED: "quarantined",
}
_PROBLEMS = ("failed", "not_accepted", "conflict", "uncertain", "needs_decision")


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to tell: names and numbers, nobody's data."""

    event: Event
    subject: str
    state: str
    mapping: str
    portal_id: int
    plan_id: str
    run_id: str = ""
    total: int = 0
    done: int = 0
    problems: int = 0
    guards: str = ""

    def variables(self) -> dict[str, str]:
        """The notice as environment variables, HUBSPOKE_EVENT and so on."""
        values = msgspec.structs.asdict(self)
        return {f"HUBSPOKE_{name.upper().removesuffix('_ID')}": str(value) for name, value in values.items()}


def of_run(run: RunProgress) -> Notice | None:
    """What there is to tell of a run as it stands; None while it goes on, and for each further try of a quarantine."""
    event = _EVENTS.get(run.state)
    if event is None or (event == "quarantined" and run.tries > 1):
        return None
    return Notice(
        event=event,
        subject=run.id,
        state=run.state.value,
        mapping=run.mapping,
        portal_id=run.portal_id,
        plan_id=run.plan_id,
        run_id=run.id,
        total=run.total,
        done=run.states.get("done", 0),
        problems=sum(run.states.get(name, 0) for name in _PROBLEMS),
    )


def of_guards(plan: Plan, holding: Sequence[GuardVerdict]) -> Notice:
    """A plan that its guards hold back."""
    return Notice(
        event="guard",
        subject=plan.id,
        state=plan.state.value,
        mapping=plan.mapping,
        portal_id=plan.portal_id,
        plan_id=plan.id,
        total=plan.writes,
        guards=", ".join(f"{guard.name} {guard.count} of {guard.limit}" for guard in holding),
    )


async def notify(
    command: Sequence[str],
    notice: Notice,
    paths: Paths,
    *,
    seconds: float = SECONDS,
    environ: Mapping[str, str] | None = None,
) -> str:
    """Run the operator's program; answers in a few words how that went, for the audit trail. Raises nothing.

    It has `seconds`; then it and what it started are ended.
    """
    environment = clean_environment(os.environ if environ is None else environ) | notice.variables()
    words = [*command, notice.event, notice.subject, notice.state]
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=paths.state,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"{notice.event}: could not be started ({type(error).__name__})"
    try:
        async with asyncio.timeout(seconds):
            code = await process.wait()
    except TimeoutError:
        await _end(process)
        return f"{notice.event}: ended after {seconds:g} s"
    except BaseException:
        await asyncio.shield(_end(process))
        raise
    return f"{notice.event}: exit code {code}"


async def _end(process: asyncio.subprocess.Process) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                await process.wait()
                return
