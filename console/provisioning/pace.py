"""How fast a run goes and when it will be through, from what was seen of it and what the journal remembers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from console.journal.model import RunProgress, RunState

REMEMBERED = 600
"""Seconds of a run that are kept."""
RECENT = 20.0
"""Seconds over which the present pace is taken."""
_STEPS = (1, 2, 5, 10, 15)


class _Seen(NamedTuple):
    at: float
    settled: int
    requests: int


class Pace:
    """A run's pace. Times are the journal's, in seconds since the epoch."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        self._seen: list[_Seen] = []
        self._began: float | None = None

    def remember(self, settled: Mapping[int, int]) -> None:
        """Take in how many entries were settled in each second before anybody looked."""
        for second, count in settled.items():
            self._seconds[second] = max(self._seconds.get(second, 0.0), float(count))

    def feed(self, progress: RunProgress) -> None:
        """Take in the newest progress; an older one changes nothing."""
        if progress.updated_at is None:
            return
        seen = _Seen(progress.updated_at, progress.settled, progress.requests)
        if progress.started_at != self._began:  # begun, or resumed: what came before is another pace
            self._began = progress.started_at
            self._seen = []
        last = self._seen[-1] if self._seen else None
        if last is not None and seen.at <= last.at:
            return
        if last is not None:
            self._spread(last, seen)
        self._seen = [one for one in self._seen if seen.at - one.at <= RECENT] + [seen]
        self._forget(int(seen.at))

    def _spread(self, before: _Seen, after: _Seen) -> None:
        """Share what was settled between two looks among the seconds between them."""
        many = max(0, after.settled - before.settled)
        first = max(int(before.at) + 1, int(after.at) - REMEMBERED)  # a clock that jumps leaves years between two looks
        edges = [before.at, *range(first, int(after.at) + 1), after.at]
        for start, end in pairwise(edges):
            share = many * (end - start) / (after.at - before.at)
            self._seconds[int(start)] = self._seconds.get(int(start), 0.0) + share

    def _forget(self, now: int) -> None:
        for second in [second for second in self._seconds if second < now - REMEMBERED]:
            del self._seconds[second]

    @property
    def records(self) -> float:
        """Records settled per second, lately or since the run began."""
        if len(self._seen) >= 2 and self._seen[-1].at - self._seen[0].at >= 1:
            return self._slope(1)
        return self._remembered() or self._slope(1)

    @property
    def requests(self) -> float:
        """Requests per second, lately."""
        return self._slope(2)

    def _remembered(self) -> float:
        """The pace of the last whole seconds before this console looked."""
        if not self._seen:
            return 0.0
        now = int(self._seen[-1].at)
        lately = [self._seconds.get(second, 0.0) for second in range(now - int(RECENT), now)]
        begun = now - int(self._began) if self._began is not None else len(lately)
        return sum(lately) / max(1, min(len(lately), begun))

    def _slope(self, field: int) -> float:
        if len(self._seen) < 2:
            return 0.0
        first, last = self._seen[0], self._seen[-1]
        return max(0.0, (last[field] - first[field]) / (last.at - first.at))

    def seconds_left(self, progress: RunProgress) -> float | None:
        """How long the rest takes at this pace; None when nobody can know."""
        if progress.state is not RunState.RUNNING or progress.interrupted or self.records <= 0:
            return None
        return max(0, progress.total - progress.settled) / self.records

    def history(self, width: int) -> tuple[list[float], int]:
        """At most `width` paces in records a second, the newest last, and how many seconds each one stands for."""
        if not self._seconds or width < 1:
            return [], 1
        first, last = min(self._seconds), max(self._seconds)
        step = next((step for step in _STEPS if (last - first) // step < width), _STEPS[-1])
        # the step that is still filling would always look like a collapse: it counts once it is over
        end = last // step
        start = max(-(-first // step), end - width)  # a step of which only a part was seen would look like a slow one
        paces = [
            sum(self._seconds.get(second, 0.0) for second in range(place * step, (place + 1) * step)) / step
            for place in range(start, end)
        ]
        return paces, step
