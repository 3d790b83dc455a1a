"""Down held for three seconds over a real sshd on a line of 64 kB/s without compression (limit: 1 s of lag).

    python -P -m tests.bench.held_key [--rate 64000] [--seconds 3] [--compress]

Lag is how long after the last key the screen of 120x40 still changes. Also the time from a key to the
first byte of its frame in a local terminal, p95 (limit 30 ms), at rest and while a run is applying.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator
from tests.support.slow_line import slow_line
from tests.support.ssh import start_sshd
from tests.support.terminal import Terminal

COLUMNS, ROWS, PER_SECOND = 120, 40, 30
LIMIT_LAG, LIMIT_KEY = 1.0, 0.030
DOWN = b"\x1b[B"


def browse(terminal: Terminal) -> None:
    """To the contacts, with the cursor at the lower edge, where each key scrolls."""
    terminal.wait("connected", 60)
    terminal.press("b")
    terminal.wait("@", 60)
    for _ in range(ROWS):
        terminal.press("down")
    terminal.still()


def hold(terminal: Terminal, seconds: float) -> float:
    """Hold Down; answers for how many seconds after that the screen went on moving."""
    end = time.monotonic() + seconds
    due = time.monotonic()
    while time.monotonic() < end:
        os.write(terminal._fd, DOWN)
        due += 1 / PER_SECOND
        while time.monotonic() < due:
            terminal.read(max(0.0, min(0.01, due - time.monotonic())))
    released = time.monotonic()
    return max(0.0, terminal.still(1.5) - released)


def key_times(terminal: Terminal, keys: int = 120) -> list[float]:
    """Seconds from a key to the first byte of its frame."""
    taken = []
    for _ in range(keys):
        terminal.still(0.03)
        began = time.perf_counter()
        os.write(terminal._fd, DOWN)
        if select.select([terminal._fd], [], [], 2)[0]:
            taken.append(time.perf_counter() - began)
        terminal.read(0.01)
    return taken


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 stay under."""
    return statistics.quantiles(values, n=20)[-1]


def lag(folder: Path, place: Workplace, rate: int, seconds: float, compress: bool) -> float:
    """Over ssh through the slow line."""
    with start_sshd(folder, place.environment) as login:
        port = int(login[login.index("-p") + 1])
        with slow_line(port, rate) as slow:
            through = [str(slow) if word == str(port) else word for word in login]
            command = [through[0], *(["-C"] if compress else []), *through[1:], shlex.join(place.command)]
            with Terminal(command, columns=COLUMNS, rows=ROWS) as terminal:
                browse(terminal)
                return hold(terminal, seconds)


def applying(place: Workplace) -> subprocess.Popen[bytes]:
    """A run that writes while the keys are pressed."""
    plan = subprocess.run(
        [*place.command, "plan", "people-to-contacts", "--json"],
        env=place.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    words = [*place.command, "apply", json.loads(plan.stdout)["id"], "--yes", "--attached"]
    return subprocess.Popen(
        words, env=place.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def local(place: Workplace, simulator: Simulator, people: int) -> tuple[list[float], list[float], str]:
    """Key times at rest, key times while a run is applying, and how far that run was."""
    environment = place.environment | {"COLORTERM": "truecolor"}
    with Terminal(place.command, columns=COLUMNS, rows=ROWS, environment=environment) as terminal:
        browse(terminal)
        rest = key_times(terminal)
        run = applying(place)
        end = time.monotonic() + 60
        while not simulator.state()["creates"] and time.monotonic() < end:
            terminal.read(0.1)
        busy = key_times(terminal)
        written = len(simulator.state()["creates"])
        run.terminate()
        run.wait(60)
        return rest, busy, "under way" if written < people else "over before the last key"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=64_000)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--compress", action="store_true")
    asked = parser.parse_args()
    people = [(f"P{n:06d}", f"p{n}@acme.example", f"Given{n}", f"Family{n}") for n in range(20_000)]
    with tempfile.TemporaryDirectory() as name, start_simulator(contacts=2000) as simulator:
        folder = Path(name)
        place = Workplace(folder, simulator, people, lanes=2)
        simulator.allowances(burst="100000/10", search="1000/1")
        lagged = lag(folder, place, asked.rate, asked.seconds, asked.compress)
        simulator.faults("slow=100%/1@batch/create")
        rest, busy, how = local(place, simulator, len(people))
    print(
        f"lag after Down held {asked.seconds:g} s at {asked.rate // 1000} kB/s   {lagged:6.2f} s   limit {LIMIT_LAG:g} s"
    )
    print(f"key to screen, p95, at rest            {p95(rest) * 1000:6.1f} ms  limit {LIMIT_KEY * 1000:g} ms")
    print(f"key to screen, p95, a run is {how}  {p95(busy) * 1000:6.1f} ms  limit {LIMIT_KEY * 1000:g} ms")
    return 0 if lagged <= LIMIT_LAG and p95(rest) <= LIMIT_KEY and p95(busy) <= LIMIT_KEY else 1


if __name__ == "__main__":
    sys.exit(main())
