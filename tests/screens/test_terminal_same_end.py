"""However late the terminal answers, a fenced console ends in the screen of one without a fence."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import sys
import termios
import time
from pathlib import Path

import pytest

from console.settings.paths import Paths
from tests.screens.furnished import PROFILE, furnished
from tests.support.terminal import KEYS, WHERE, Terminal

ROOT = Path(__file__).resolve().parents[2]
BIGGER, USUAL = (34, 104), (24, 80)
"""Rows and columns."""


class LateTerminal(Terminal):
    """Answers where the cursor is only after so many seconds, or never (None)."""

    late: float | None = 0.0
    _due: list[float]
    _answered = 0

    def read(self, seconds: float = 0.05) -> None:
        """What came; and what is due is answered."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._take()
            asked = self.raw.count(WHERE)
            due = self.__dict__.setdefault("_due", [])
            due += [time.monotonic() + (self.late or 0.0)] * (asked - len(due))
            while self.late is not None and self._answered < len(due) and due[self._answered] <= time.monotonic():
                self._answered += 1
                os.write(self._fd, b"\x1b[5;5R")

    def _take(self) -> None:
        if select.select([self._fd], [], [], 0.02)[0]:
            data = os.read(self._fd, 65536)
            self.raw += data
            self._stream.feed(data)

    def resize(self, size: tuple[int, int]) -> None:
        """The window is another size now."""
        self.screen.resize(*size)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

    def calm(self) -> None:
        """Wait until nothing more comes."""
        for _ in range(60):
            before = len(self.raw)
            self.read(0.3)
            if len(self.raw) == before:
                return
        raise AssertionError("it never stands still")


STEPS: tuple[tuple[str | tuple[int, int], ...], ...] = (
    ("?", "pagedown", "pagedown", "escape"),
    ("ctrl+p", "p", "l", "a", "down", "down", "escape"),
    ("?", BIGGER, "pagedown", "escape", USUAL),
    ("f2", "w", BIGGER, "?", "down", "escape", "escape", "\x1b[<0;5;4M\x1b[<0;5;4m", USUAL),
)
"""Screens, a dialog above them, another theme, other sizes, a click; keys at once within a group."""


def walk(paths: Paths, folder: Path, link: str, late: float | None) -> list[str]:
    """The screen after each group of steps: the text, and how each cell looks."""
    paths.settings_file.write_text(f'profile = "{PROFILE.name}"\n')  # the walk changes the theme
    command = [sys.executable, "-P", "-m", "screens", "--config", str(paths.config), "--state", str(paths.state)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    environment |= {"HUBSPOKE_ACCESS_TOKEN": "pat-na1-walk", "HUBSPOKE_LINK": link, "ESCDELAY": "20"}
    seen = []
    with LateTerminal(command, environment=environment | {"PYTHONPATH": str(ROOT)}, cwd=folder) as terminal:
        terminal.late = late
        terminal.wait("refused")
        terminal.calm()
        for group in STEPS:
            for step in group:
                if isinstance(step, tuple):
                    terminal.resize(step)
                else:
                    os.write(terminal._fd, KEYS.get(step, step).encode())
                terminal.read(0.06)
            terminal.calm()
            seen.append(looks(terminal))
    return seen


def looks(terminal: Terminal) -> str:
    """Text and attributes, row by row; notices come and go by the clock, so their corner is left out."""
    rows = []
    for number in range(terminal.screen.lines - 6):
        cells = [terminal.screen.buffer[number][column] for column in range(terminal.screen.columns)]
        rows.append("".join(f"{c.data}{c.fg[0]}{c.bg}{int(c.bold)}" for c in cells))
    return "\n".join((*terminal.screen.display[:-6], *rows))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Paths, Path]:
    folder = tmp_path_factory.mktemp("place")
    return furnished(folder)[0], folder


@pytest.fixture(scope="module")
def unfenced(place: tuple[Paths, Path]) -> list[str]:
    return walk(*place, "fast", None)


@pytest.mark.parametrize("late", [0.12, None])
def test_the_same_screen_in_the_end(place: tuple[Paths, Path], unfenced: list[str], late: float | None) -> None:
    fenced = walk(*place, "slow", late)
    for number, (ours, theirs) in enumerate(zip(fenced, unfenced, strict=True)):
        assert ours.splitlines() == theirs.splitlines(), STEPS[number]
