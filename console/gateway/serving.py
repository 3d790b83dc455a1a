"""Opens everything that the gateway needs, serves, and closes it in good order."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from console.gateway import status
from console.gateway.app import create_app
from console.gateway.clients import Clients
from console.gateway.feed import RepositoryFeed
from console.gateway.gateway import Gateway
from console.gateway.mistakes import write_down
from console.gateway.server import Stopping, bound, protocol, serve, signals
from console.gateway.settings import GatewaySettings
from console.gateway.telling import Telling
from console.provisioning.lock import this_process
from console.settings.secrets import gateway_secret

if TYPE_CHECKING:
    import socket

    from console.session import Session


async def run(
    session: Session,
    settings: GatewaySettings,
    tls: ssl.SSLContext | None,
    ready: Callable[[str], None],
    *,
    certificate: str = "",
    log: Callable[[bytes], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. `ready` hears the URL, `log` a JSON line of each request, without values.

    Raises:
        GatewayRuns: there is one on this state folder.
    """
    with status.only_one(session.paths), signals() as stopping:
        sock = bound(*settings.address)
        try:
            async with RepositoryFeed.running(session, settings) as feed:
                gateway = await _gateway(session, settings, feed)
                stopping.listen(lambda _: setattr(gateway, "stopping", True))
                if log is not None:
                    gateway.live.listen(lambda served: log(msgspec.json.encode(served)))
                url = _url(sock, tls)
                telling = Telling(gateway, feed.feeders, _about(session, gateway, url, certificate))
                async with _beside(telling):
                    await _serve(gateway, sock, tls, stopping, lambda: _begun(telling, ready, url))
        finally:
            sock.close()


def _begun(telling: Telling, ready: Callable[[str], None], url: str) -> None:
    telling.begin()
    ready(url)


async def _gateway(session: Session, settings: GatewaySettings, feed: RepositoryFeed) -> Gateway:
    secrets = await session.secrets

    async def kept(name: str) -> str | None:
        return await secrets.get(gateway_secret(name))

    gateway = Gateway(session=session, settings=settings, clients=Clients(settings, kept), feed=feed)
    gateway.live.mistake = lambda error: write_down(session.paths, error)
    return gateway


async def _serve(
    gateway: Gateway, sock: socket.socket, tls: ssl.SSLContext | None, stopping: Stopping, ready: Callable[[], None]
) -> None:
    settings = gateway.settings
    http = protocol(settings.max_connections_per_address, settings.proxies)
    app = create_app(gateway)
    await serve(app, sock, tls, head_bytes=settings.max_header_bytes, http=http, ready=ready, stopping=stopping)


@asynccontextmanager
async def _beside(telling: Telling) -> AsyncIterator[None]:
    task = asyncio.create_task(telling.forever(), name="gateway status")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _url(sock: socket.socket, tls: ssl.SSLContext | None) -> str:
    host, port = sock.getsockname()[:2]
    scheme = "https" if tls is not None else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _about(session: Session, gateway: Gateway, url: str, certificate: str) -> status.Status:
    me = this_process()
    return status.Status(
        pid=me.pid,
        host=me.host,
        user=me.user,
        profile=session.profile.name,
        url=url,
        certificate=certificate,
        started_at=gateway.live.started_at,
    )
