"""Clicks without motion, bytes that never raise, an end of input that ends."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.timing import within

ROOT = Path(__file__).resolve().parents[2]


def small_app(note: Path, driver: str = "quiet", fence: str = "free") -> Terminal:
    command = [sys.executable, str(ROOT / "tests/screens/small_app.py"), driver, fence, str(note)]
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    return Terminal(command, environment=environment)


def test_over_ssh_the_mouse_reports_clicks_and_no_motion(tmp_path: Path) -> None:
    with small_app(tmp_path / "note", "click") as terminal:
        terminal.wait("ready 0")
        assert b"\x1b[?1000h" in terminal.raw
        assert b"\x1b[?1006h" in terminal.raw
        assert b"\x1b[?1003h" not in terminal.raw
        terminal.press("\x1b[<0;5;3M\x1b[<0;5;3m")
        terminal.wait("clicked 4 2")


def test_a_local_terminal_reports_motion_as_well(tmp_path: Path) -> None:
    with small_app(tmp_path / "note") as terminal:
        terminal.wait("ready 0")
        assert b"\x1b[?1003h" in terminal.raw


@pytest.mark.parametrize("driver", ["quiet", "click"])
def test_bytes_that_are_no_utf8_do_not_stop_it(tmp_path: Path, driver: str) -> None:
    with small_app(tmp_path / "note", driver) as terminal:
        terminal.wait("ready 0")
        os.write(terminal._fd, b"\x1b[M\x20\xe8\xff\x1b[M\x20\xc0\x80")  # X10 reports beyond column 95
        terminal.read(0.3)
        terminal.press("x")
        terminal.wait(r"ready [1-9]")
        assert not terminal.ended()


def test_the_end_of_input_alone_ends_it_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEAF", "1")

    def left() -> float:
        with small_app(tmp_path / "note") as terminal:
            terminal.wait("ready 0")
            began = time.monotonic()
            terminal.hang_up()
            while not terminal.ended() and time.monotonic() - began < 20:
                time.sleep(0.02)
            assert terminal.status == 129
            return time.monotonic() - began

    within(1.5, left)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_signals_leave_within_a_second_through_on_unmount(tmp_path: Path, number: signal.Signals) -> None:
    note = tmp_path / "note"

    def left() -> float:
        note.unlink(missing_ok=True)
        with small_app(note) as terminal:
            terminal.wait("ready 0")
            began = time.monotonic()
            os.kill(terminal.pid, number)
            assert terminal.wait_end(20) == 128 + number
            took = time.monotonic() - began
            if took < 1:  # later ones were cut short, as they should be
                assert re.search(rb"\x1b\[\?1049l", bytes(terminal.raw)), "the alternate screen was left"
                assert f"left {128 + number}" in note.read_text()
            return took

    within(1.0, left)


def test_a_blocked_end_is_cut_short() -> None:
    program = "import time\nfrom screens.terminal.signals import hold_to_it\nhold_to_it(129, 0.2)\ntime.sleep(30)\n"
    pid = os.spawnve(
        os.P_NOWAIT, sys.executable, [sys.executable, "-c", program], {**os.environ, "PYTHONPATH": str(ROOT)}
    )
    began = time.monotonic()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 129
    assert time.monotonic() - began < 5


def used(pid: int) -> float:
    """Seconds of CPU that a process used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_console_whose_line_is_gone_does_not_spin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEAF", "1")  # SIGHUP is ignored, as under nohup

    def burnt() -> float:
        with small_app(tmp_path / "note") as terminal:
            terminal.wait("ready 0")
            before = last = used(terminal.pid)
            terminal.hang_up()
            end = time.monotonic() + 5
            while not terminal.ended() and time.monotonic() < end:
                last = max(last, used(terminal.pid))
                time.sleep(0.005)
            assert terminal.status == 129
            return last - before

    within(0.5, burnt)
