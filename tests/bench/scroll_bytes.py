"""What one scrolled row of contacts costs a line at 120x40 in true colour (limit: 12.5 KB), and at other sizes and depths.

python -P -m tests.bench.scroll_bytes
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench.held_key import DOWN, browse
from tests.screens.workplace import Workplace
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal

LIMIT = 12_500
KEYS = 20
SIZES = ((120, 40), (80, 24))
DEPTHS = {
    "true colour": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "256 colours": {"TERM": "xterm-256color"},
    "16 colours": {"TERM": "xterm"},
    "no colour": {"TERM": "xterm-256color", "NO_COLOR": "1"},
}


def scrolled(place: Workplace, columns: int, rows: int, environment: dict[str, str]) -> float:
    """Bytes a row."""
    whole = {key: value for key, value in place.environment.items() if key != "COLORTERM"} | environment
    with Terminal(place.command, columns=columns, rows=rows, environment=whole) as terminal:
        browse(terminal)
        before = len(terminal.raw)
        for _ in range(KEYS):
            terminal.press(DOWN.decode())
            terminal.still(0.15)
        return (len(terminal.raw) - before) / KEYS


def main() -> int:
    """Measure and print."""
    worst = 0.0
    with tempfile.TemporaryDirectory() as name, start_simulator(contacts=2000) as simulator:
        place = Workplace(Path(name), simulator, [("E1", "a@b.example", "A", "B")])
        for columns, rows in SIZES:
            for depth, environment in DEPTHS.items():
                measured = scrolled(place, columns, rows, environment)
                worst = measured if (columns, rows, depth) == (120, 40, "true colour") else worst
                print(f"{columns}x{rows} {depth:<12} {measured:8,.0f} bytes a row")
    print(f"limit at 120x40 in true colour {LIMIT:,}")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
