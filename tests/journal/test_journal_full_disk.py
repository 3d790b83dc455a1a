"""A disk that fills up while the journal is written: it stops in words, loses nothing that was answered, and goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.journal.model import RunState
from tests.journal.journal_parts import MASTER, journal_in

WRITER = """
import asyncio, json, resource, sys
from pathlib import Path
from console.journal.errors import JournalError
from console.journal.journal import Settlement
from console.journal.model import EntryState
from tests.journal.journal_parts import ME, entry, finished, journal_in

async def main() -> None:
    async with journal_in(Path(sys.argv[1])) as journal:
        plan = await finished(journal, *[entry(journal, n) for n in range(1, 3001)])
        run = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
        wal = Path(sys.argv[1]) / "state" / "journal.sqlite-wal"
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 300_000, resource.RLIM_INFINITY))
        settled, trouble = [], None
        for start in range(1, 3001, 50):
            numbers = list(range(start, start + 50))
            try:
                await journal.claim(run, numbers)
                told = [Settlement(number=n, state=EntryState.DONE, outcome="x" * 400) for n in numbers]
                await journal.settle(run, told)
            except JournalError as error:
                trouble = error
                break
            settled += numbers
        print(json.dumps([type(trouble).__name__, str(trouble), getattr(trouble, "remedy", ""), len(settled), run.id]))

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
async def test_what_was_answered_before_the_disk_was_full_is_there_and_the_chain_holds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path)], capture_output=True, text=True, timeout=50, check=False,
        cwd=Path(__file__).parents[2], env=dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    kind, message, remedy, settled, run_id = json.loads(done.stdout)
    assert kind in ("JournalFull", "JournalReadOnly")
    assert "journal.sqlite" in message
    assert "disk" in remedy or "space" in remedy
    assert 0 < settled < 3000
    async with journal_in(tmp_path, MASTER) as journal:
        progress = await journal.progress(run_id)
        assert progress.states["done"] == settled
        assert (await journal.verify()).findings == ()
        await journal.begin_run(run_id, "me")  # there is room again: it goes on
        ended = await journal.end_run(run_id, RunState.PAUSED)
        assert ended.state is RunState.PAUSED
        assert (await journal.verify()).findings == ()
