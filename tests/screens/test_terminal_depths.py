"""TERM as operators have it: the depth of colour that it can show, a selection that is seen, nothing where NO_COLOR is set."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.screens.furnished import furnished
from tests.support.terminal import Terminal

TRUE, MANY = re.compile(rb"\x1b\[[0-9;]*[34]8;2;"), re.compile(rb"\x1b\[[0-9;]*[34]8;5;")
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


def console(folder: Path, **environment: str) -> Terminal:
    paths, _ = furnished(folder)
    command = [sys.executable, "-P", "-m", "screens", "--config", str(paths.config), "--state", str(paths.state)]
    usual = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "HUBSPOKE_ACCESS_TOKEN": "pat-na1-x"}
    root = str(Path(__file__).resolve().parents[2])
    return Terminal(command, environment=usual | {"PYTHONPATH": root} | environment, cwd=folder)


def looked_at(terminal: Terminal) -> None:
    """Home and Help stand as they should, and the row under the cursor looks unlike the others."""
    terminal.wait("refused")
    terminal.wait("q Quit")
    rows = terminal.text.splitlines()
    chosen = next(number for number, row in enumerate(rows) if re.search(r"r-\d{8}-", row))
    cell, usual = (terminal.screen.buffer[number][5] for number in (chosen, chosen + 1))
    assert (cell.bg, cell.reverse, cell.underscore) != (usual.bg, usual.reverse, usual.underscore), "no selection"
    assert any("╭─ Connection" in row for row in rows)
    terminal.press("?")
    terminal.wait("esc Back")
    terminal.press("escape")
    terminal.wait("q Quit")
    terminal.press("q")
    assert terminal.wait_end() == 0


@pytest.mark.parametrize(
    ("term", "depth"),
    [("xterm", 16), ("linux", 16), ("screen", 16), ("tmux-256color", 256)],
)
def test_no_more_colours_than_the_terminal_has(tmp_path: Path, term: str, depth: int) -> None:
    with console(tmp_path, TERM=term) as terminal:
        looked_at(terminal)
        assert not TRUE.search(terminal.raw)
        assert bool(MANY.search(terminal.raw)) == (depth == 256)
        assert COLOUR.search(terminal.raw)


def test_no_color_sends_no_colour(tmp_path: Path) -> None:
    with console(tmp_path, TERM="xterm-256color", COLORTERM="truecolor", NO_COLOR="1") as terminal:
        looked_at(terminal)
        found = COLOUR.search(terminal.raw)
        assert found is None, found
        assert b"\x1b[7m" in terminal.raw or b";7m" in terminal.raw
