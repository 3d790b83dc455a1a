"""Copying: into tmux, to the terminal by OSC 52, into a private file; the words say which way."""

from __future__ import annotations

import base64
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.terminal.clipboard import LARGEST, Way, copy, sequence

XTERM = {"TERM": "xterm-256color"}
HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202e"


@pytest.fixture
def sent() -> list[str]:
    return []


def test_a_terminal_gets_it_by_osc_52(sent: list[str], tmp_path: Path) -> None:
    done = copy("Ann Perera", sent.append, XTERM, tmp_path / "copied.txt")
    assert done.way is Way.OSC52
    assert "terminal's clipboard" in done.words
    assert sent == [f"\x1b]52;c;{base64.b64encode(b'Ann Perera').decode()}\x07"]
    assert not (tmp_path / "copied.txt").exists()


@given(st.text())
def test_nothing_of_the_text_acts_on_the_way(text: str) -> None:
    made = sequence(text.encode("utf-8", "surrogatepass"))
    body = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", made)
    assert body is not None
    assert base64.b64decode(body[1]).decode("utf-8", "surrogatepass") == text


@pytest.mark.parametrize(
    ("text", "environ", "why"),
    [
        ("x" * (LARGEST + 1), XTERM, "more than a terminal's clipboard takes"),
        ("short", {"TERM": "linux"}, "has no clipboard"),
        ("short", {}, "has no clipboard"),
    ],
)
def test_what_no_clipboard_takes_goes_into_a_private_file(
    text: str, environ: dict[str, str], why: str, sent: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "state" / "copied.txt"
    before = os.umask(0)
    try:
        done = copy(text, sent.append, environ, file)
    finally:
        os.umask(before)
    assert done.way is Way.FILE
    assert str(file) in done.words
    assert why in done.words
    assert sent == []
    assert file.read_text() == text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_gnu_screen_hands_it_on_in_pieces(sent: list[str], tmp_path: Path) -> None:
    done = copy("y" * 2000, sent.append, {**XTERM, "STY": "123.pts-0.host"}, tmp_path / "f")
    assert done.way is Way.OSC52
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", sent[0], re.DOTALL)
    assert len(pieces) > 5
    assert all(len(piece) < 256 for piece in pieces)
    assert "".join(pieces) == sequence(b"y" * 2000)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A tmux of our own; what a program in it finds in its environment."""
    if shutil.which("tmux") is None:
        pytest.fail("tmux is missing: apt-get install tmux")
    socket = tmp_path / "tmux.socket"
    command = ["tmux", "-S", str(socket), "-f", "/dev/null"]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("TMUX")}
    subprocess.run([*command, "new-session", "-d", "sleep 60"], check=True, env=environ, timeout=10)
    yield {**XTERM, "TMUX": f"{socket},1,0"}
    subprocess.run([*command, "kill-server"], check=False, env=environ, timeout=10)


def test_in_tmux_it_is_in_tmuxs_buffer(
    tmux: dict[str, str], sent: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", tmux["TMUX"])
    done = copy(HOSTILE, sent.append, tmux, tmp_path / "f")
    assert done.way is Way.TMUX
    assert "tmux's buffer" in done.words
    assert sent == [], "OSC 52 beside the buffer"
    held = subprocess.run(["tmux", "show-buffer"], capture_output=True, check=True, timeout=10).stdout
    assert held.decode() == HOSTILE


def test_a_tmux_that_is_gone_leaves_osc_52(sent: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = f"{tmp_path / 'nobody'},1,0"
    monkeypatch.setenv("TMUX", gone)
    done = copy("text", sent.append, {**XTERM, "TMUX": gone}, tmp_path / "f")
    assert done.way is Way.OSC52
    assert len(sent) == 1
