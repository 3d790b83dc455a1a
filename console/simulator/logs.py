"""What was written and what was asked, for whoever judges a run: the latest entries only, numbered from 1."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

WRITES_KEPT = 250_000
REQUESTS_KEPT = 20_000

Entry = TypeVar("Entry")


class Log(Generic[Entry]):
    """The latest `kept` entries; `count` ever made."""

    def __init__(self, kept: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self.count = 0

    def append(self, entry: Entry) -> None:
        """One more; the oldest goes when there are too many."""
        self._entries.append(entry)
        self.count += 1

    def after(self, number: int) -> Iterator[Entry]:
        """The entries with a higher number that are still kept."""
        first = self.count - len(self._entries)
        entries = list(self._entries)
        return iter(entries[max(0, number - first) :])

    @property
    def dropped(self) -> int:
        """How many entries are not kept any more."""
        return self.count - len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class Asked(NamedTuple):
    """One request; `app` is 0 for the endpoints that need no credentials, `fault` the kind that struck."""

    number: int
    at: float
    method: str
    path: str
    query: str
    kind: str
    app: int
    status: int
    milliseconds: float
    fault: str
    correlation: str
