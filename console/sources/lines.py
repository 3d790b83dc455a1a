"""Lines of a text file for csv.reader, none longer than a limit, and a way back into step."""

from __future__ import annotations

import io
import re

LINE_LIMIT = 4_000_000
"""Characters of one physical line that are held at most."""
RECORD_LIMIT = 8_000_000
"""Characters of one record (its cells may hold line breaks) that are held at most."""
PIECE = 1 << 16


class LineTooLong(Exception):
    """A line or a record passed its limit; `Lines.resync` must be called next."""


class Quotes:
    """Follows quoting through pieces of text, the way that csv.reader reads it."""

    def __init__(self, delimiter: str) -> None:
        self.inside = False
        self._carry = ""
        self._start = True
        self._opening = re.compile(rf'{re.escape(delimiter)}"')

    def feed(self, piece: str) -> bool:
        """Take the next piece of text; answers whether it ends within quotes."""
        text = self._carry + piece
        self._carry = ""
        ended = text.endswith(("\n", "\r"))
        if not ended and text:
            # A quote may be doubled, a delimiter may be followed by a quote: wait for the next piece.
            text, self._carry = text[:-1], text[-1]
        at = 0
        while at < len(text):
            if self.inside:
                at = text.find('"', at)
                if at < 0:
                    break
                if text[at + 1 : at + 2] == '"':
                    at += 2
                    continue
                if at + 1 == len(text) and self._carry == '"':
                    self._carry = ""
                    at += 2
                    continue
                self.inside = False
                at += 1
            elif self._start and at == 0 and text[0] == '"':
                self.inside = True
                at = 1
            else:
                found = self._opening.search(text, max(at - 1, 0))
                if found is None:
                    break
                self.inside = True
                at = found.end()
            self._start = False
        if text:
            self._start = ended and not self.inside
        return self.inside


class Lines:
    """An iterator of physical lines that counts them and remembers the record being read."""

    def __init__(self, stream: io.TextIOWrapper, delimiter: str) -> None:
        self._stream = stream
        self.delimiter = delimiter
        self.number = 0
        self._record: list[str] = []
        self._held = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(LINE_LIMIT)
        if not line:
            raise StopIteration
        self.number += 1
        self._record.append(line)
        self._held += len(line)
        if len(line) >= LINE_LIMIT or self._held > RECORD_LIMIT:
            raise LineTooLong
        return line

    def begin(self) -> int:
        """Mark the beginning of a record; answers the number of its first line."""
        self._record.clear()
        self._held = 0
        return self.number + 1

    def resync(self) -> None:
        """After a record that could not be read: skip what is left of it.

        Without this the rest of a quoted cell would be taken for rows: text in a note
        field could become people.
        """
        quotes = Quotes(self.delimiter)
        last = ""
        for piece in self._record:
            quotes.feed(piece)
            last = piece
        while last and (quotes.inside or not last.endswith(("\n", "\r"))):
            piece = self._stream.readline(PIECE)
            if not piece:
                break
            if last.endswith(("\n", "\r")):
                self.number += 1
            quotes.feed(piece)
            last = piece
        self.begin()
