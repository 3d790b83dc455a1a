"""The process that writes: started so that it outlives whoever started it, or run in place.

Secrets travel over an inherited pipe only; neither arguments nor environment of a runner hold any.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from console.journal.model import Plan, RunProgress, RunState
from console.provisioning.errors import PlanRefused
from console.provisioning.lock import OwnerLock, this_process
from console.settings.paths import Paths, private_open
from console.settings.secrets import ENVIRONMENT

if TYPE_CHECKING:
    from console.connector.connector import Connector
    from console.journal.journal import Journal
    from console.provisioning.mappings import Mappings

_SECRET_VARIABLES = frozenset({*ENVIRONMENT.values(), "CREDENTIALS_DIRECTORY"})
_SECRET_ENDINGS = ("_SECRET", "_TOKEN", "_PASSWORD", "_KEY", "_PASSPHRASE")
_LOG_SHOWN = 2_000


class Parts(Protocol):
    """What of a session a run needs; each part is awaited when it is needed."""

    @property
    def paths(self) -> Paths:
        """The folders."""

    @property
    def journal(self) -> Awaitable[Journal]:
        """The journal."""

    @property
    def connector(self) -> Awaitable[Connector]:
        """The connector of the profile."""

    @property
    def mappings(self) -> Awaitable[Mappings]:
        """The mappings, to see whether the plan's changed."""


class Runner(msgspec.Struct, frozen=True, kw_only=True):
    """A runner that was started."""

    pid: int
    log: Path
    process: subprocess.Popen[bytes]


def command(paths: Paths, profile: str, plan_id: str, descriptor: int) -> list[str]:
    """The command line of a runner: -P keeps the current folder out of the way of imports."""
    return [
        sys.executable,
        "-P",
        "-m",
        "screens",
        "apply",
        plan_id,
        "--attached",
        "--secrets-fd",
        str(descriptor),
        "--config",
        str(paths.config),
        "--state",
        str(paths.state),
        "--profile",
        profile,
    ]


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without Hubspoke's secrets."""
    return {
        name: value
        for name, value in environ.items()
        if name not in _SECRET_VARIABLES and not (name.startswith("HUBSPOKE_") and name.endswith(_SECRET_ENDINGS))
    }


def spawn(paths: Paths, profile_name: str, plan_id: str, handover: bytes) -> Runner:
    """Start a runner in a session of its own; it reads `handover` from a pipe.

    Its output goes to a private log file, since nobody may be there to read it.
    """
    reading, writing = os.pipe()
    log = paths.state / "runs" / f"{plan_id}.log"
    try:
        with private_open(log, "ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                command(paths, profile_name, plan_id, reading),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=clean_environment(os.environ),
                cwd=paths.state,
                start_new_session=True,
                pass_fds=(reading,),
            )
    except BaseException:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    # the pipe may be smaller than what is written, and the child must be reaped if we outlive it
    threading.Thread(target=_attend, args=(process, writing, handover), name="runner", daemon=True).start()
    return Runner(pid=process.pid, log=log, process=process)


def _attend(process: subprocess.Popen[bytes], writing: int, handover: bytes) -> None:
    try:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(handover)
    except BrokenPipeError:
        pass  # it ended early; its exit code tells
    process.wait()


def last_words(log: Path, start: int) -> str:
    """What a runner wrote to its log after the position `start`, shortened from the front."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            return file.read()[-_LOG_SHOWN:].decode("utf-8", "replace").strip()
    except OSError:
        return ""


async def run_attached(
    parts: Parts,
    run_or_plan: str,
    *,
    on_progress: Callable[[RunProgress], None] | None = None,
    on_point: Callable[[str], None] | None = None,
    patient: bool = True,
) -> RunProgress:
    """Apply an approved plan in this process, holding its lock; resumes what an earlier process left.

    Cancelling pauses the run: what is in flight is waited for first. A quarantined run is tried again here, later and
    later, but for an impatient caller, who does that.

    Raises:
        LockedByAnother: another process works on this mapping in this portal.
        NotApproved, PlanRefused: nothing was written.
    """
    from console.provisioning.aftermath import after_run
    from console.provisioning.apply import Applier  # loads SQLAlchemy with the journal
    from console.provisioning.quarantine import wait_out

    journal = await parts.journal
    run = await journal.approved(run_or_plan)
    plan = await journal.plan(run.plan_id)
    me = this_process(run.id)
    async with OwnerLock(parts.paths.locks, run.portal_id, run.mapping, run.id):
        await _same_mapping(parts, plan)
        connector = await parts.connector
        while True:
            applier = Applier(connector, journal, plan, owner=me.title, on_progress=on_progress, on_point=on_point)
            now = await applier.run()
            await after_run(journal, parts.paths, now)
            if now.state is not RunState.QUARANTINED or now.next_try_at is None or not patient:
                return now
            now = await wait_out(journal, now, on_progress)
            if now.state is not RunState.QUARANTINED:
                return now


async def _same_mapping(parts: Parts, plan: Plan) -> None:
    """A changed mapping needs a new plan."""
    if not plan.mapping_digest:
        return
    mappings = await parts.mappings
    name = plan.mapping_file or plan.mapping
    digest = await asyncio.to_thread(lambda: mappings.load(name).digest)
    if digest != plan.mapping_digest:
        raise PlanRefused(
            f"The mapping {plan.mapping} changed since the plan {plan.id} was made.",
            remedy=f"Make a new plan: hubspoke plan {plan.mapping}",
        )
