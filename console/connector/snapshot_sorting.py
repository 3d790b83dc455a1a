"""Ordering a large snapshot in a process of its own, so that neither memory nor the screen of the console feels it.

    python -P -m console.connector.snapshot_sorting     reads one JSON line (path, key, name, descending) from stdin

It keeps the order in the snapshot's file and tells how far it is, one number a line. The key comes through the pipe only.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from array import array
from pathlib import Path
from threading import Event

import msgspec

from console.connector.snapshot_file import SnapshotError, SnapshotFile, Starts
from console.connector.snapshot_order import Cancelled, Report, in_order

ALONE = 50_000
"""From so many records on it is worth a process."""
_STEPS = 50


class _Task(msgspec.Struct, frozen=True):
    path: str
    key: bytes | None
    name: str
    descending: bool


def order_name(name: str, *, descending: bool) -> str:
    """Under which name an order is kept."""
    return f"{'-' if descending else ''}{name}"


def ordered(
    file: SnapshotFile, starts: Starts, name: str, *, descending: bool, cancelled: Event, report: Report
) -> array[int]:
    """Every position in the order of a property; found once and kept. Blocks. Raises Cancelled and SnapshotError."""
    kept = _kept(file, starts, name, descending=descending)
    if kept is not None:
        return kept
    if len(starts) >= ALONE and _beside(file, name, descending=descending, cancelled=cancelled, report=report):
        kept = _kept(file, starts, name, descending=descending)
        if kept is not None:
            return kept
    order = in_order(file, starts, name, descending=descending, cancelled=cancelled, report=report)
    file.remember_order(order_name(name, descending=descending), order)
    return order


def _kept(file: SnapshotFile, starts: Starts, name: str, *, descending: bool) -> array[int] | None:
    order = file.order(order_name(name, descending=descending))
    return order if order is not None and len(order) == len(starts) else None


def _beside(file: SnapshotFile, name: str, *, descending: bool, cancelled: Event, report: Report) -> bool:
    """Let another process find it; False where there can be none, or it failed."""
    task = _Task(str(file.path), file.key, name, descending)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HUBSPOKE_")}
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            start_new_session=True,
        )
    except OSError:
        return False
    watcher = threading.Thread(target=_stop_with, args=(process, cancelled), daemon=True)
    watcher.start()
    try:
        if process.stdin is None or process.stdout is None:
            return False
        process.stdin.write(msgspec.json.encode(task) + b"\n")
        process.stdin.close()
        for line in process.stdout:
            report(float(line))
    except (OSError, ValueError):
        process.kill()
    finally:
        code = process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if cancelled.is_set():
        raise Cancelled
    return code == 0


def _stop_with(process: subprocess.Popen[bytes], cancelled: Event) -> None:
    while process.poll() is None:
        if cancelled.wait(0.1):
            process.kill()
            return


def main() -> int:
    """Find and keep one order; 1 where that cannot be done."""
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=_Task)
    told = 0

    def report(share: float) -> None:
        nonlocal told
        if int(share * _STEPS) > told:
            told = int(share * _STEPS)
            os.write(1, f"{share:.2f}\n".encode())

    try:
        file = SnapshotFile.with_key(Path(task.path), task.key)
        starts = Starts(file.counts()[0])
        order = in_order(file, starts, task.name, descending=task.descending, cancelled=Event(), report=report)
        file.remember_order(order_name(task.name, descending=task.descending), order)
    except (SnapshotError, BrokenPipeError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
