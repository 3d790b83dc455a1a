"""What every table of routes is made of: HubSpot's path versions, scopes of a call, a gate around each handler."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from console.simulator import schema
from console.simulator.gate import Call, Gate, Handler
from console.simulator.limits import Kind
from console.simulator.objects import Objects
from console.simulator.portal import Portal

DATED = ("2026-03", "2026-09")
VERSIONS = ("v3", *DATED)
Scopes = Callable[[Request], tuple[str, ...]]


class Table:
    """Collects the routes of one module."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.routes: list[BaseRoute] = []

    def add(self, path: str, method: str, handler: Handler, scopes: Scopes | None = None, kind: Kind = "burst") -> None:
        """One route; without scopes it needs neither credentials nor allowance."""
        gate = Gate(self._portal, handler, kind, scopes)
        self.routes.append(Route(path, gate, methods=[method], name=handler.__name__))


def prefixes(area: str) -> tuple[str, ...]:
    """`objects` -> /crm/v3/objects, /crm/objects/2026-03, /crm/objects/2026-09."""
    return (f"/crm/v3/{area}", *(f"/crm/{area}/{version}" for version in DATED))


def objects_scope(right: str) -> Scopes:
    """`crm.objects.TYPE.read|write` of the `type` in the path."""
    return lambda request: (f"crm.objects.{named_type(request)}.{right}",)


def schemas_scope(right: str) -> Scopes:
    """`crm.schemas.TYPE.write`; for reading, the one of the objects does too."""
    if right == "write":
        return lambda request: (f"crm.schemas.{named_type(request)}.write",)
    return lambda request: (f"crm.schemas.{named_type(request)}.read", f"crm.objects.{named_type(request)}.read")


def anyone(request: Request) -> tuple[str, ...]:
    """Credentials of any scope."""
    del request
    return ()


def named_type(request: Request) -> str:
    """The object type in the path; 400 for an unknown one."""
    return schema.object_type(request.path_params["type"])


def type_of(call: Call) -> str:
    """The object type of a call."""
    return schema.object_type(call.path("type"))


def objects_of(call: Call) -> Objects:
    """The records that a call is about."""
    return Objects(call.portal, type_of(call), version_of(call))


def version_of(call: Call) -> str:
    """The version in the path: `v3`, `2026-03`, `2026-09`."""
    _, _, area, version, *_ = call.request.url.path.split("/")
    return area if area.startswith("v") else version
