"""What each screen sends while nothing happens (limit: 0 bytes a second).

python -P -m tests.bench.idle [--seconds 3] [SCREEN ...]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.screens.every_screen import every_screen
from tests.screens.tour import NEXT, command
from tests.screens.world import World
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal

ROOT = str(Path(__file__).resolve().parents[2])


def idle(world: World, seconds: float, places: list[str]) -> dict[str, int]:
    """Bytes by screen."""
    environment = world.place.environment | {"PYTHONPATH": ROOT}
    line = command(world.place.paths, world.ids, places)
    sent = {}
    with Terminal(line, columns=120, rows=40, environment=environment, cwd=world.place.folder) as terminal:
        terminal.wait("connected", 60)
        for place in places:
            size, patience = len(terminal.raw), time.monotonic() + 10
            terminal.press(NEXT)
            while len(terminal.raw) == size and time.monotonic() < patience:
                terminal.read(0.1)
            terminal.still(11)  # the slots that were taken are free again: until then the gauges move, and rightly
            before, end = len(terminal.raw), time.monotonic() + seconds
            while time.monotonic() < end:
                terminal.read(0.1)
            sent[place] = len(terminal.raw) - before
    return sent


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("places", nargs="*", help="all of them when none is named")
    asked = parser.parse_args()
    seconds, places = asked.seconds, asked.places or sorted(every_screen())
    with tempfile.TemporaryDirectory() as name, start_simulator(contacts=200, companies=20) as simulator:
        sent = idle(World(Path(name), simulator), seconds, places)
    for place, count in sent.items():
        print(f"{place:<18} {count / seconds:8,.0f} bytes a second")
    return 0 if not any(sent.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
