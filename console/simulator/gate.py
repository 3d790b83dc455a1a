"""What every request passes: credentials, scopes, allowances, faults, latency, counters, headers, the log."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from console.simulator.credentials import Caller
from console.simulator.faults import BROKEN, EDGE, Fault
from console.simulator.limits import Kind
from console.simulator.logs import Asked
from console.simulator.portal import Portal
from console.simulator.problems import (
    ApiError,
    BareRefusal,
    bad_json,
    edge_page,
    error,
    expired,
    missing_scopes,
    rate_limited,
)
from console.simulator.wire import abort, cut_short

MAX_URL = 16_000
MAX_BODY = 10_000_000
LOST = ("reset", "stall", "truncate")
STALL = 120.0
JSON = "application/json;charset=utf-8"
NEWEST = "2026-09"
VERSION = re.compile(r"/(v\d|\d{4}-\d{2})(?=/|$)")
LIKELY_TOKEN = re.compile(r"[\w.~+/=-]+\Z", re.ASCII)


class Reply(NamedTuple):
    """A handler's answer: status and a body for JSON; None for no body."""

    status: int
    body: Any = None


class Call(NamedTuple):
    """A request on its way to its handler."""

    portal: Portal
    request: Request
    caller: Caller | None

    async def body(self, *, media: str = "") -> bytes:
        """The bytes of the body; BareRefusal 413 for too many, 415 for another type than `media`."""
        sent = self.request.headers.get("content-type", "")
        if media and sent and media not in sent.lower() and self.portal.switches.wrong_media != "accepted":
            raise BareRefusal(415, self.portal.switches.wrong_media)
        length = self.request.headers.get("content-length", "0")
        found = bytearray()
        if not (length.isascii() and length.isdigit()) or int(length) > MAX_BODY:
            raise BareRefusal(413, self.portal.switches.too_large)
        async for chunk in self.request.stream():
            found += chunk
            if len(found) > MAX_BODY:
                raise BareRefusal(413, self.portal.switches.too_large)
        return bytes(found)

    async def json(self, type_: Any) -> Any:
        """The body as `type_`; ApiError 400 if it is not."""
        try:
            return msgspec.json.decode(await self.body(media="json"), type=type_)
        except msgspec.ValidationError as bad:
            raise bad_json(str(bad)) from None
        except msgspec.DecodeError as bad:
            raise bad_json(f"Cannot deserialize: {bad}") from None

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    @property
    def version(self) -> str:
        """The version in the path, such as v3 or 2026-09."""
        return _version(self.request)


