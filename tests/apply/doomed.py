"""Processes that apply an approved plan and kill themselves, for good, at a named point.

A nursery has everything imported and forks one process per line of its input:

    python -m tests.apply.doomed        # then, a line each: JSON [FOLDER, URL, TOKEN, PLAN, POINT, NTH, CONNECTIONS]

POINT "" runs to the end. For every line it answers "began PID", and once the process is gone "ended PID CODE WORDS":
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
from console.provisioning.runner import run_attached
from tests.apply.apply_parts import open_parts

INDEX_SECONDS = 1.0
"""How long a simulator's index may need to catch up."""


async def main(folder: str, url: str, token: str, plan: str, point: str, nth: int, connections: int) -> tuple[int, str]:
    """Apply the plan, up to the point."""
    left = nth

    def on_point(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    settings = {"maximum_connections": connections} if connections else {}
    async with open_parts(Path(folder), url, token, **settings) as parts:
        try:
            run = await run_attached(parts, plan, on_point=on_point)
        except LockedByAnother as locked:
            return 7, locked.message
    return 0, run.state.value


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
