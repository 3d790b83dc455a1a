"""The gateway as one ASGI application: health, SCIM, the connector's REST, behind the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from console.gateway import health, openapi
from console.gateway.dialect import CREST_PATHS, SCIM1_PATHS, SCIM2_PATHS, refusal
from console.gateway.front import Front

if TYPE_CHECKING:
    from console.gateway.gateway import Gateway


def create_app(gateway: Gateway) -> ASGIApp:
    """Everything that the gateway serves."""
    from console.gateway.crest.app import crest_app
    from console.gateway.scim.app import scim_app

    scim, crest = scim_app(gateway), crest_app(gateway)
    routes: list[BaseRoute] = [*health.routes(gateway)]
    routes += [Mount(path, scim) for path in (*SCIM1_PATHS, *SCIM2_PATHS)]
    routes += [Mount(path, crest) for path in CREST_PATHS]
    routes.append(Route("/openapi.json", lambda _: JSONResponse(openapi.document(gateway)), methods=["GET"]))

    async def unknown(request: Request, _: Exception) -> Response:
        return refusal(request.url.path, 404, "There is nothing at this address.")

    async def unfit(request: Request, _: Exception) -> Response:
        return refusal(request.url.path, 405, "This method is not served here.")

    return Front(Starlette(routes=routes, exception_handlers={404: unknown, 405: unfit}), gateway)
