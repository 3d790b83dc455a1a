"""The console as an operator has it: in a tmux of its own, driven by keys, read by eye."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class Tmux:
    """One window of `columns` x `rows` on a private tmux server."""

    def __init__(
        self, folder: Path, command: Sequence[str], *, columns: int, rows: int, environment: Mapping[str, str]
    ) -> None:
        self._base = ["tmux", "-f", "/dev/null", "-S", str(folder / "tmux")]
        exports = [f"{name}={value}" for name, value in environment.items()]
        start = ["new-session", "-d", "-s", "t", "-x", str(columns), "-y", str(rows), "env", "-i", *exports, *command]
        self._tmux(*start, environment=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run([*self._base, "kill-server"], capture_output=True, check=False)

    @property
    def text(self) -> str:
        """What the window shows now."""
        return self._tmux("capture-pane", "-t", "t", "-p")

    def press(self, *keys: str) -> None:
        """Keys by tmux's names."""
        self._tmux("send-keys", "-t", "t", *keys)

    def wait(self, pattern: str, seconds: float = 20) -> str:
        """The window once it shows `pattern`; AssertionError with the window otherwise."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if re.search(pattern, text := self.text):
                return text
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} did not appear:\n{text}")

    def ended(self, seconds: float = 5) -> bool:
        """Whether the program left within so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if subprocess.run([*self._base, "has-session", "-t", "t"], capture_output=True, check=False).returncode:
                return True
            time.sleep(0.05)
        return False

    def _tmux(self, *words: str, environment: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            [*self._base, *words], capture_output=True, text=True, check=True, timeout=10, env=environment
        )
        return done.stdout
