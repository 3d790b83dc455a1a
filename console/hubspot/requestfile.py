"""The requests of all processes of a state folder, in one private file that never grows beyond its bound.

One JSON line an attempt, appended in one write, so that console, command line and runners share it. What is in it
is what `RequestEntry` holds: no value, no secret. A full file becomes `requests.jsonl.1`, in place of the one before.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from console.hubspot.requestlog import RequestEntry
from console.settings.errors import SettingsError
from console.settings.new_file import new_private
from console.settings.paths import Paths, private_open

LIMIT = 2 * 1024 * 1024
"""Bytes of one file; there are two."""
KEPT = 5000
"""Attempts that a reader remembers."""
_AT_ONCE = 1024 * 1024


def request_file(paths: Paths) -> Path:
    """Where the requests of a state folder are."""
    return paths.state / "requests.jsonl"


class RequestFile:
    """Appends; opens the file with the first entry. A disk that takes nothing stops the log, never a request."""

    def __init__(self, path: Path, profile: str = "", limit: int = LIMIT) -> None:
        self.path = path
        self._profile = profile
        self._limit = limit
        self._file: IO[bytes] | None = None
        self._broken = False

    def add(self, entry: RequestEntry) -> None:
        """Append one attempt."""
        if self._broken:
            return
        seen = msgspec.structs.replace(entry, profile=self._profile, pid=os.getpid())
        try:
            os.write(self._open().fileno(), msgspec.json.encode(seen) + b"\n")
        except (OSError, SettingsError):
            self._broken = True

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> IO[bytes]:
        file = self._file
        if file is not None and os.fstat(file.fileno()).st_size < self._limit:
            return file
        self.close()
        with suppress(FileNotFoundError):
            if self.path.stat().st_size >= self._limit:  # whoever comes second finds a short one, and leaves it
                self.path.replace(older(self.path))
        self._file = private_open(self.path, "ab")
        return self._file


class RequestTail:
    """Reads what is in the file and what comes to it; remembers the last `kept` attempts, whatever comes."""

    def __init__(self, path: Path, kept: int = KEPT) -> None:
        self.path = path
        self.entries: deque[RequestEntry] = deque(maxlen=kept)
        self._node = 0
        self._at = 0
        self._began = False

    def read(self) -> bool:
        """Take in what is new; says whether anything was. For a thread: it reads a file."""
        if not self._began:
            self._began = True
            self._take(older(self.path), -_AT_ONCE)
            fresh, self._node, self._at = self._take(self.path, -_AT_ONCE)
            return fresh or bool(self.entries)
        try:
            now = self.path.stat()
        except OSError:
            return False
        if now.st_ino == self._node and now.st_size == self._at:
            return False
        turned = now.st_ino != self._node
        if turned:  # the end of what became the older file, then the new one from its beginning
            self._take(older(self.path), self._at)
        fresh, self._node, self._at = self._take(self.path, 0 if turned or now.st_size < self._at else self._at)
        return fresh or turned

    def _take(self, path: Path, start: int) -> tuple[bool, int, int]:
        """From `start` on (below 0: from the end); says whether anything came, which file it was, and how far."""
        try:
            with path.open("rb") as file:
                state = os.fstat(file.fileno())
                begin = max(0, state.st_size + start) if start < 0 else min(start, state.st_size)
                file.seek(begin)
                data = file.read()
        except OSError:
            return False, 0, 0
        whole, _, rest = data.rpartition(b"\n")
        lines = whole.split(b"\n")[1 if start < 0 and begin else 0 :]  # the first one may be half a line
        before = len(self.entries)
        found = [entry for entry in map(_entry, lines) if entry is not None]
        self.entries.extend(found)
        return bool(found) or len(self.entries) != before, state.st_ino, begin + len(data) - len(rest)


def older(path: Path) -> Path:
    """Where a full file goes."""
    return path.with_name(f"{path.name}.1")


def _entry(line: bytes) -> RequestEntry | None:
    try:
        return msgspec.json.decode(line, type=RequestEntry)
    except msgspec.DecodeError:
        return None  # a disk that was full, or another version's line


def write_new(path: Path, entries: Iterable[RequestEntry]) -> None:
    """The entries as JSON lines in a new file that only its owner reads.

    Raises:
        SettingsError: there is such a file already, or it cannot be written.
    """
    with new_private(path) as file:
        file.writelines(msgspec.json.encode(entry) + b"\n" for entry in entries)
