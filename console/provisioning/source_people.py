"""The people of one source, one after another, as somebody leafs through them: forward as they are read, and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from console.journal.model import Problem
from console.sources.model import Source, SourceRow

KEPT = 2000
"""Rows that stay at hand for going back; further back the source is read anew."""


class SourcePeople:
    """Rows by their number, read as they are asked for. Rows that nobody could read are passed over, and counted.

    Not for two threads at once. Methods raise SourceError.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rows: Iterator[SourceRow | Problem] | None = None
        self._kept: deque[SourceRow] = deque(maxlen=KEPT)
        self._next = 0
        self.unreadable = 0
        self.complete = False

    @property
    def name(self) -> str:
        """How the operator knows the source."""
        return self._source.name

    @property
    def known(self) -> int:
        """How many people were read so far; all of them when `complete`."""
        return self._next

    def at(self, index: int) -> SourceRow | None:
        """The person of this number, from 0; None behind the last one."""
        if index < self._next - len(self._kept):
            self._begin()
        while self._next <= index:
            if self._read() is None:
                return None
        return self._kept[index - (self._next - len(self._kept))]

    def columns(self) -> tuple[str, ...] | None:
        """The fields that every row has; None where rows may differ."""
        return self._source.columns()

    def fields(self, limit: int = 200) -> tuple[str, ...]:
        """The names of the source's fields; where rows may differ, those of the first ones."""
        columns = self._source.columns()
        if columns is not None:
            return columns
        found: dict[str, None] = {}
        for index in range(limit):
            row = self.at(index)
            if row is None:
                break
            found.update(dict.fromkeys(row.values))
        return tuple(found)

    def find(self, words: str, after: int = -1) -> int | None:
        """The next person of whom all words are told anywhere; from the beginning again behind the last one."""
        wanted = words.casefold().split()
        if not wanted:
            return None
        index = after + 1
        while (row := self.at(index)) is not None:
            if _told(row, wanted):
                return index
            index += 1
        for index in range(min(after + 1, self._next)):
            row = self.at(index)
            if row is not None and _told(row, wanted):
                return index
        return None

    def close(self) -> None:
        """Let go of the source."""
        close = getattr(self._rows, "close", None)
        if close is not None:
            close()
        self._rows = None

    def _begin(self) -> None:
        self.close()
        self._kept.clear()
        self._next = self.unreadable = 0
        self.complete = False

    def _read(self) -> SourceRow | None:
        if self.complete:
            return None
        if self._rows is None:
            self._rows = iter(self._source.rows())
        for row in self._rows:
            if isinstance(row, SourceRow):
                self._kept.append(row)
                self._next += 1
                return row
            self.unreadable += 1
        self.complete = True
        return None


def _told(row: SourceRow, words: list[str]) -> bool:
    text = " ".join(map(str, row.values.values())).casefold()
    return all(word in text for word in words)
