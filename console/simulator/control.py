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
from console.simulator.credentials import Credentials
from console.simulator.faults import Fault, parse_faults
from console.simulator.objects import Objects
from console.simulator.parameters import flag
from console.simulator.portal import Portal
from console.simulator.problems import ApiError
from console.simulator.requirements import Form, Required, Rules
from console.simulator.schema import object_type
from console.simulator.seed import fill
from console.simulator.store import Record, compact
from console.simulator.switches import described, settled

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


class NewRules(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """POST /_simulator/rules: required properties as a list, as the SPEC of `--require` or both; rules of form."""

    required: list[Required] = []
    spec: str = ""
    forms: list[Form] = []


class Allowances(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """POST /_simulator/allowances: `110/10` and the like; `daily_used` sets today's count."""

    burst: str | None = None
    search: str | None = None
    associations: str | None = None
    daily: int | None = None
    daily_used: int | None = None


class Access(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """POST /_simulator/credentials: what becomes of tokens, scopes and the app's registration."""

    expire_access: bool = False
    revoke_refresh: bool = False
    rotate_refresh: bool | None = None
    static_works: bool | None = None
    token_seconds: int | None = None
    token_dies_after: float | None = None
    scopes: list[str] | None = None
    redirect_uris: list[str] | None = None
    code_seconds: int | None = None
    pkce: bool | None = None
    hub_deleted: bool | None = None


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
                self._portal.catch_up()
                response = await self._panel(self._portal, request)
            except (msgspec.DecodeError, ApiError, OptionError, ValueError, KeyError) as bad:
                response = JSONResponse({"message": str(bad)}, 400)
        await response(scope, receive, send)


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of the control panel."""
    panels: tuple[tuple[str, str, Panel], ...] = (
        ("state", "GET", state),
        ("log", "GET", log),
        ("requests", "GET", asked),
        ("settings", "GET", assumptions),
        ("objects/{type}", "GET", dump),
        ("faults", "POST", set_faults),
        ("settings", "POST", set_switches),
        ("allowances", "POST", set_allowances),
        ("credentials", "POST", set_credentials),
        ("clock", "POST", set_clock),
        ("rules", "POST", set_rules),
        ("properties", "POST", set_in_use),
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
    return _answer([wrote._asdict() for wrote in portal.log.after(after) if op in (None, wrote.op)])


async def asked(portal: Portal, request: Request) -> Response:
    """The request log from `after`, the latest 20,000 only; `path` and `status` choose."""
    query = request.query_params
    after, path, status = int(query.get("after", "0")), query.get("path", ""), query.get("status")
    found = portal.asked.after(after)
    return _answer([one._asdict() for one in found if path in one.path and status in (None, str(one.status))])


async def assumptions(portal: Portal, request: Request) -> Response:
    """Every switch with its default, its values and what it has now."""
    del request
    return _answer(described(portal.switches))


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
    faults = [*new.faults, *parse_faults(new.spec)]
    if new.append:
        portal.faults.add(faults)
    else:
        portal.faults.replace(faults)
    return _answer(portal.faults.describe())


async def set_switches(portal: Portal, request: Request) -> Response:
    """Change some of the switches."""
    changed = msgspec.json.decode(await request.body(), type=dict[str, Any])
    portal.switches = settled(portal.switches, changed)
    return _answer(portal.switches)


async def set_allowances(portal: Portal, request: Request) -> Response:
    """Change the allowances."""
    new = msgspec.json.decode(await request.body(), type=Allowances)
    limits = portal.limits
    if new.burst is not None:
        limits.set_burst(parse_allowance(new.burst))
    if new.search is not None:
        limits.search.limit, limits.search.seconds = parse_allowance(new.search)
    if new.associations is not None:
        limits.set_associations(parse_allowance(new.associations))
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
    if new.token_dies_after is not None:
        credentials.dies_after = new.token_dies_after or None
    if new.scopes is not None:
        credentials.scopes = frozenset(new.scopes)
    _set_app(new, credentials)
    return _answer({"expired": expired, "refreshToken": credentials.refresh_token})


def _set_app(new: Access, credentials: Credentials) -> None:
    installer = credentials.installer
    if new.redirect_uris is not None:
        installer.register(new.redirect_uris)
    if new.code_seconds is not None:
        installer.code_seconds = new.code_seconds
    if new.pkce is not None:
        installer.pkce = new.pkce
    if new.hub_deleted is not None:
        credentials.hub_deleted = new.hub_deleted


async def set_rules(portal: Portal, request: Request) -> Response:
    """Replace the write rules."""
    new = msgspec.json.decode(await request.body(), type=NewRules)
    fresh = Rules.parse(new.spec)
    portal.rules = Rules([*new.required, *fresh.required], new.forms)
    return _answer({"required": portal.rules.required, "forms": portal.rules.forms})


async def set_in_use(portal: Portal, request: Request) -> Response:
    """Say which properties something else uses, so that they cannot be archived."""
    used = msgspec.json.decode(await request.body(), type=dict[str, list[str]])
    portal.schema.in_use = {object_type(name): set(names) for name, names in used.items()}
    return _answer(used)


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
