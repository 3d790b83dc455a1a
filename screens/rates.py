"""Throughput and time left of a run, from what was seen of it."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import NamedTuple

from console.journal.model import RunProgress, RunState

WINDOW = 20.0
SPARKS = "▁▂▃▄▅▆▇█"


class Sample(NamedTuple):
    """How many entries were settled at a moment."""

    at: float
    settled: int
    requests: int


class Rates:
    """Keeps the last minute of samples; times are the journal's, not ours."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=240)
        self._started: float | None = None

    def feed(self, progress: RunProgress) -> None:
        """Take in the newest progress."""
        if progress.updated_at is None:
            return
        self._started = progress.started_at
        sample = Sample(progress.updated_at, progress.settled, progress.requests)
        if not self._samples or sample.at > self._samples[-1].at:
            self._samples.append(sample)

    @property
    def per_second(self) -> float:
        """Records settled per second, over the last `WINDOW` seconds or since the start."""
        return self._slope(1)

    @property
    def requests_per_second(self) -> float:
        """Requests per second, likewise."""
        return self._slope(2)

    def seconds_left(self, progress: RunProgress) -> float | None:
        """How long the rest takes at this pace; None when nobody can know."""
        if progress.state is not RunState.RUNNING or self.per_second <= 0:
            return None
        return max(0, progress.total - progress.settled) / self.per_second

    def sparkline(self, width: int) -> str:
        """The pace of the last samples as a line of blocks."""
        points = list(self._samples)[-(width + 1) :]
        paces = [(later.settled - earlier.settled) / (later.at - earlier.at) for earlier, later in pairwise(points)]
        top = max(paces, default=0.0)
        if top <= 0:
            return ""
        return "".join(SPARKS[min(7, int(max(0.0, pace) / top * 7.999))] for pace in paces)

    def _slope(self, field: int) -> float:
        if not self._samples:
            return 0.0
        last = self._samples[-1]
        first = next((sample for sample in self._samples if last.at - sample.at <= WINDOW), last)
        if last.at - first.at < 1 and self._started is not None and last.at > self._started:
            first = Sample(self._started, 0, 0)
        seconds = last.at - first.at
        return (last[field] - first[field]) / seconds if seconds > 0 else 0.0
