"""The owner lock between real processes."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from console.provisioning.lock import LockedByAnother, OwnerLock, holder, lock_file

HOLD = """
import sys
import threading
import time
from pathlib import Path
from console.provisioning.lock import OwnerLock
with OwnerLock(Path(sys.argv[1]), 1, "people", "r-1"):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(locks: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(locks)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    other = hold(tmp_path)
    with pytest.raises(LockedByAnother) as refused:
        OwnerLock(tmp_path, 1, "people").acquire()
    assert refused.value.pid == other.pid
    assert refused.value.host == socket.gethostname()
    assert refused.value.user in refused.value.message
    assert "r-1" in refused.value.message
    seen = holder(tmp_path, 1, "people")
    assert seen is not None
    assert seen.pid == other.pid
    with OwnerLock(tmp_path, 2, "people"), OwnerLock(tmp_path, 1, "others"):
        assert holder(tmp_path, 1, "others") is not None
    other.communicate("")
    assert holder(tmp_path, 1, "people") is None
    with OwnerLock(tmp_path, 1, "people"):
        pass


def test_a_killed_owner_holds_nothing(tmp_path: Path) -> None:
    other = hold(tmp_path)
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    assert holder(tmp_path, 1, "people") is None
    with OwnerLock(tmp_path, 1, "people"):
        seen = holder(tmp_path, 1, "people")
        assert seen is not None
        assert seen.pid == os.getpid()


def test_somebody_who_looks_does_not_lock_out(tmp_path: Path) -> None:
    looking = "import sys\nfrom pathlib import Path\nfrom console.provisioning.lock import holder\nwhile True: holder(Path(sys.argv[1]), 1, 'people')"
    with OwnerLock(tmp_path, 1, "people"):
        pass
    watcher = subprocess.Popen([sys.executable, "-c", looking, str(tmp_path)])
    try:
        for _ in range(200):
            with OwnerLock(tmp_path, 1, "people"):
                pass
    finally:
        watcher.kill()
        watcher.wait()
    assert holder(tmp_path, 1, "people") is None


def test_lock_files_are_private_and_differ(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with OwnerLock(tmp_path / "locks", 1, "a/../b") as lock:
            assert stat.S_IMODE(lock.path.stat().st_mode) == 0o600
            assert stat.S_IMODE(lock.path.parent.stat().st_mode) == 0o700
            assert lock.path.parent == tmp_path / "locks"
    finally:
        os.umask(old)
    assert lock_file(tmp_path, 1, "a b") != lock_file(tmp_path, 1, "a-b")


def test_a_lock_file_that_was_removed_meanwhile_is_no_lock(tmp_path: Path) -> None:
    with OwnerLock(tmp_path, 1, "people") as first:
        pass
    descriptor = os.open(first.path, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    waiting = OwnerLock(tmp_path, 1, "people")
    taking = threading.Thread(target=waiting.acquire)
    taking.start()
    time.sleep(0.1)
    first.path.unlink()
    os.close(descriptor)
    taking.join()
    with pytest.raises(LockedByAnother):
        OwnerLock(tmp_path, 1, "people").acquire()
    waiting.release()


async def test_waiting_for_a_lock_does_not_stop_the_event_loop(tmp_path: Path) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    other = hold(tmp_path)
    ticking = asyncio.create_task(tick())
    with pytest.raises(LockedByAnother):
        async with OwnerLock(tmp_path, 1, "people"):
            pass
    ticking.cancel()
    other.communicate("")
    assert ticks > 5
    async with OwnerLock(tmp_path, 1, "people"):
        assert holder(tmp_path, 1, "people") is not None
    assert holder(tmp_path, 1, "people") is None