Handler = Callable[[Call], Awaitable[Reply | Response]]


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
        began = time.perf_counter()
        portal.requests += 1
        number = portal.requests
        kind = self._kind if self._scopes is not None else "oauth"
        portal.by_kind[kind] += 1
        portal.in_flight += 1
        portal.most_in_flight = max(portal.most_in_flight, portal.in_flight)
        try:
            fault = portal.faults.strike(request.method, request.url.path)
            response, app = await self._answer(request, fault)
            if portal.switches.latency > 0:
                await asyncio.sleep(began + portal.switches.latency - time.perf_counter())
            portal.by_status[response.status_code] += 1
            portal.asked.append(_logged(portal, request, number, kind, app, response, fault, began))
            if fault is not None and fault.kind in BROKEN and await _break(fault, scope, receive, send, response):
                return
            await response(scope, receive, send)
        finally:
            portal.in_flight -= 1

    async def _answer(self, request: Request, fault: Fault | None) -> tuple[Response, int]:
        """The answer and the id of the app that called, 0 for none."""
        portal = self._portal
        portal.catch_up()
        correlation = portal.uuid()
        headers = {"x-hubspot-correlation-id": correlation, "cf-ray": f"{correlation[:16].replace('-', '')}-SIM"}
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > MAX_URL:
            return _page(414, headers), 0
        if not portal.switches.newest_version and _version(request) == NEWEST:
            return _page(404, headers), 0
        caller: Caller | None = None
        try:
            caller = self._admit(request, correlation, headers)
            response = await self._handled(Call(portal, request, caller), fault, headers)
        except BareRefusal as refusal:
            response = bare(refusal.status, refusal.style, headers)
        except ApiError as problem:
            wait = portal.switches.retry_after if problem.status == 429 else 0
            headers |= problem.headers | ({"retry-after": str(wait)} if wait else {})
            response = _json(problem.status, problem.body | {"correlationId": correlation}, headers)
        return response, 0 if caller is None else caller.app.id

    async def _handled(self, call: Call, fault: Fault | None, headers: dict[str, str]) -> Response:
        """The handler's answer, or what a fault makes of it."""
        if fault is not None and fault.when == "before":
            if (struck := _struck(fault, headers)) is not None:
                return struck
            if fault.kind in LOST:
                return _page(520, headers)  # of which the client sees a part or nothing
        reply = await self._handler(call)
        if fault is not None and fault.when == "after" and (struck := _struck(fault, headers)) is not None:
            return struck
        if isinstance(reply, Response):
            reply.headers.update(headers)
            return reply
        if fault is not None and fault.kind == "omit" and isinstance(reply.body, dict) and reply.body.get("results"):
            reply.body["results"].pop()
        return _json(reply.status, reply.body, headers)

    def _admit(self, request: Request, correlation: str, headers: dict[str, str]) -> Caller | None:
        """Who calls, if the allowances have room; the OAuth endpoints need neither."""
        if self._scopes is None:
            return None
        portal, now = self._portal, self._portal.clock.now()
        authorization = request.headers.get("authorization", "")
        if portal.switches.malformed_credentials == 530 and not LIKELY_TOKEN.search(authorization):
            raise BareRefusal(530, "html")
        caller = portal.credentials.caller(authorization)
        full = portal.limits.admit(caller.app, self._kind, now)
        headers |= portal.limits.headers(caller.app, self._kind, now)
        if full is not None:
            portal.refused[full] += 1
            raise rate_limited(full, caller.app.id, portal.portal_id, correlation)
        if not caller.may(needed := self._scopes(request)):
            raise missing_scopes(needed, listed=portal.switches.scope_errors == "listed")
        return caller


def bare(status: int, style: str, headers: dict[str, str]) -> Response:
    """A refusal that does not come from the API itself: an HTML page, nothing, or JSON."""
    if style == "html":
        return _page(status, headers)
    if style == "empty":
        return Response(b"", status, headers)
    correlation = headers["x-hubspot-correlation-id"]
    return _json(status, {"status": "error", "message": f"HTTP {status}", "correlationId": correlation}, headers)


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
    elif fault.kind == "401":
        problem = expired(0, 1, "1970-01-01T00:00:00.000Z")
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


def _logged(
    portal: Portal,
    request: Request,
    number: int,
    kind: str,
    app: int,
    response: Response,
    fault: Fault | None,
    began: float,
) -> Asked:
    """The line of the request log; what carries secrets is left out."""
    secret = kind == "oauth"
    path = re.sub(r"(-tokens/).+", r"\1...", request.url.path) if secret else request.url.path
    return Asked(
        number=number,
        at=portal.clock.now(),
        method=request.method,
        path=path[:300],
        query="" if secret else request.url.query[:300],
        kind=kind,
        app=app,
        status=response.status_code,
        milliseconds=round((time.perf_counter() - began) * 1000, 2),
        fault="" if fault is None else fault.kind,
        correlation=response.headers.get("x-hubspot-correlation-id", ""),
    )


def _version(request: Request) -> str:
    match = VERSION.search(request.url.path)
    return "" if match is None else match[1]


def _json(status: int, body: Any, headers: dict[str, str]) -> Response:
    if body is None:
        return Response(b"", status, headers)
    return Response(msgspec.json.encode(body), status, headers, media_type=JSON)


def _page(status: int, headers: dict[str, str]) -> Response:
    return Response(edge_page(status, headers["cf-ray"]), status, headers, media_type="text/html")
