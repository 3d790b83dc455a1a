"""Nothing moves, nothing is sent: what a slow line pays for a console that waits, and for a scrolled row."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.screens.furnished import furnished
from tests.screens.workplace import Workplace
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal

ROW_LIMIT = 12_500


def sent(terminal: Terminal, seconds: float) -> int:
    """Bytes in so many seconds."""
    before, end = len(terminal.raw), time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.read(0.1)
    return len(terminal.raw) - before


def test_an_idle_console_sends_nothing(tmp_path: Path) -> None:
    paths, words = furnished(tmp_path)
    command = [sys.executable, "-P", "-m", "screens", "--config", str(paths.config), "--state", str(paths.state)]
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "HUBSPOKE_ACCESS_TOKEN": "pat-na1-idle"}
    with Terminal(command, columns=120, rows=40, environment=environment, cwd=tmp_path) as terminal:
        terminal.wait("✗")  # nobody answers at that address
        assert all(word in terminal.text for word in words)
        terminal.still()
        assert sent(terminal, 1.5) == 0, "Home moves"
        terminal.press("ctrl+p")
        terminal.wait("Search for commands")
        terminal.still()
        assert sent(terminal, 1.5) == 0, "the palette moves"


def test_a_scrolled_row_is_cheap(tmp_path: Path) -> None:
    with start_simulator(contacts=300) as simulator:
        place = Workplace(tmp_path, simulator, [("E1", "a@b.example", "A", "B")])
        environment = {**place.environment, "COLORTERM": "truecolor"}
        with Terminal(place.command, columns=120, rows=40, environment=environment, cwd=tmp_path) as terminal:
            terminal.wait("connected")
            terminal.press("b")
            terminal.wait("loaded")
            for _ in range(40):
                terminal.press("down")
            terminal.still()
            before = len(terminal.raw)
            for _ in range(20):
                terminal.press("down")
            sent(terminal, 0.3)
            assert (len(terminal.raw) - before) / 20 <= ROW_LIMIT
