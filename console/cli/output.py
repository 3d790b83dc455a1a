"""What the command line prints: tables, JSON, JSON lines, CSV; and on stderr notes and progress.

Foreign text passes `console.text.safe` on its way to a table, to stderr and to any terminal. Data
exports (JSON, JSON lines, CSV into a file or a pipe) stay exact.
"""

from __future__ import annotations

import os
import re
import sys
import time
import unicodedata
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any, Literal, TextIO

import msgspec

from console.text import safe

Format = Literal["table", "json", "jsonl", "csv"]

_BEYOND_ASCII = re.compile("[\x7f-\U0010ffff]")
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_CELL_LIMIT = 60
_PROGRESS_SECONDS = 0.25


class Output:
    """Where a command's words go. `terminal` says whether stdout is one, `live` whether stderr is.

    `documents` says that the command answers with a document, so that a failure is one too.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None, *, verbose: bool = False) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.verbose = verbose
        self.documents = False
        self.terminal = _is_terminal(self.out)
        self.live = _is_terminal(self.err) and os.environ.get("TERM", "") != "dumb"
        self._progress_width = 0
        self._progress_at = 0.0

    def line(self, text: str = "") -> None:
        """One line of our own or foreign text on stdout."""
        self._put(f"{safe(text)}\n")

    def text(self, text: str) -> None:
        """A document that was made safe where it was made (a report), as it is."""
        self._put(text if text.endswith("\n") else f"{text}\n")

    def json(self, value: object) -> None:
        """One document."""
        self._put(f"{_visible(_document(value, indent=2))}\n")

    def json_line(self, value: object) -> None:
        """One line of a stream, flushed so that a reader sees it at once."""
        self._put(f"{_visible(_document(value))}\n")
        self.out.flush()

    def json_text(self, document: str) -> None:
        """JSON that was encoded elsewhere: the same data, harmless on a terminal."""
        self._put(_visible(document))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, limit: int = _CELL_LIMIT) -> None:
        """Aligned columns, for people. Cells are cut at `limit` characters."""
        shown = [[safe(_word(value), limit=limit) for value in row] for row in rows]
        heads = [safe(name, limit=limit).upper() for name in columns]
        widths = [max(map(_width, column)) for column in zip(heads, *shown, strict=True)]
        for row in [heads, *shown]:
            padded = [value + " " * (width - _width(value)) for value, width in zip(row, widths, strict=True)]
            self._put("  ".join(padded).rstrip() + "\n")

    def facts(self, pairs: Mapping[str, object]) -> None:
        """Names and values below each other."""
        width = max(map(_width, pairs), default=0)
        for name, value in pairs.items():
            self._put(f"{safe(name)}{' ' * (width - _width(name))}  {safe(_word(value))}\n")

    async def csv(self, columns: Sequence[str], rows: AsyncIterable[Sequence[object]]) -> None:
        """Exact data, as it comes; on a terminal escaped, so that no record can speak to it."""
        import csv  # only this format needs it

        plain = safe if self.terminal else str
        self.note(
            "CSV on a terminal: control characters are shown escaped; write to a file for exact data."
            if self.terminal
            else "CSV holds exact data: a spreadsheet may run cells that begin with = + - @."
        )
        self._put("")
        writer = csv.writer(self.out, lineterminator="\n")
        writer.writerow(columns)
        async for row in rows:
            writer.writerow([plain(_word(value)) for value in row])

    def note(self, text: str) -> None:
        """One line on stderr."""
        self._clear()
        self.err.write(f"{safe(text)}\n")
        self.err.flush()

    def detail(self, text: str) -> None:
        """One line on stderr with --verbose."""
        if self.verbose:
            self.note(text)

    def progress(self, text: str) -> None:
        """A line on stderr that the next one overwrites; nothing where stderr is not a terminal."""
        now = time.monotonic()
        if not self.live or now - self._progress_at < _PROGRESS_SECONDS:
            return
        self._progress_at = now
        shown = safe(text, limit=78)
        self.err.write(f"\r{shown}{' ' * max(0, self._progress_width - _width(shown))}")
        self.err.flush()
        self._progress_width = _width(shown)

    def _put(self, text: str) -> None:
        """Text on stdout, not behind a progress line that stands on the same terminal."""
        if self._progress_width and self.terminal:
            self._clear()
            self.err.flush()
        self.out.write(text)

    def _clear(self) -> None:
        if self._progress_width:
            self.err.write(f"\r{' ' * self._progress_width}\r")
            self._progress_width = 0

    def flush(self) -> None:
        """End the progress line and let everything out."""
        self._clear()
        self.out.flush()
        self.err.flush()


def add_json(parser: Any) -> None:
    """The option of commands that answer with one document."""
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed by whoever started us
        return False


def _word(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _document(value: object, indent: int | None = None) -> str:
    try:
        document = msgspec.json.encode(value, enc_hook=str)
        return (msgspec.json.format(document, indent=indent) if indent else document).decode()
    except UnicodeEncodeError:  # a file name that is no UTF-8
        import json

        return json.dumps(msgspec.to_builtins(value, enc_hook=str), indent=indent)


def _visible(document: str) -> str:
    """JSON whose strings name invisible characters by number: the same data, harmless on a terminal."""
    return document if document.isascii() and "\x7f" not in document else _BEYOND_ASCII.sub(_named, document)


def _named(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) not in _INVISIBLE:
        return character
    code = ord(character)
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def _width(text: str) -> int:
    """Columns on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
