"""What every request passes first: sizes, who calls, room, time; and what is remembered of it afterwards."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.gateway.clients import Denied
from console.gateway.dialect import refusal
from console.gateway.limits import TooMany
from console.gateway.live import METHODS, Served, shown_path

if TYPE_CHECKING:
    from console.gateway.gateway import Gateway
    from console.gateway.ports import Caller
    from console.gateway.settings import GatewaySettings

OPEN = frozenset({"/healthz", "/readyz"})
"""Paths that anybody may ask: they say nothing but yes or no."""
_LATER = {"Retry-After": "5", "Connection": "close"}
_READ_ON_SECONDS, _READ_ON_BYTES = 2.0, 8 << 20
"""A body that is too large is read on for a while: clients hear a no only when they have sent what they wanted to."""
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
        seen = _Seen(scope, receive, send, self._gateway.settings)
        try:
            await self._served(scope, seen)
        finally:
            self._gateway.live.add(seen.served())

    async def _served(self, scope: Scope, seen: _Seen) -> None:
        path = scope["path"]
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._gateway.settings.max_header_bytes:
            await seen.answer(refusal(path, 431, "The headers are too large."), scope)
            return
        if _announced(scope) > self._gateway.settings.max_body_bytes:
            await seen.read_on()
            await seen.answer(self._too_large(path), scope)
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
            await seen.read_on()
            await seen.answer(self._too_large(path), scope)
        except TimeoutError:
            await seen.answer(refusal(path, 503, "It took too long. Try again.", headers=_LATER), scope)
        except Exception as error:  # noqa: BLE001 - nobody outside sees what went wrong inside
            reference = self._gateway.live.mistake(error)
            seen.note = f"unexpected {type(error).__name__} {reference}".strip()
            told = f" (reference {reference})" if reference else ""
            await seen.answer(refusal(path, 500, f"This was not expected{told}."), scope)

    def _too_large(self, path: str) -> Response:
        limit = self._gateway.settings.max_body_bytes
        return refusal(path, 413, f"The body is larger than {limit:,} bytes.", headers={"Connection": "close"})


class _Seen:
    """One request and its answer, as far as they are counted."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, settings: GatewaySettings) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = settings.max_body_bytes
        self._too_large = False
        self._began = time.monotonic()
        self._at = time.time()
        self.address = _address(scope, settings.proxies)
        self.client = ""
        self.note = ""
        self._status = 0
        self._in = self._out = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._in += len(message.get("body", b""))
        if self._in > self._limit:
            self._too_large = True
            raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        if self._too_large:
            raise TooLarge  # whatever was made of half a body is not what we say
        await self._sent(message)

    async def _sent(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        self._out += len(message.get("body", b""))
        await self._send(message)

    async def read_on(self) -> None:
        """Take the rest of the body, and forget it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_READ_ON_SECONDS):
                while self._in < _READ_ON_BYTES:
                    message = await self._receive()
                    self._in += len(message.get("body", b""))
                    if not message.get("more_body"):
                        return

    async def answer(self, response: Response, scope: Scope) -> None:
        """An answer of ours; where the other one began already, nothing can be said any more."""
        if not self._status:
            await response(scope, self._receive, self._sent)

    def served(self) -> Served:
        method = str(self._scope["method"])
        return Served(
            at=self._at,
            client=self.client,
            address=self.address,
            method=method if method in METHODS else "OTHER",
            path=shown_path(self._scope["path"]),
            status=self._status,
            milliseconds=round((time.monotonic() - self._began) * 1000, 1),
            bytes_in=self._in,
            bytes_out=self._out,
            note=self.note,
        )


def _announced(scope: Scope) -> int:
    """The Content-Length; 0 where none is said."""
    told = Headers(scope=scope).get("content-length", "")
    return int(told) if told.isdecimal() and len(told) < 20 else 0


def _address(scope: Scope, proxies: Sequence[str]) -> str:
    """Who calls: the last address that a proxy of ours did not write of itself or of another one of ours."""
    address: str = (scope.get("client") or ("", 0))[0]
    if address in proxies:
        told = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
        for one in reversed([part.strip() for part in told.split(",")]):
            if one and one not in proxies:
                return one[:45]
    return address


def caller_of(request: Any) -> Caller:
    """Who sent a starlette request."""
    caller: Caller = request.state.caller
    return caller
