"""Processes that apply or make a plan and end when they are told to: the test's side of `tests.apply.doomed`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.support.simulator import Simulator

ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    """How a process ended: the negative number of a signal, or its exit code; and its last words."""

    code: int
    said: str


@dataclass
class Nursery:
    """Bears processes that apply or make a plan; see `tests.apply.doomed`."""

    process: subprocess.Popen[str]
    ended: dict[int, Ended] = field(default_factory=dict)

    def begin(
        self,
        folder: Path,
        sim: Simulator,
        what: str,
        point: str = "",
        nth: int = 1,
        *,
        connections: int = 0,
        work: str = "apply",
    ) -> int:
        """A process of this plan, or of another work; its id."""
        assert self.process.stdin is not None
        told = [str(folder), sim.url, sim.token, what, point, nth, connections, work]
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        while (words := self._heard())[0] != "began":
            pass
        return int(words[1])

    def end(self, pid: int) -> Ended:
        """How that process ended, which is waited for."""
        while pid not in self.ended:
            self._heard()
        return self.ended.pop(pid)

    def _heard(self) -> list[str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the nursery is gone"
        words = line.rstrip("\n").split(" ", 3)
        if words[0] == "ended":
            self.ended[int(words[1])] = Ended(int(words[2]), words[3])
        return words


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """A nursery that ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.apply.doomed"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield Nursery(process)
        finally:
            process.kill()
