"""The simulator's time: the wall clock, never going back, moved forward on request."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache


class Clock:
    """Seconds since the epoch; `advance` lets a test skip time without waiting."""

    def __init__(self) -> None:
        self._zero = time.time() - time.monotonic()
        self.offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch, including the offset."""
        return self._zero + time.monotonic() + self.offset

    def advance(self, seconds: float) -> None:
        """Move time forward; going back is refused with ValueError."""
        if not seconds >= 0:
            raise ValueError("time moves forward only")
        self.offset += seconds


@lru_cache(maxsize=8192)
def iso(milliseconds: int) -> str:
    """HubSpot's form of a moment: 2026-11-21T10:00:00.123Z."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
