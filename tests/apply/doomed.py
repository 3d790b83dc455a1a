"""Processes that apply an approved plan, make one or make an undo, and kill themselves, for good, at a named point.

A nursery has everything imported and forks one process per line of its input:

    python -m tests.apply.doomed        # then, a line each: JSON [FOLDER, URL, TOKEN, WHAT, POINT, NTH, CONNECTIONS, WORK]

WORK is "apply" (WHAT is a plan), "plan" (a mapping's file) or "undo" (a plan whose run is taken back). POINT is a point of a
batch, or for plans the beginning of what their progress says, or "made"; "" runs to the end. For every line it answers "began PID", and once the process is gone "ended PID CODE WORDS":
the negative number of the signal that killed it, 7 when it was locked out, and what it had to say.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import tempfile
from pathlib import Path

from console.provisioning.lock import LockedByAnother
from console.provisioning.mappings import Mappings
from console.provisioning.plans import Plans
from console.provisioning.runner import run_attached
from tests.apply.apply_parts import open_parts

INDEX_SECONDS = 1.0
"""How long a simulator's index may need to catch up."""


async def main(
    folder: str, url: str, token: str, what: str, point: str, nth: int, connections: int, work: str
) -> tuple[int, str]:
    """Do it, up to the point."""
    left = nth

    def on_point(name: str) -> None:
        nonlocal left
        if point and name.startswith(point):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    settings = {"maximum_connections": connections} if connections else {}
    async with open_parts(Path(folder), url, token, **settings) as parts:
        parts.known = Mappings(parts.paths)
        try:
            if work == "apply":
                return 0, (await run_attached(parts, what, on_point=on_point)).state.value
        except LockedByAnother as locked:
            return 7, locked.message
        plans = Plans(parts.target, parts.store, parts.known)
        make = plans.create if work == "plan" else plans.undo
        plan = await make(what, progress=lambda told: on_point(told.message))
        on_point("made")
    return 0, plan.id


def _born(arguments: list[object], words: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        code, said = asyncio.run(main(*arguments))  # type: ignore[arg-type]
        os.write(words, said.encode())
    except BaseException as error:  # noqa: BLE001 - told to the test
        os.write(words, repr(error).encode())
        code = 1
    os._exit(code)


def nursery() -> None:
    """Fork on demand; tell of births and deaths."""
    import console.connector.connector
    import console.hubspot.transport
    import console.provisioning.apply
    import console.provisioning.lost
    import console.provisioning.undo

    console.provisioning.lost.INDEX_SECONDS = INDEX_SECONDS
    console.provisioning.lost.STEP_SECONDS = 0.1
    del console
    waking, woken = os.pipe2(os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken)
    living: dict[int, int] = {}
    pending = b""
    while True:
        ready, _, _ = select.select([0, waking], [], [])
        if 0 in ready:
            data = os.read(0, 65_536)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                with tempfile.TemporaryFile() as file:
                    words = os.dup(file.fileno())
                pid = _born(json.loads(line), words)
                living[pid] = words
                print("began", pid, flush=True)
        if waking in ready:
            os.read(waking, 4096)
            for pid in list(living):
                gone, status = os.waitpid(pid, os.WNOHANG)
                if gone:
                    words = living.pop(pid)
                    said = os.pread(words, 4096, 0).decode()
                    os.close(words)
                    print("ended", pid, os.waitstatus_to_exitcode(status), said.replace("\n", " "), flush=True)


if __name__ == "__main__":
    nursery()
