"""Secrets that must not sing: every way a secret could be spelt, and where it could turn up.

    canaries = Canaries(clientSecret="...", refreshToken="...")
    canaries.in_folder(tmp_path)                       # ["state/x.log: clientSecret (base64)"]
    with ProcessWatch(tmp_path) as processes: ...      # what /proc tells about those who work in that folder
    canaries.in_bytes("arguments", processes.seen[0].arguments)

What is found is told by the secret's name, never by its value.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import stat
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, quote_plus

PIECE = 16
"""Screens crop and wrap: so many letters in a row are a find too."""


class Canaries:
    """Secrets by name; a name may have several values, as access tokens do. Keys may be bytes."""

    def __init__(self, **secrets: str | bytes) -> None:
        self._secrets: dict[str, set[str | bytes]] = {}
        for name, value in secrets.items():
            self.add(name, value)

    def add(self, name: str, *values: str | bytes) -> None:
        """Watch for more."""
        assert all(len(value) >= PIECE for value in values), f"{name} is too short to be told from other text"
        self._secrets.setdefault(name, set()).update(values)

    def in_bytes(self, place: str, data: bytes) -> list[str]:
        """What is in `data`, one line for each secret and spelling."""
        return [
            f"{place}: {name} ({spelling})"
            for name, value in self._pairs()
            for spelling, needles in _spellings(value)
            if any(needle in data for needle in needles)
        ]

    def in_folder(self, folder: Path) -> list[str]:
        """What is in the names and contents of all files below `folder`."""
        return [line for path in files_below(folder) for line in self.in_file(path, str(path.relative_to(folder)))]

    def in_file(self, path: Path, place: str) -> list[str]:
        """What is in the name and content of one file; a file that goes away meanwhile holds nothing."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            content = b""
        return self.in_bytes(place, content) + self.in_bytes("the name of a file", os.fsencode(place))

    def _pairs(self) -> Iterator[tuple[str, str | bytes]]:
        for name, values in self._secrets.items():
            for value in values:
                yield name, value


@cache
def _spellings(value: str | bytes) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
    raw = value.encode() if isinstance(value, str) else value
    needles = {
        "raw": [raw],
        "base64": [text for offset in range(3) for text in _base64_within(raw, offset)],
        "hexadecimal": [raw.hex().encode(), raw.hex().upper().encode()],
    }
    if isinstance(value, str):
        needles |= _text_needles(value)
    return tuple((name, tuple(dict.fromkeys(found))) for name, found in needles.items())


def _text_needles(value: str) -> dict[str, list[bytes]]:
    quoted = [quote(value, safe=""), quote(value), quote_plus(value)]
    written = [json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
    marked = [html.escape(value), html.escape(value, quote=False), html.escape(value).replace("&#x27;", "&#39;")]
    return {
        "another encoding": [value.encode("utf-16-le"), value.encode("latin-1", "replace")],
        "URL-encoded": [text.encode() for text in (*quoted, *map(_small_percents, quoted))],
        "JSON-escaped": [text.encode() for line in written for text in (line, line.replace("/", "\\/"))],
        "markup": [text.encode() for text in marked],
        "repr": [repr(value)[1:-1].encode(), ascii(value)[1:-1].encode(), repr(value.encode())[2:-1].encode()],
        "in part": [value[at : at + PIECE].encode() for at in range(0, len(value) - PIECE + 1, PIECE)],
    }


def _small_percents(text: str) -> str:
    """The same with %c3 for %C3."""
    return re.sub("%..", lambda found: found[0].lower(), text)


def _base64_within(raw: bytes, offset: int) -> tuple[bytes, bytes]:
    """How it looks in the base64 of something longer, where it begins `offset` bytes after a group of three.

    Letters at the ends that neighbours have a share in are left out.
    """
    code = base64.b64encode(bytes(offset) + raw)
    first = (0, 2, 3)[offset]
    last = (offset + len(raw)) // 3 * 4 + (0, 1, 2)[(offset + len(raw)) % 3]
    return code[first:last], code[first:last].translate(bytes.maketrans(b"+/", b"-_"))


def files_below(folder: Path) -> Iterator[Path]:
    """Regular files only: reading a FIFO would wait for ever."""
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            try:
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path
            except FileNotFoundError:
                continue


@dataclass(frozen=True)
class Seen:
    """What everybody on this machine may read about a process, and what its own user may."""

    pid: int
    arguments: bytes
    environment: bytes

    @property
    def words(self) -> list[str]:
        """The arguments, one by one."""
        return [word.decode("utf-8", "replace") for word in self.arguments.split(b"\0")]

    @property
    def title(self) -> str:
        """The program and its subcommand, without what follows."""
        words = self.words
        return f"process {self.pid} ({' '.join(words[:4])} ...)"


class ProcessWatch:
    """Looks at /proc again and again; keeps what processes show whose arguments or environment name one of `folders`."""

    def __init__(self, *folders: Path, pause: float = 0.02) -> None:
        self._marks = [os.fsencode(folder) for folder in folders]
        self._pause = pause
        self._found: dict[Seen, None] = {}
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="process watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._enough.set()
        self._thread.join(10)

    @property
    def seen(self) -> list[Seen]:
        """Every different view so far."""
        return list(self._found)

    def of(self, *words: str) -> list[Seen]:
        """Those with all these arguments."""
        return [seen for seen in self.seen if set(words) <= set(seen.words)]

    def look(self) -> None:
        """Look once."""
        for seen in _processes(self._marks):
            self._found[seen] = None

    def _go_on(self) -> None:
        while not self._enough.wait(self._pause):
            self.look()


def _processes(marks: list[bytes]) -> Iterable[Seen]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            arguments = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
            if (folder / "cmdline").read_bytes() != arguments:
                continue  # it became another program between the two; next time
        except OSError:
            continue
        if any(mark in arguments or mark in environment for mark in marks):
            yield Seen(int(folder.name), arguments, environment)
