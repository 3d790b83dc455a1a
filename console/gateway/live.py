"""The newest requests of the gateway's clients, without anything of what they said: for its screen and its log."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable

import msgspec

KEPT = 500
_ID = re.compile(r"/(?:[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27,}|[^/]*[@%][^/]*)(?=/|$)")


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it may be shown: no query, no ids in the path, no bodies."""

    at: float
    client: str
    address: str
    method: str
    path: str
    status: int
    milliseconds: float
    bytes_in: int = 0
    bytes_out: int = 0
    note: str = ""


def shown_path(path: str) -> str:
    """A path without ids, names and addresses in it."""
    return _ID.sub("/{id}", path)[:200]


class Live:
    """A ring of the newest requests, and who wants to hear of each."""

    def __init__(self) -> None:
        self.newest: deque[Served] = deque(maxlen=KEPT)
        self.counts: dict[tuple[str, str, int], int] = {}
        """Requests by client, method and status."""
        self.seconds: float = 0.0
        self._listeners: list[Callable[[Served], None]] = []
        self.started_at = time.time()

    def add(self, served: Served) -> None:
        """One more."""
        self.newest.append(served)
        key = (served.client, served.method, served.status)
        self.counts[key] = self.counts.get(key, 0) + 1
        self.seconds += served.milliseconds / 1000
        for listener in self._listeners:
            listener(served)

    def listen(self, listener: Callable[[Served], None]) -> None:
        """Tell somebody of each request from now on."""
        self._listeners.append(listener)
