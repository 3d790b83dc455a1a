"""A process that is killed while it erases or prunes: all of it happened or nothing, and doing it again is enough."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.journal.journal import Settlement
from console.journal.leftovers import files_with, needles
from console.journal.model import EntryState, RunState
from tests.journal.journal_parts import ME, entry, finished, journal_in

PEOPLE = 1_000
WORKER = """
import asyncio, sys
from pathlib import Path
from tests.journal.journal_parts import ME, journal_in

async def main() -> None:
    async with journal_in(Path(sys.argv[1]), None) as journal:
        found = await journal.traces("person.77@example.com")
        print("ready", flush=True)
        if sys.argv[2] == "forget":
            await journal.erase(found, ME)
        else:
            await journal.prune(0, ME)
        await journal.compact()
        print("over", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("what", ["forget", "prune"])
async def test_a_kill_leaves_all_or_nothing(tmp_path: Path, what: str) -> None:
    async with journal_in(tmp_path, None) as journal:
        plan = await finished(journal, *[entry(journal, n) for n in range(1, PEOPLE + 1)])
        run = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
        await journal.claim(run, range(1, 201))
        await journal.settle(run, [Settlement(number=n, state=EntryState.DONE) for n in range(1, 201)])
        await journal.end_run(run.id, RunState.FAILED, "stopped")
    house = Path(__file__).parents[2]
    for pause in (0.0, 0.01):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), what], cwd=house, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ) | {"PYTHONPATH": str(house)},
        )  # fmt: skip
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        time.sleep(pause)
        worker.send_signal(signal.SIGKILL)
        worker.communicate(timeout=20)
        async with journal_in(tmp_path, None) as journal:
            assert (await journal.verify()).findings == ()
            left = await journal.count(plan.id)
            assert left in ((PEOPLE,) if what == "forget" else (0, PEOPLE))
    async with journal_in(tmp_path, None) as journal:
        if what == "forget":
            await journal.erase(await journal.traces("person.77@example.com"), ME)
        else:
            await journal.prune(0, ME)
        assert await journal.compact()
        assert (await journal.verify()).findings == ()
        gone = "person.77@example.com" if what == "forget" else "example.com"
        assert files_with(tmp_path, needles([gone])) == []
