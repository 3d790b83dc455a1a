"""Limits: sizes, time, requests at once. A client that floods is slowed down; the others do not notice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from console.gateway.settings import GatewaySettings

PATIENCE = 5.0
"""Seconds that somebody who floods is kept waiting before they are told to come again."""


class TooMany(Exception):
    """No room for another request now; `seconds` until it is worth trying again."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests")
        self.seconds = seconds


class Limits:
    """Rooms and rates, one set for all clients and one for each of them."""

    def __init__(self, settings: GatewaySettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._all = asyncio.Semaphore(settings.max_requests)
        self._rooms: dict[str, asyncio.Semaphore] = {}
        self._next: dict[str, float] = {}
        self.under_way = 0

    @asynccontextmanager
    async def room(self, client: str) -> AsyncIterator[None]:
        """Room for one request of a client, after the wait that its rate asks for.

        Raises:
            TooMany: the wait would be longer than anybody's patience.
        """
        await self._paced(client)
        own = self._rooms.setdefault(client, asyncio.Semaphore(self._settings.max_requests_per_client))
        await self._taken(own)
        try:
            await self._taken(self._all)
        except TooMany:
            own.release()
            raise
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
            self._all.release()
            own.release()

    async def _paced(self, client: str) -> None:
        """A second's worth of requests may come at once; then one by one, at the rate."""
        now, step = self._clock(), 1.0 / self._settings.per_second_per_client
        due = max(self._next.get(client, 0.0), now - 1.0)
        wait = due - now
        if wait > PATIENCE:
            raise TooMany(wait)
        self._next[client] = due + step
        if wait > 0:
            await asyncio.sleep(wait)

    @staticmethod
    async def _taken(semaphore: asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await semaphore.acquire()
        except TimeoutError:
            raise TooMany(PATIENCE) from None
