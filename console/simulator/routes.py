"""HubSpot's paths, in their v3, 2026-03 and 2026-09 forms: the tables of all modules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.simulator import (
    account_routes,
    association_routes,
    oauth_routes,
    object_routes,
    property_routes,
    record_routes,
)
from console.simulator.gate import bare
from console.simulator.portal import Portal

TABLES: tuple[Callable[[Portal], list[BaseRoute]], ...] = (
    object_routes.routes,
    record_routes.routes,
    association_routes.routes,
    property_routes.routes,
    account_routes.routes,
    oauth_routes.routes,
)


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of the API."""
    return [route for table in TABLES for route in table(portal)]


def refusals(portal: Portal) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What answers unknown routes (an HTML page, as from the edge) and wrong methods (as the switch says)."""

    async def refuse(request: Request, problem: Exception) -> Response:
        del request
        status = getattr(problem, "status_code", 404)
        style = portal.switches.wrong_method if status == 405 else "html"
        correlation = portal.uuid()
        headers = {"x-hubspot-correlation-id": correlation, "cf-ray": f"{correlation[:16].replace('-', '')}-SIM"}
        return bare(status, style, headers)

    return refuse
