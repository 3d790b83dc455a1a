"""A real terminal for tests: a child on a pty, its screen as pyte reads it, its raw bytes kept."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D",
    "space": " ", "pagedown": "\x1b[6~", "backspace": "\x7f", "ctrl+p": "\x10", "ctrl+q": "\x11", "ctrl+s": "\x13",
    "shift+tab": "\x1b[Z", "f2": "\x1bOQ",
}  # fmt: skip


ALONE = 0.2
"""Seconds of silence after Escape: a key that the console reads together with it makes it an Alt."""

WHERE = b"\x1b[6n"
"""Where is the cursor? The frame fence asks it after each frame."""


class Terminal:
    """Runs `command` in a terminal of `columns` x `rows` until closed."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            try:
                if cwd is not None:
                    os.chdir(cwd)
                os.execvpe(command[0], list(command), {**(environment or os.environ)})
            finally:
                os._exit(127)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.status: int | None = None
        self._silent_until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def text(self) -> str:
        """What a person sees now, line by line."""
        return "\n".join(self.screen.display)

    def read(self, seconds: float = 0.05) -> None:
        """Takes in what the child wrote, waiting at most so long for the first byte."""
        while select.select([self._fd], [], [], seconds)[0]:
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                return
            if not data:
                return
            seen = max(0, len(self.raw) - len(WHERE) + 1)  # a question may come in two pieces
            self.raw += data
            self._stream.feed(data)
            for _ in range(self.raw.count(WHERE, seen)):
                os.write(self._fd, f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R".encode())
            seconds = 0.01

    def press(self, *keys: str) -> None:
        """Sends keys by name, or text as it is."""
        for key in keys:
            time.sleep(max(0.0, self._silent_until - time.monotonic()))
            os.write(self._fd, KEYS.get(key, key).encode())
            self._silent_until = time.monotonic() + ALONE if key == "escape" else 0.0
            self.read(0.05)

    def wait(self, pattern: str, seconds: float = 15) -> str:
        """The screen once it shows `pattern` (a regular expression); AssertionError with the screen otherwise."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.1)
            if re.search(pattern, self.text):
                return self.text
            if self.ended():
                break
        raise AssertionError(f"{pattern!r} did not appear (ended: {self.status}):\n{self.text}")

    def still(self, quiet: float = 0.6, seconds: float = 60) -> float:
        """Waits until nothing came for `quiet` seconds; when the last byte came (monotonic). AssertionError if it never rests."""
        last = began = time.monotonic()
        size = len(self.raw)
        while time.monotonic() - last < quiet:
            self.read(0.02)
            if len(self.raw) != size:
                last, size = time.monotonic(), len(self.raw)
            if time.monotonic() - began > seconds:
                raise AssertionError(f"it never came to rest:\n{self.text}")
        return last

    def at(self, heading: str) -> str:
        """The console's screen once it is the one of that name (a regular expression), which stands in its first line."""
        return self.wait(rf"\A\s*hubspoke  {heading}", 30)

    def back(self, heading: str) -> None:
        """Escape, and nothing else before it did its work."""
        self.press("escape")
        self.at(heading)

    def ended(self) -> bool:
        """Whether the child is gone."""
        if self.status is None:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait_end(self, seconds: float = 10) -> int:
        """The child's exit code; AssertionError if it goes on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            if self.ended():
                return self.status or 0
        raise AssertionError(f"still running:\n{self.text}")

    def hang_up(self) -> None:
        """Closes the terminal as a lost line does."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def close(self) -> None:
        """Ends the child, kindly first."""
        self.hang_up()
        for number in (signal.SIGTERM, signal.SIGKILL):
            end = time.monotonic() + 3
            while time.monotonic() < end:
                if self.ended():
                    return
                time.sleep(0.02)
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
        self.ended()
