"""A text file that is read once, line by line, in bounded memory, and watched while it is read."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path
from typing import Any

from console.sources.encoding import Encoding, detect
from console.sources.errors import SourceChanged, SourceError

CHANGED_REMEDY = "Wait until the export has finished (write to a temporary name, then rename), and plan again."
_State = tuple[int, int, int, int]


def _identity(status: os.stat_result) -> _State:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class _Hashed(io.RawIOBase):
    """Raw bytes of a file, digested as they pass."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._raw.readinto(buffer) or 0
        self.digest.update(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class TextFile:
    """One regular file. `open` once; `readline` never holds more than `limit` characters."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.encoding: Encoding | None = None
        self._before: _State | None = None
        self._hashed: _Hashed | None = None
        self._digest = ""

    def inspect(self) -> Encoding:
        """Look at all bytes once to know the encoding; remembers what the file was like."""
        with self._raw() as raw:
            self._before = _identity(os.fstat(raw.fileno()))
            with io.BufferedReader(raw) as stream:
                self.encoding = detect(stream)
        return self.encoding

    def open(self) -> io.TextIOWrapper:
        """Open for reading; line ends are kept as they are."""
        encoding = self.encoding or self.inspect()
        self._digest = ""
        self._hashed = _Hashed(self._raw())
        return io.TextIOWrapper(
            io.BufferedReader(self._hashed, 1 << 16), encoding=encoding.codec, errors=encoding.errors, newline=""
        )

    def finished(self) -> None:
        """Say that the end was reached, so that the digest stands for the whole file."""
        if self._hashed is not None:
            self._digest = self._hashed.digest.hexdigest()

    def digest(self) -> str:
        """Digest of the bytes that were read; refuses a file that is no longer what it was."""
        if self.encoding is None or not self._digest:
            raise SourceError(f"{self.name} has not been read to its end", file=self.name)
        try:
            now = _identity(self.path.stat())
        except OSError:
            now = None
        if now != self._before or self._digest != self.encoding.digest:
            raise SourceChanged(f"{self.name} was changed while it was read", file=self.name, remedy=CHANGED_REMEDY)
        return self._digest

    def _raw(self) -> io.FileIO:
        """Open the file without being caught by a pipe that never answers."""
        try:
            mode = self.path.stat().st_mode
            if stat.S_ISDIR(mode):
                raise SourceError(
                    f"{self.name} is a folder, not a file", file=self.name, remedy="Name a file inside it."
                )
            if not stat.S_ISREG(mode):
                raise SourceError(
                    f"{self.name} is not a regular file",
                    file=self.name,
                    remedy="Write the people to a file first: a source is read more than once.",
                )
            return io.FileIO(os.open(self.path, os.O_RDONLY | os.O_NOCTTY | getattr(os, "O_CLOEXEC", 0)), "r")
        except FileNotFoundError:
            raise SourceError(
                f"{self.name} does not exist",
                file=self.name,
                remedy="Check the path; a relative path is relative to the mapping file.",
            ) from None
        except PermissionError:
            raise SourceError(
                f"{self.name} may not be read by this user", file=self.name, remedy=f"chmod u+r {self.name}"
            ) from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SourceError(
                f"{self.name} cannot be opened: {reason}", file=self.name, remedy="Check the path and the disk."
            ) from None
