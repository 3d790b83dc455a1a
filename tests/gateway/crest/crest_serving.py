"""A gateway whose clients use the connector's REST, on a socket of this machine over a simulator."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import uvicorn
from starlette.types import ASGIApp

from console.gateway.app import create_app
from console.gateway.clients import Clients
from console.gateway.feed import RepositoryFeed
from console.gateway.gateway import Gateway
from console.gateway.server import GatewayProtocol, bound
from console.gateway.settings import Client, GatewaySettings
from console.session import Session
from tests.gateway.serving import MAPPING
from tests.support.managed import managed_session
from tests.support.simulator import Simulator

SECRETS = {
    "idm": "idm-secret",
    "eye": "eye-secret",
    "scim": "scim-secret",
    "planner": "planner-secret",
    "fuzz": "fuzz-secret",
}
CLIENTS = (
    Client(name="idm", rights=("system:read", "system:write", "config:read", "config:write", "recon")),
    Client(name="eye", auth="bearer", rights=("system:read", "config:read")),
    Client(name="fuzz", rights=("system:read", "system:write", "config:read", "recon")),
    Client(name="planner", rights=("recon",)),
    Client(name="scim", rights=("scim:read", "scim:write")),
)


class Serving(NamedTuple):
    """A gateway that serves, and how to reach it."""

    url: str
    gateway: Gateway
    simulator: Simulator
    session: Session

    def client(self, who: str = "idm", **headers: str) -> httpx.AsyncClient:
        """An HTTP client that signs in, at /openidm."""
        signs = {"Authorization": f"Bearer {SECRETS['eye']}"} if who == "eye" else {}
        if who == "fuzz":
            signs = {"Authorization": f"Basic {base64.b64encode(b'fuzz:fuzz-secret').decode()}"}
        elif who not in ("", "eye"):
            signs = {"X-OpenIDM-Username": who, "X-OpenIDM-Password": SECRETS[who]}
        base = f"{self.url}/openidm/"
        return httpx.AsyncClient(base_url=base, headers={**signs, **headers}, trust_env=False, timeout=30)


@asynccontextmanager
async def serving(folder: Path, simulator: Simulator, **more: Any) -> AsyncIterator[Serving]:
    """Serve until the block ends."""
    chosen = GatewaySettings(listen="127.0.0.1:0", tls="off", client=CLIENTS, per_second_per_client=10_000, **more)

    async def kept(name: str) -> str | None:
        return SECRETS.get(name)

    async with managed_session(folder, simulator, MAPPING) as session, RepositoryFeed.running(session, chosen) as feed:
        gateway = Gateway(session=session, settings=chosen, clients=Clients(chosen, kept), feed=feed)
        async with listening(create_app(gateway)) as url:
            yield Serving(url, gateway, simulator, session)


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[str]:
    """An application on a port of this machine; its address."""
    sock = bound("127.0.0.1", 0)
    config = uvicorn.Config(app, http=GatewayProtocol, ws="none", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve(sockets=[sock]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
