"""While the gateway serves: tells other processes how it is, and takes up what they change about its clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import msgspec

from console.gateway import settings as gateway_settings
from console.gateway import status
from console.gateway.settings import Client, GatewaySettings
from console.settings.errors import SettingsError

if TYPE_CHECKING:
    from console.gateway.gateway import Gateway
    from console.settings.paths import Paths

EVERY = 0.5
_SHOWN = 100
_RENEWED = frozenset({"client"})


class OneFeed(Protocol):
    """What is told of one mapping's way to HubSpot."""

    scope: str
    waiting: int
    behind_since: float
    message: str

    @property
    def done(self) -> int:
        """How many entries were done."""

    @property
    def failed(self) -> int:
        """How many were not."""


class Telling:
    """Writes the status file, and reads gateway.toml again when it changed."""

    def __init__(self, gateway: Gateway, feeds: Mapping[str, OneFeed], about: status.Status) -> None:
        self._gateway = gateway
        self._feeds = feeds
        self._about = about
        self._paths: Paths = gateway.session.paths
        self._settings = gateway.settings
        self._offset = time.time() - time.monotonic()
        self._written = b""
        self._seen = self._stamp()
        self._note = ""

    def begin(self) -> None:
        """It serves: say so, before anybody is told that it is ready."""
        self._written = msgspec.json.encode(self._status())
        status.write(self._paths, self._written)

    async def forever(self) -> None:
        """From the beginning on, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            if self._written:
                await self.once()

    async def once(self) -> None:
        """Look for changes, and tell what is new."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            self._renew()
        told = msgspec.json.encode(self._status())
        if told != self._written:
            try:
                await asyncio.to_thread(status.write, self._paths, told)
            except (OSError, SettingsError):
                return  # a full disk: the gateway serves on, and the next time may be better
            self._written = told

    def _status(self) -> status.Status:
        live = self._gateway.live
        return msgspec.structs.replace(
            self._about,
            state="stopping" if self._gateway.stopping else "serving",
            clients=tuple(client.name for client in self._settings.client),
            requests=sum(live.counts.values()),
            under_way=self._gateway.limits.under_way,
            seconds=round(live.seconds, 3),
            feeds=tuple(self._feed(name, feed) for name, feed in sorted(self._feeds.items())),
            newest=tuple(list(live.newest)[: -_SHOWN - 1 : -1]),
            note=self._note,
        )

    def _feed(self, name: str, feed: OneFeed) -> status.FeedStatus:
        since = round(feed.behind_since + self._offset, 1) if feed.behind_since else 0.0
        return status.FeedStatus(
            mapping=name,
            done=feed.done,
            failed=feed.failed,
            waiting=feed.waiting,
            behind_since=since,
            message=feed.message[:500],
        )

    def _stamp(self) -> tuple[int, int]:
        try:
            found = (self._paths.config / gateway_settings.FILE).stat()
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_ino

    def _renew(self) -> None:
        """Clients are taken up at once; what else changed needs a new start, and that is said."""
        try:
            now = gateway_settings.load(self._paths)
        except SettingsError as error:
            self._note = f"gateway.toml cannot be used, so the clients are as before: {error.message}"
            return
        fitting, waiting = self._fitting(now)
        self._settings = msgspec.structs.replace(self._settings, client=fitting)
        self._gateway.clients.renew(self._settings)
        others = [
            name
            for name in GatewaySettings.__struct_fields__
            if name not in _RENEWED and name != "listen" and getattr(now, name) != getattr(self._settings, name)
        ]
        late = [*waiting, *others]
        self._note = f"Start the gateway again for: {', '.join(late)}." if late else ""

    def _fitting(self, now: GatewaySettings) -> tuple[tuple[Client, ...], list[str]]:
        """Clients whose mapping and scope are fed already, and the names of the others."""
        fitting: list[Client] = []
        waiting: list[str] = []
        for client in now.client:
            feed = self._feeds.get(client.mapping)
            if not client.mapping or (feed is not None and feed.scope == client.scope):
                fitting.append(client)
            else:
                waiting.append(client.name)
        return tuple(fitting), waiting
