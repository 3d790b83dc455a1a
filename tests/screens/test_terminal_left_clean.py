"""However the console ends, the terminal is as it was: other screen left, cursor, mouse, paste and keys as before."""

from __future__ import annotations

import os
import signal
import sys
import termios
from pathlib import Path

import pytest

from tests.screens.crashing_app import SECRET
from tests.support.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
ON = (1000, 1003, 1006, 1015, 1004, 2004, 1049)
"""Modes that the console switches on: mouse, focus, paste, the other screen."""


def crashing(where: str, folder: Path) -> Terminal:
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    return Terminal(
        [sys.executable, str(ROOT / "tests/screens/crashing_app.py"), where, str(folder)], environment=environment
    )


def left_clean(terminal: Terminal, before: list[object]) -> None:
    """What was switched on is off again, and the line discipline is the one from before."""
    raw = bytes(terminal.raw)
    for mode in ON:
        switched, off = raw.rfind(b"\x1b[?%dh" % mode), raw.rfind(b"\x1b[?%dl" % mode)
        assert switched < off or switched == -1, f"mode {mode} is left on"
    assert raw.rfind(b"\x1b[?25h") > raw.rfind(b"\x1b[?25l"), "the cursor is left hidden"
    assert raw.rfind(b"\x1b[?7h") > raw.rfind(b"\x1b[?7l"), "lines are left unwrapped"
    assert raw.count(b"\x1b[<u") >= 1, "the keyboard protocol is left on"
    assert termios.tcgetattr(terminal._fd)[:4] == before[:4]


def words_of(terminal: Terminal) -> str:
    """What stands on the terminal after the other screen was left."""
    return bytes(terminal.raw).rpartition(b"\x1b[?1049l")[2].decode("utf-8", "replace")


@pytest.mark.parametrize("where", ["on_mount", "flood"])
def test_what_ends_it_ends_in_words(tmp_path: Path, where: str) -> None:
    with crashing(where, tmp_path) as terminal:
        before = termios.tcgetattr(terminal._fd)
        if where != "on_mount":
            terminal.wait("q Quit")
            terminal.press("?")
        assert terminal.wait_end() == 1
        terminal.read(0.2)
        left_clean(terminal, before)
        said = words_of(terminal)
        assert "mistake of Hubspoke's own (Mistake)" in said.replace("\r\n", " "), said
        assert "Traceback" not in said
        assert SECRET.encode() not in terminal.raw


@pytest.mark.parametrize("where", ["screen", "key", "worker", "callback"])
def test_a_mistake_on_the_way_ends_nothing(tmp_path: Path, where: str) -> None:
    with crashing(where, tmp_path) as terminal:
        before = termios.tcgetattr(terminal._fd)
        terminal.wait("q Quit")
        terminal.read(0.4)  # what fails before the first frame stands has to end the console
        terminal.press("?")
        if where != "callback":  # asyncio's own handler has that one: nothing of it may be seen
            terminal.wait("Reference ")
        terminal.press("\x1bOR")  # F3: Home
        terminal.wait("q Quit")
        terminal.press("q")
        assert terminal.wait_end() == 0
        terminal.read(0.2)
        left_clean(terminal, before)
        assert SECRET.encode() not in terminal.raw
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_leave_it_clean(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with crashing("nowhere", tmp_path) as terminal:
        before = termios.tcgetattr(terminal._fd)
        terminal.wait("q Quit")
        os.kill(terminal.pid, number)
        assert terminal.wait_end() == code
        terminal.read(0.2)
        left_clean(terminal, before)
