"""The last requests, without a single value: what the Log screen and reports show."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import msgspec

KEPT = 500


class RequestEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt. `at` is seconds since the epoch; `path` holds placeholders where values stood.

    `id` is the same for all attempts of one request; `waited` is how many milliseconds it waited for a slot of the
    allowance. `profile` and `pid` say who sent it; they are filled in where several write to one log.
    """

    at: float
    method: str
    path: str
    status: int | None = None
    milliseconds: float = 0.0
    attempt: int = 1
    correlation_id: str = ""
    category: str = ""
    id: str = ""
    waited: float = 0.0
    profile: str = ""
    pid: int = 0

    @property
    def failed(self) -> bool:
        """Whether it brought anything else than an accepted answer."""
        return self.status is None or self.status >= 400 or bool(self.category)


class RequestLog:
    """A ring of the last 500 attempts, and counters that never forget; `on_entry` hears of each attempt."""

    def __init__(self, kept: int = KEPT) -> None:
        self.on_entry: Callable[[RequestEntry], None] | None = None
        self._entries: deque[RequestEntry] = deque(maxlen=kept)
        self.requests = 0
        self.rate_limited = 0
        self.retries = 0

    def add(self, entry: RequestEntry) -> None:
        """Remember one attempt; `requests` counts what left this machine."""
        self._entries.append(entry)
        self.requests += entry.category != "NotSent"
        self.rate_limited += entry.status == 429
        self.retries += entry.attempt > 1
        if self.on_entry is not None:
            self.on_entry(entry)

    def entries(self) -> list[RequestEntry]:
        """What is remembered, oldest first."""
        return list(self._entries)

    def __iter__(self) -> Iterator[RequestEntry]:
        return iter(self.entries())

    def __len__(self) -> int:
        return len(self._entries)
