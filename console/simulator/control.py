"""The control panel under /_simulator/: not HubSpot, not counted, opened by the static token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from console.simulator.config import OptionError, parse_allowance
from console.simulator.faults import Fault, Faults
from console.simulator.objects import Objects
from console.simulator.parameters import flag
from console.simulator.portal import Portal, Switches
from console.simulator.schema import object_type
from console.simulator.seed import fill
from console.simulator.store import Record, compact

CHUNK = 500
Panel = Callable[[Portal, Request], Awaitable[Response]]


class NewFaults(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_simulator/faults: a list, a SPEC or both; `append` keeps the ones in force."""

    faults: list[Fault] = []
    spec: str = ""
    append: bool = False


class Skip(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_simulator/clock: seconds to move forward."""

    advance: float


class Mutation(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """POST /_simulator/records: somebody else writes, unchecked; without id a new record, `""` clears."""

    object_type: str
    id: str | None = None
    properties: dict[str, str] = {}
    archived: bool = False


class Allowances(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """POST /_simulator/allowances: `110/10` and the like; `daily_used` sets today's count."""

    burst: str | None = None
    search: str | None = None
    daily: int | None = None
    daily_used: int | None = None


class Access(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """POST /_simulator/credentials: what becomes of tokens and scopes."""

    expire_access: bool = False
    revoke_refresh: bool = False
    rotate_refresh: bool | None = None
    static_works: bool | None = None
    token_seconds: int | None = None
    scopes: list[str] | None = None


class Panels:
    """One panel as an ASGI endpoint."""

    def __init__(self, portal: Portal, panel: Panel) -> None:
        self._portal = portal
        self._panel = panel

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request that carries the static token."""
        request = Request(scope, receive)
        if request.headers.get("authorization") != f"Bearer {self._portal.credentials.static_token}":
            response: Response = JSONResponse({"message": "the static token opens this"}, 401)
        else:
            try:
                response = await self._panel(self._portal, request)
            except (msgspec.DecodeError, OptionError, ValueError, KeyError) as bad:
                response = JSONResponse({"message": str(bad)}, 400)
        await response(scope, receive, send)


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of the control panel."""
    panels: tuple[tuple[str, str, Panel], ...] = (
        ("state", "GET", state),
        ("log", "GET", log),
        ("objects/{type}", "GET", dump),
        ("faults", "POST", set_faults),
        ("settings", "POST", set_switches),
        ("allowances", "POST", set_allowances),
        ("credentials", "POST", set_credentials),
        ("clock", "POST", set_clock),
        ("records", "POST", mutate),
        ("reset", "POST", reset),
    )
    return [Route(f"/_simulator/{path}", Panels(portal, panel), methods=[method]) for path, method, panel in panels]


async def state(portal: Portal, request: Request) -> Response:
    """Counters, creates, tokens, settings."""
    del request
    return _answer(portal.state())


async def log(portal: Portal, request: Request) -> Response:
    """The write log from `after`, optionally of one `op`."""
    after, op = int(request.query_params.get("after", "0")), request.query_params.get("op")
    return _answer([wrote._asdict() for wrote in portal.log[after:] if op in (None, wrote.op)])


async def dump(portal: Portal, request: Request) -> Response:
    """All records with their stored values, one JSON document a line; `?computed=true` adds the computed values."""
    objects = Objects(portal, object_type(request.path_params["type"]))
    computed = flag(request, "computed")

    async def lines() -> AsyncIterator[bytes]:
        ids = objects.table.ids[:]
        for start in range(0, len(ids), CHUNK):
            chunk = [
                _line(objects, objects.table.records[id_], computed=computed) for id_ in ids[start : start + CHUNK]
            ]
            yield b"".join(chunk)

    return StreamingResponse(lines(), media_type="application/x-ndjson")


async def set_faults(portal: Portal, request: Request) -> Response:
    """Replace (or append) faults."""
    new = msgspec.json.decode(await request.body(), type=NewFaults)
    faults = [*new.faults, *Faults.parse(new.spec, 0).pending()]
    if new.append:
        portal.faults.add(faults)
    else:
        portal.faults.replace(faults)
    return _answer(portal.faults.describe())


async def set_switches(portal: Portal, request: Request) -> Response:
    """Change some of the switches."""
    changed = msgspec.json.decode(await request.body(), type=dict[str, Any])
    present = msgspec.to_builtins(portal.switches)
    portal.switches = msgspec.convert(present | changed, Switches)
    return _answer(portal.switches)


async def set_allowances(portal: Portal, request: Request) -> Response:
    """Change the allowances."""
    new = msgspec.json.decode(await request.body(), type=Allowances)
    limits = portal.limits
    if new.burst is not None:
        limits.set_burst(parse_allowance(new.burst))
    if new.search is not None:
        limits.search.limit, limits.search.seconds = parse_allowance(new.search)
    if new.daily is not None:
        limits.daily.limit = new.daily
    if new.daily_used is not None:
        limits.daily.restore(portal.clock.now(), new.daily_used)
    return _answer({"burst": limits.burst, "daily": limits.daily.limit})


async def set_credentials(portal: Portal, request: Request) -> Response:
    """Expire, revoke, rotate; change scopes."""
    new, credentials = msgspec.json.decode(await request.body(), type=Access), portal.credentials
    expired = credentials.expire_access() if new.expire_access else 0
    if new.revoke_refresh:
        credentials.refresh_tokens.clear()
    if new.rotate_refresh is not None:
        credentials.rotate = new.rotate_refresh
    if new.static_works is not None:
        credentials.static_works = new.static_works
    if new.token_seconds is not None:
        credentials.token_seconds = new.token_seconds
    if new.scopes is not None:
        credentials.scopes = frozenset(new.scopes)
    return _answer({"expired": expired, "refreshToken": credentials.refresh_token})


async def set_clock(portal: Portal, request: Request) -> Response:
    """Skip time: tokens expire, windows empty, days end."""
    portal.clock.advance(msgspec.json.decode(await request.body(), type=Skip).advance)
    return _answer({"now": portal.clock.now(), "offset": portal.clock.offset})


async def mutate(portal: Portal, request: Request) -> Response:
    """Write a record from outside; validation, read-only flags and the log are passed by."""
    change = msgspec.json.decode(await request.body(), type=Mutation)
    objects = Objects(portal, object_type(change.object_type))
    table, now = objects.table, portal.clock.now()
    ms = int(now * 1000)
    if change.id is None:
        record = Record(table.new_id(), ms, ms, 0, compact(change.properties))
    else:
        old = table.records[int(change.id)]
        values = compact(old.values | change.properties)
        archived = (old.archived or ms) if change.archived else 0
        record = Record(old.id, old.created, max(ms, old.updated + 1), archived, values)
    table.put(record, now, portal.switches.index_lag)
    return Response(_line(objects, record, computed=True), media_type="application/json")


async def reset(portal: Portal, request: Request) -> Response:
    """Begin again with the seeded records, the options given at start and the same credentials."""
    del request
    portal.reset()
    fill(portal)
    return _answer({"portalId": portal.portal_id})


def _line(objects: Objects, record: Record, *, computed: bool) -> bytes:
    values = objects.everything(record) if computed else record.values
    shown = {"id": str(record.id), "archived": bool(record.archived), "properties": values}
    return msgspec.json.encode(shown) + b"\n"


def _answer(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")
