"""What every request passes first: sizes, who calls, room, time; and what is remembered of it afterwards."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.gateway.clients import Denied
from console.gateway.dialect import refusal
from console.gateway.limits import TooMany
from console.gateway.live import Served, shown_path

if TYPE_CHECKING:
    from console.gateway.gateway import Gateway
    from console.gateway.ports import Caller

OPEN = frozenset({"/healthz", "/readyz"})
"""Paths that anybody may ask: they say nothing but yes or no."""
CHALLENGE = {"WWW-Authenticate": 'Basic realm="hubspoke", charset="UTF-8"'}


class TooLarge(Exception):
    """The body is larger than what is taken."""


class Front:
    """The outermost ASGI application."""

    def __init__(self, inner: ASGIApp, gateway: Gateway) -> None:
        self._inner = inner
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, whatever happens."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        seen = _Seen(scope, receive, send, self._gateway.settings.max_body_bytes)
        try:
            await self._served(scope, seen)
        finally:
            self._gateway.live.add(seen.served())

    async def _served(self, scope: Scope, seen: _Seen) -> None:
        path = scope["path"]
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._gateway.settings.max_header_bytes:
            await seen.answer(refusal(path, 431, "The headers are too large."), scope)
            return
        if path in OPEN:
            await self._inner(scope, seen.receive, seen.send)
            return
        try:
            caller = await self._caller(scope, seen)
        except Denied as denied:
            seen.note = denied.reason
            headers = dict(CHALLENGE)
            if denied.wait:
                headers["Retry-After"] = str(math.ceil(denied.wait))
            await seen.answer(refusal(path, 401, "Who you are could not be established.", headers=headers), scope)
            return
        try:
            async with self._gateway.limits.room(caller.client):
                await self._within_time(scope, seen)
        except TooMany as many:
            seen.note = "slowed down"
            headers = {"Retry-After": str(max(1, math.ceil(many.seconds)))}
            await seen.answer(refusal(path, 429, "Too many requests of yours at once.", headers=headers), scope)

    async def _caller(self, scope: Scope, seen: _Seen) -> Caller:
        subjects = scope.get("state", {}).get("subjects", ())
        caller = await self._gateway.clients.caller(Headers(scope=scope), seen.address, subjects)
        seen.client = caller.client
        scope.setdefault("state", {})["caller"] = caller
        return caller

    async def _within_time(self, scope: Scope, seen: _Seen) -> None:
        path = scope["path"]
        try:
            async with asyncio.timeout(self._gateway.settings.request_seconds):
                await self._inner(scope, seen.receive, seen.send)
        except TooLarge:
            limit = self._gateway.settings.max_body_bytes
            await seen.answer(refusal(path, 413, f"The body is larger than {limit:,} bytes."), scope)
        except TimeoutError:
            await seen.answer(refusal(path, 503, "It took too long. Try again.", headers={"Retry-After": "5"}), scope)
        except Exception as error:  # noqa: BLE001 - nobody outside sees what went wrong inside
            seen.note = f"unexpected {type(error).__name__}"
            await seen.answer(refusal(path, 500, f"This was not expected (reference {seen.reference})."), scope)


class _Seen:
    """One request and its answer, as far as they are counted."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._began = time.monotonic()
        self._at = time.time()
        self.address = (scope.get("client") or ("", 0))[0]
        self.client = ""
        self.note = ""
        self.reference = f"{int(self._at * 1000) & 0xFFFFFFFF:08x}"
        self._status = 0
        self._in = self._out = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._in += len(message.get("body", b""))
        if self._in > self._limit:
            raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        self._out += len(message.get("body", b""))
        await self._send(message)

    async def answer(self, response: Response, scope: Scope) -> None:
        """An answer of ours; where the other one began already, nothing can be said any more."""
        if not self._status:
            await response(scope, self._receive, self.send)

    def served(self) -> Served:
        return Served(
            at=self._at,
            client=self.client,
            address=self.address,
            method=str(self._scope["method"])[:10],
            path=shown_path(self._scope["path"]),
            status=self._status,
            milliseconds=round((time.monotonic() - self._began) * 1000, 1),
            bytes_in=self._in,
            bytes_out=self._out,
            note=self.note,
        )


def caller_of(request: Any) -> Caller:
    """Who sent a starlette request."""
    caller: Caller = request.state.caller
    return caller
