"""A gateway on a socket of this machine, in the test's own event loop, over a simulator."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from console.gateway.clients import Clients
from console.gateway.dialect import SCIM1_PATHS, SCIM2_PATHS
from console.gateway.feed import RepositoryFeed
from console.gateway.front import Front
from console.gateway.gateway import Gateway
from console.gateway.health import routes
from console.gateway.scim.app import scim_app
from console.gateway.server import GatewayProtocol, bound
from console.gateway.settings import Client, GatewaySettings
from tests.support.managed import HEAD, LEAVERS, SCIM, managed_session
from tests.support.simulator import Simulator

MAPPING = (
    HEAD
    + """\
target_phase = "linked"
scope = "active eq true"

[types]
active = "bool"
"""
    + SCIM
    + LEAVERS
    + 'UNQUALIFIED = "DELETE"\n'
)
SECRETS = {"wso2": "admin-secret", "entra": "a-bearer-token", "reader": "key-of-the-reader"}


def settings(**more: Any) -> GatewaySettings:
    """Three clients: WSO2 by Basic (blocking, provisioned), Entra by bearer (kept here only), a reader by key."""
    clients = (
        Client(name="wso2", user="admin", mapping="managed", blocking=more.pop("blocking", True)),
        Client(name="entra", auth="bearer", rights=("scim:read", "scim:write", "metrics")),
        Client(name="reader", auth="apiKey", rights=("scim:read",)),
    )
    return GatewaySettings(listen="127.0.0.1:0", tls="off", client=clients, **more)


class Serving(NamedTuple):
    """A gateway that serves, and how to reach it."""

    url: str
    gateway: Gateway
    simulator: Simulator

    def client(self, who: str = "wso2", **headers: str) -> httpx.AsyncClient:
        """An HTTP client that signs in."""
        basic = base64.b64encode(f"admin:{SECRETS['wso2']}".encode()).decode()
        signs: dict[str, dict[str, str]] = {
            "wso2": {"Authorization": f"Basic {basic}"},
            "entra": {"Authorization": f"Bearer {SECRETS['entra']}"},
            "reader": {"X-API-Key": SECRETS["reader"]},
            "": {},
        }
        return httpx.AsyncClient(base_url=self.url, headers={**signs[who], **headers}, trust_env=False, timeout=30)

    def contacts(self) -> dict[str, dict[str, Any]]:
        """HubSpot's contacts by email."""
        return {str(values.get("email")): values for values in self.simulator.dump("contacts").values()}


def scim_only(gateway: Gateway) -> ASGIApp:
    """The front door with SCIM and health behind it."""
    scim = scim_app(gateway)
    mounts = [Mount(path, scim) for path in (*SCIM1_PATHS, *SCIM2_PATHS)]
    return Front(Starlette(routes=[*routes(gateway), *mounts]), gateway)


@asynccontextmanager
async def serving(folder: Path, simulator: Simulator, chosen: GatewaySettings | None = None) -> AsyncIterator[Serving]:
    """Serve until the block ends."""
    chosen = chosen or settings()

    async def kept(name: str) -> str | None:
        return SECRETS.get(name)

    async with managed_session(folder, simulator, MAPPING) as session, RepositoryFeed.running(session, chosen) as feed:
        gateway = Gateway(session=session, settings=chosen, clients=Clients(chosen, kept), feed=feed)
        app = scim_only(gateway)
        sock = bound(*chosen.address)
        config = uvicorn.Config(app, http=GatewayProtocol, ws="none", lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        task = asyncio.create_task(_quietly(server, sock))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield Serving(f"http://127.0.0.1:{sock.getsockname()[1]}", gateway, simulator)
        finally:
            server.should_exit = True
            await task


async def _quietly(server: uvicorn.Server, sock: Any) -> None:
    await server._serve(sockets=[sock])
