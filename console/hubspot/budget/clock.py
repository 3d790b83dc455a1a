"""The clock that all processes of one machine agree on, and that goes on while it sleeps."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Time as the budget needs it; tests put their own in."""

    boot: str
    """Two readings of `now` compare only under the same boot."""

    def now(self) -> float:
        """Seconds since the machine started, suspended time included."""

    def wall(self) -> float:
        """Seconds since 1970, for the day's allowance only."""

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds of `now`."""


class SystemClock:
    """CLOCK_BOOTTIME: no operator and no time server sets it, and suspending does not stop it."""

    def __init__(self) -> None:
        self.boot = boot_id()
        self._source = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def now(self) -> float:
        """Seconds since the machine started."""
        return time.clock_gettime(self._source)

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the event loop."""
        import asyncio  # the first paint reads this clock without an event loop

        await asyncio.sleep(seconds)


@cache
def boot_id() -> str:
    """The kernel's name for this start of the machine; empty where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
