"""One frame in flight: the next is painted when the terminal has answered for the one before."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = b"\x1b[6n"


class SlowLine:
    """A terminal that answers cursor questions only when the test says so."""

    def __init__(self, note: Path, fence: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
            script = str(ROOT / "tests/screens/small_app.py")
            os.execve(sys.executable, [sys.executable, script, "click", fence, str(note)], environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.ByteStream(self.screen)
        self.asked = 0
        self.answered = 0
        self.bytes = 0

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def read(self, seconds: float, *, answer: bool) -> None:
        """Take what comes for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.02)[0]:
                if answer:
                    self.answer()
                continue
            data = os.read(self.fd, 65536)
            self.bytes += len(data)
            self.asked += data.count(ASK)
            self.stream.feed(data)
            if answer:
                self.answer()

    def answer(self) -> None:
        """Answer what was asked and not answered yet."""
        while self.answered < self.asked:
            self.answered += 1
            os.write(self.fd, b"\x1b[10;10R")

    def until(self, text: str, *, answer: bool, seconds: float = 8) -> None:
        end = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < end, f"{text!r} did not appear:\n{self.text}"
            self.read(0.05, answer=answer)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SlowLine]:
    made = SlowLine(tmp_path / "note", "fenced")
    yield made
    made.close()


def test_nothing_is_painted_before_the_answer_then_everything_at_once(line: SlowLine) -> None:
    line.until("ready 0", answer=True)
    line.read(0.3, answer=True)
    os.write(line.fd, b"a")
    line.until("ready 1", answer=False)
    before = line.bytes
    for _ in range(20):
        os.write(line.fd, b"a")
        line.read(0.02, answer=False)
    assert line.bytes - before < 200, "frames were painted into a line that had not answered"
    line.until("ready 21", answer=True)


def test_a_dialog_that_closes_behind_the_fence_leaves_no_trace(line: SlowLine) -> None:
    line.until("ready 0", answer=True)
    os.write(line.fd, b"m")
    line.until("a dialog above", answer=True)
    line.read(0.3, answer=True)
    os.write(line.fd, b"x")  # closes it
    line.read(0.4, answer=False)
    line.read(0.4, answer=True)
    os.write(line.fd, b"a")
    line.until("ready 1", answer=True)
    line.read(0.3, answer=True)
    assert "a dialog above" not in line.text
    assert line.text.count("background") == 100


def test_a_terminal_that_never_answers_is_asked_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATIENCE", "0.4")
    deaf = SlowLine(tmp_path / "note", "fenced")
    try:
        deaf.until("ready 0", answer=False)
        deaf.read(0.6, answer=False)
        os.write(deaf.fd, b"a")
        deaf.until("ready 1", answer=False)  # the fence gave up
        asked = deaf.asked
        assert asked > 0
        for _ in range(4):
            os.write(deaf.fd, b"a")
            deaf.read(0.1, answer=False)
        deaf.until("ready 5", answer=False)
        assert deaf.asked == asked
    finally:
        deaf.close()


def test_without_the_fence_nobody_is_asked(tmp_path: Path) -> None:
    free = SlowLine(tmp_path / "note", "free")
    try:
        free.until("ready 0", answer=False)
        os.write(free.fd, b"a")
        free.until("ready 1", answer=False)
        assert free.asked == 0
    finally:
        free.close()
