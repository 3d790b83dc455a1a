"""Ctrl+z: a clean terminal for the shell, the whole console when it comes back, and words where there is no shell."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from pathlib import Path

from tests.screens.furnished import furnished
from tests.support.terminal import Terminal

OFF = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1004l", b"\x1b[<u", b"\x1b[?1000l", b"\x1b[?7h")
"""The other screen, the cursor, paste, focus, keyboard, mouse, line wrap: as a shell expects them."""


def shell(folder: Path) -> tuple[Terminal, str]:
    """A shell with job control in a terminal, and the command that opens the console from it."""
    paths, _ = furnished(folder)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    environment |= {"PS1": "at-the-shell> ", "HUBSPOKE_ACCESS_TOKEN": "pat-na1-walk", "HUBSPOKE_LINK": "slow"}
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], environment=environment, cwd=folder)
    command = f"{sys.executable} -P -m screens --config {paths.config} --state {paths.state}"
    return terminal, f"PYTHONPATH={Path(__file__).resolve().parents[2]} {command}\r"


def cooked(terminal: Terminal) -> bool:
    """Whether the line discipline is a shell's own again: signals from keys, and no more raw input than readline's."""
    return bool(termios.tcgetattr(terminal._fd)[3] & termios.ISIG)


def test_suspended_and_back_it_is_whole_and_the_shell_gets_a_clean_terminal(tmp_path: Path) -> None:
    terminal, command = shell(tmp_path)
    with terminal:
        terminal.wait("at-the-shell>")
        terminal.press(command)
        terminal.wait("q Quit")
        terminal.wait("✗")  # nobody answers at that address: soon nothing moves any more
        terminal.still(1.0)
        before = terminal.text
        for _ in range(2):
            sent = len(terminal.raw)
            terminal.press("\x1a")
            terminal.wait("Stopped")
            left = bytes(terminal.raw[sent:])
            assert all(mode in left for mode in OFF), [mode for mode in OFF if mode not in left]
            assert cooked(terminal)
            terminal.press("echo still $((40+2))\r")
            terminal.wait("still 42")
            terminal.press("fg\r")
            terminal.wait("q Quit")
            terminal.still(1.0)
            same = [line for line in terminal.text.splitlines() if "╭" in line or "│" in line]
            assert same == [line for line in before.splitlines() if "╭" in line or "│" in line]
            terminal.press("?")
            terminal.wait("esc Back")
            terminal.press("escape")
            terminal.wait("q Quit")
        terminal.press("q")
        terminal.wait("at-the-shell>")
        assert cooked(terminal)


def test_a_stop_that_nobody_asked_for_leaves_nothing_raw(tmp_path: Path) -> None:
    terminal, command = shell(tmp_path)
    with terminal:
        terminal.wait("at-the-shell>")
        terminal.press(command)
        terminal.wait("✗")
        pid = int(Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text().split()[0])
        os.kill(pid, signal.SIGSTOP)
        terminal.wait("Stopped")
        terminal.press("fg\r")
        terminal.wait("q Quit")
        terminal.press("?")
        terminal.wait("esc Back")
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        os.kill(pid, signal.SIGCONT)  # a second one changes nothing either
        time.sleep(0.3)
        terminal.read(0.3)
        assert len(list(Path(f"/proc/{pid}/task").iterdir())) <= threads, "a second reader of the keys"
        terminal.press("escape")
        terminal.wait("q Quit")
        terminal.press("q")
        terminal.wait("at-the-shell> ")
        assert cooked(terminal)


def test_without_a_shell_it_says_that_nobody_could_bring_it_back(tmp_path: Path) -> None:
    paths, _ = furnished(tmp_path)
    command = [sys.executable, "-P", "-m", "screens", "--config", str(paths.config), "--state", str(paths.state)]
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "HUBSPOKE_ACCESS_TOKEN": "pat-na1-walk"}
    with Terminal(command, environment=environment) as terminal:
        terminal.wait("q Quit")
        terminal.wait("✗")
        terminal.press("\x1a")
        terminal.wait("no shell started the console")
        terminal.press("q")
        assert terminal.wait_end() == 0
