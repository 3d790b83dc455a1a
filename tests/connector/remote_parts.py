"""A console whose profile leads to a gateway, and an identity server that knows nothing but the standard actions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from console.gateway.app import create_app
from console.session import Session
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.secrets import ACCESS_TOKEN, Secrets
from console.settings.vault import MemoryVault
from tests.gateway.crest.crest_serving import SECRETS, Serving, listening, serving
from tests.support.simulator import Simulator

OWN = (b"_action=describe", b"_action=batch", b"_action=list", b"_action=search")


def as_server(app: ASGIApp) -> ASGIApp:
    """The same without the gateway's own actions, and with the array that the vendor's page shows."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        query = scope.get("query_string", b"")
        if any(one in query for one in OWN):
            answer = JSONResponse({"code": 400, "reason": "Bad Request", "message": "Unsupported action"}, 400)
            await answer(scope, receive, send)
            return
        if query.startswith(b"_prettyPrint=false&_action=test"):
            scope = {**scope, "query_string": query + b"&_asArray=true"}
        await app(scope, receive, send)

    return served


@asynccontextmanager
async def console(folder: Path, url: str, secret: str = SECRETS["idm"], **more: Any) -> AsyncIterator[Session]:
    """An open profile that leads to a gateway."""
    paths = Paths.resolve(str(folder / "far-config"), str(folder / "far-state"))
    settings: dict[str, Any] = {"name": "far", "remote_url": url, "client_id": "idm", "authentication": "token"}
    profile = Profile(**(settings | more))
    Profiles(paths).save(profile)
    vault = MemoryVault()
    await Secrets(vault, profile.name, profile.origin, {}).set(ACCESS_TOKEN, secret)
    async with Session.open(paths, profile, vault) as session:
        yield session


@asynccontextmanager
async def identity_server(folder: Path, simulator: Simulator) -> AsyncIterator[Serving]:
    """A gateway that plays an identity server."""
    async with serving(folder, simulator) as served, listening(as_server(create_app(served.gateway))) as url:
        yield served._replace(url=url)


__all__ = ["console", "identity_server", "serving"]
