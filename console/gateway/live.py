"""The newest requests of the gateway's clients, without anything of what they said: for its screen and its log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import msgspec

KEPT = 500
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WORDS = (
    "hubspot contacts scim scim2 v1 v2 Users Groups Bulk Me Schemas ResourceTypes ServiceProviderConfig ServiceProviderConfigs "
    ".search openidm system contact company contactProperties companyProperties __ALL__ config provisioner.openicf recon "
    "info ping openapi.json healthz readyz metrics"
)
_KNOWN = {word.lower(): word for word in _WORDS.split()}


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
    """A path with the words of our own protocols; whatever else somebody wrote into it becomes {id}."""
    parts = path[:2000].split("/")[1:9]
    return "".join(f"/{_KNOWN.get(part.lower(), '{id}') if part else ''}" for part in parts)


class Live:
    """A ring of the newest requests, and who wants to hear of each."""

    def __init__(self) -> None:
        self.newest: deque[Served] = deque(maxlen=KEPT)
        self.counts: dict[tuple[str, str, int], int] = {}
        """Requests by client, method and status."""
        self.seconds: float = 0.0
        self.mistake: Callable[[BaseException], str] = lambda _: ""
        """Writes down what nobody foresaw, without values, and says under which reference."""
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
