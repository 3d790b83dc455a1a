"""The console refuses in words where it would only spoil the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from screens.terminal.guard import refusal
from tests.support.terminal import Terminal


@dataclass
class Stream:
    encoding: str = "utf-8"
    terminal: bool = True

    def isatty(self) -> bool:
        return self.terminal


def test_a_usual_terminal_is_welcome() -> None:
    assert refusal({"TERM": "xterm-256color"}, Stream(), Stream(), Stream("UTF-8")) == ""


@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_stream_must_be_a_terminal(place: int) -> None:
    streams = [Stream(terminal=place != number) for number in range(3)]
    said = refusal({"TERM": "xterm"}, *streams)
    assert "needs a terminal" in said
    assert "ssh -t" in said


def test_a_closed_stream_is_no_terminal() -> None:
    assert "needs a terminal" in refusal({}, None, Stream(), Stream())


def test_dumb_is_refused_by_name() -> None:
    assert "TERM=dumb" in refusal({"TERM": "dumb"}, Stream(), Stream(), Stream())


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "", "no-such-thing"])
def test_only_utf8_is_drawn_on(encoding: str) -> None:
    assert "LC_ALL=C.UTF-8" in refusal({"TERM": "xterm"}, Stream(), Stream(), Stream(encoding))


def test_the_command_says_it_and_exits_with_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "screens"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_the_command_refuses_a_dumb_terminal_without_painting() -> None:
    with Terminal([sys.executable, "-P", "-m", "screens"], environment={**os.environ, "TERM": "dumb"}) as terminal:
        assert terminal.wait_end() == 2
        terminal.read()
        assert "TERM=dumb" in terminal.text
        assert b"\x1b" not in terminal.raw
