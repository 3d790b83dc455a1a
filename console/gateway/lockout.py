"""Who guesses is kept waiting: failures by address and by client, each one doubling the wait."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

FREE = 5
"""Failures that cost nothing: somebody mistyped."""
FIRST, LONGEST = 1.0, 900.0
"""Seconds of the first wait, and of the longest."""
FORGOTTEN = 3600.0
_KEPT = 10_000


class Lockout:
    """Failures of the last hour. A lock holds for the pair of address and client: nobody can lock somebody else out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def wait(self, address: str, client: str) -> float:
        """Seconds until the next attempt is looked at; 0 for now."""
        count, last = self._failures.get((address, client), (0, 0.0))
        if count < FREE:
            return 0.0
        return max(0.0, last + min(FIRST * 2.0 ** (count - FREE), LONGEST) - self._clock())

    def failed(self, address: str, client: str) -> None:
        """It was wrong."""
        key, now = (address, client), self._clock()
        count, last = self._failures.pop(key, (0, now))
        self._failures[key] = (1 if now - last > FORGOTTEN else count + 1, now)
        while len(self._failures) > _KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, address: str, client: str) -> None:
        """It was right: earlier mistakes are forgotten."""
        self._failures.pop((address, client), None)
