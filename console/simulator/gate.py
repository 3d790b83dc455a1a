"""What every request passes: credentials, scopes, allowances, faults, latency, counters, headers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from console.simulator.credentials import Caller
from console.simulator.faults import BROKEN, EDGE, Fault
from console.simulator.limits import Kind
from console.simulator.portal import Portal
from console.simulator.problems import ApiError, bad_json, edge_page, error, rate_limited
from console.simulator.wire import abort, cut_short

MAX_URL = 16_000
LOST = ("reset", "stall", "truncate")
STALL = 120.0
JSON = "application/json;charset=utf-8"


class Reply(NamedTuple):
    """A handler's answer: status and a body for JSON; None for no body."""

    status: int
    body: Any = None


class Call(NamedTuple):
    """A request on its way to its handler."""

    portal: Portal
    request: Request
    caller: Caller | None

    async def json(self, type_: Any) -> Any:
        """The body as `type_`; ApiError 400 if it is not."""
        try:
            return msgspec.json.decode(await self.request.body(), type=type_)
        except msgspec.ValidationError as bad:
            raise bad_json(str(bad)) from None
        except msgspec.DecodeError as bad:
            raise bad_json(f"Cannot deserialize: {bad}") from None

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])


Handler = Callable[[Call], Awaitable[Reply]]


class Gate:
    """An ASGI endpoint around one handler."""

    def __init__(
        self, portal: Portal, handler: Handler, kind: Kind, scopes: Callable[[Request], tuple[str, ...]] | None
    ) -> None:
        self._portal = portal
        self._handler = handler
        self._kind: Kind = kind
        self._scopes = scopes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        portal, request = self._portal, Request(scope, receive)
        portal.requests += 1
        portal.by_kind[self._kind if self._scopes is not None else "oauth"] += 1
        portal.in_flight += 1
        portal.most_in_flight = max(portal.most_in_flight, portal.in_flight)
        try:
            fault = portal.faults.strike(request.method, request.url.path)
            response = await self._answer(request, fault)
            if portal.switches.latency > 0:
                await asyncio.sleep(portal.switches.latency)
            portal.by_status[response.status_code] += 1
            if fault is not None and fault.kind in BROKEN and await _break(fault, scope, receive, send, response):
                return
            await response(scope, receive, send)
        finally:
            portal.in_flight -= 1

    async def _answer(self, request: Request, fault: Fault | None) -> Response:
        portal = self._portal
        correlation = portal.uuid()
        headers = {"x-hubspot-correlation-id": correlation, "cf-ray": f"{correlation[:16].replace('-', '')}-SIM"}
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > MAX_URL:
            return _page(414, headers)
        try:
            caller = self._admit(request, correlation, headers)
            if fault is not None and fault.when == "before" and (struck := _struck(fault, headers)) is not None:
                return struck
            if fault is not None and fault.when == "before" and fault.kind in LOST:
                return _page(520, headers)  # of which the client sees a part or nothing
            reply = await self._handler(Call(portal, request, caller))
            if fault is not None and fault.when == "after" and (struck := _struck(fault, headers)) is not None:
                return struck
        except ApiError as problem:
            body = problem.body | {"correlationId": correlation}
            return _json(problem.status, body, headers | problem.headers)
        if fault is not None and fault.kind == "omit" and isinstance(reply.body, dict) and reply.body.get("results"):
            reply.body["results"].pop()
        return _json(reply.status, reply.body, headers)

    def _admit(self, request: Request, correlation: str, headers: dict[str, str]) -> Caller | None:
        """Who calls, if the allowances have room; the OAuth endpoints need neither."""
        if self._scopes is None:
            return None
        portal, now = self._portal, self._portal.clock.now()
        caller = portal.credentials.caller(request.headers.get("authorization", ""))
        full = portal.limits.admit(caller.app, self._kind, now)
        headers |= portal.limits.headers(caller.app, self._kind, now)
        if full is not None:
            portal.refused[full] += 1
            raise rate_limited(full, caller.app.id, portal.portal_id, correlation)
        caller.needs(self._scopes(request))
        return caller


def _struck(fault: Fault, headers: dict[str, str]) -> Response | None:
    """The answer of a fault that has one."""
    if fault.kind in EDGE:
        return _page(int(fault.kind), {"cf-ray": headers["cf-ray"]})
    correlation = headers["x-hubspot-correlation-id"]
    retry = {} if fault.seconds is None else {"retry-after": str(int(fault.seconds))}
    if fault.kind == "429":
        problem = rate_limited("burst", 0, 0, correlation)
    elif fault.kind == "477":
        problem = error(477, "This account is being migrated between data centers. Please retry later.", "MIGRATION")
        retry = retry or {"retry-after": "60"}
    elif fault.kind == "423":
        problem = error(423, "This record is locked by another request. Please retry later.", "LOCKED")
    else:
        return None
    return _json(problem.status, problem.body | {"correlationId": correlation}, headers | retry)


async def _break(fault: Fault, scope: Scope, receive: Receive, send: Send, response: Response) -> bool:
    """Spoil the answer; False if it may still be sent."""
    if fault.kind == "slow":
        await asyncio.sleep(2.0 if fault.seconds is None else fault.seconds)
        return False
    if fault.kind == "stall":
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STALL if fault.seconds is None else fault.seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
        abort(scope)
        return True
    if fault.kind == "reset":
        abort(scope)
        return True
    if fault.kind == "truncate":
        await cut_short(scope, send, response)
        return True
    return False


def _json(status: int, body: Any, headers: dict[str, str]) -> Response:
    if body is None:
        return Response(b"", status, headers)
    return Response(msgspec.json.encode(body), status, headers, media_type=JSON)


def _page(status: int, headers: dict[str, str]) -> Response:
    return Response(edge_page(status, headers["cf-ray"]), status, headers, media_type="text/html")
