"""The connector's REST over HTTP: one request read, served by its part, and answered or refused in CREST's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from console.connector.errors import IcfError
from console.gateway.crest.answers import answer
from console.gateway.crest.asked import Asked
from console.gateway.crest.configs import Configs
from console.gateway.crest.recons import Recons
from console.gateway.crest.refused import Refused, of_icf
from console.gateway.crest.system import System

if TYPE_CHECKING:
    from console.gateway.gateway import Gateway


def crest_app(gateway: Gateway) -> ASGIApp:
    """The ASGI application of everything under /openidm."""
    served = _Crest(gateway)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await served.answer(Request(scope, receive))
        await response(scope, receive, send)

    return app


class _Crest:
    def __init__(self, gateway: Gateway) -> None:
        self._system = System(gateway)
        self._configs = Configs(gateway)
        self._recons = Recons(gateway)

    async def answer(self, request: Request) -> Response:
        """Serve one request."""
        try:
            asked = Asked(request)
            return await self._routed(asked)
        except IcfError as error:
            refused = of_icf(error, request.method)
        except Refused as error:
            refused = error
        return answer(refused.body, refused.status, headers=refused.headers)

    async def _routed(self, asked: Asked) -> Response:
        first = asked.path[0] if asked.path else ""
        if first == "system":
            return await self._system.answer(asked)
        if first == "config":
            return await self._configs.answer(asked)
        if first == "recon":
            return await self._recons.answer(asked)
        raise Refused(404, "Resource not found")
