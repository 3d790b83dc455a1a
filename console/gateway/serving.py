"""Opens everything that the gateway needs, serves, and closes it in good order."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from console.gateway.app import create_app
from console.gateway.clients import Clients
from console.gateway.feed import RepositoryFeed
from console.gateway.gateway import Gateway
from console.gateway.server import bound, serve
from console.gateway.settings import GatewaySettings
from console.settings.secrets import gateway_secret

if TYPE_CHECKING:
    from console.session import Session


async def run(
    session: Session,
    settings: GatewaySettings,
    tls: ssl.SSLContext | None,
    ready: Callable[[str], None],
    *,
    log: Callable[[bytes], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. `ready` hears the URL, `log` a JSON line of each request, without values."""
    secrets = await session.secrets

    async def kept(name: str) -> str | None:
        return await secrets.get(gateway_secret(name))

    sock = bound(*settings.address)
    try:
        async with RepositoryFeed.running(session, settings) as feed:
            gateway = Gateway(session=session, settings=settings, clients=Clients(settings, kept), feed=feed)
            if log is not None:
                gateway.live.listen(lambda served: log(msgspec.json.encode(served)))
            host, port = sock.getsockname()[:2]
            scheme = "https" if tls is not None else "http"
            url = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
            app = create_app(gateway)
            await serve(app, sock, tls, head_bytes=settings.max_header_bytes, ready=lambda: ready(url))
            gateway.stopping = True
    finally:
        sock.close()
