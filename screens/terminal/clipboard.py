"""Copying, also from a machine at the other end of SSH: tmux's buffer, the terminal's clipboard (OSC 52), a file.

No terminal says whether it took what OSC 52 brought, so the words tell which way was gone and where to look next.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from console.settings.paths import private_dir, write_private

if TYPE_CHECKING:
    from textual.app import App

LARGEST = 74_994
"""Bytes that OSC 52 carries everywhere: 100,000 of base64 is what terminals keep room for, xterm's limit among them."""
PATIENCE = 2.0
"""Seconds for tmux to take its buffer."""
_SCREEN_CHUNK = 240
"""GNU screen hands on 256 characters of a string at most."""
_DEAF = frozenset({"linux", "vt100", "vt220", "ansi", "dumb", ""})
"""Terminals that have no clipboard."""


class Way(StrEnum):
    """How a text was handed over."""

    TMUX = "tmux"
    OSC52 = "osc52"
    FILE = "file"


class Copied(NamedTuple):
    """The way that was gone, and the words for it."""

    way: Way
    words: str


def copy(text: str, write: Callable[[str], None], environ: Mapping[str, str], file: Path) -> Copied:
    """Hand a text over; blocks while tmux takes it. `write` sends to the terminal, `file` is the last resort.

    Raises:
        OSError: nothing else was left, and the file cannot be written.
    """
    data = text.encode("utf-8", "surrogatepass")
    if environ.get("TMUX") and _into_tmux(data):
        return Copied(Way.TMUX, "in tmux's buffer (prefix ] pastes it), and in the terminal's clipboard if it takes it")
    if len(data) > LARGEST:
        return _into_file(data, file, f"{len(data):,} bytes are more than a terminal's clipboard takes")
    if environ.get("TERM", "") in _DEAF:
        return _into_file(data, file, f"a terminal of the kind {environ.get('TERM') or 'unknown'} has no clipboard")
    write(_wrapped(sequence(data), environ))
    return Copied(Way.OSC52, "sent to the terminal's clipboard (OSC 52)")


def sequence(data: bytes) -> str:
    """OSC 52: all that is foreign in it is base64."""
    return f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"


def terminal_of(app: App[Any]) -> Callable[[str], None]:
    """What sends bytes to the app's terminal."""

    def write(text: str) -> None:
        if app._driver is not None:
            app._driver.write(text)
            app._driver.flush()

    return write


def _into_tmux(data: bytes) -> bool:
    """Into the buffer, and with -w on to the terminal, which tmux's own `set-clipboard external` would drop from us."""
    for command in (("tmux", "load-buffer", "-w", "-"), ("tmux", "load-buffer", "-")):  # -w came with 3.2
        try:
            done = subprocess.run(command, input=data, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603 - no foreign word in it
        except (OSError, subprocess.TimeoutExpired):
            return False
        if done.returncode == 0:
            return True
    return False


def _wrapped(text: str, environ: Mapping[str, str]) -> str:
    """GNU screen hands on what stands in a device control string, a piece at a time."""
    if not environ.get("STY"):
        return text
    pieces = [text[start : start + _SCREEN_CHUNK] for start in range(0, len(text), _SCREEN_CHUNK)]
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def _into_file(data: bytes, file: Path, why: str) -> Copied:
    private_dir(file.parent)
    write_private(file, data)
    return Copied(Way.FILE, f"written to {file}, for you alone to read: {why}")
