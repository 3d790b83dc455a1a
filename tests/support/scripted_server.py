"""A tiny HTTP server over a real socket that misbehaves byte by byte, and a proxy that asks for a password."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Received:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), strict_parsing=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What goes back. `body` other than bytes is sent as JSON."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    claim: int | None = None
    """A Content-Length other than the true one."""
    then: str = "keep"
    """keep, close, reset or stall"""
    raw: bytes | None = None
    """These bytes instead of all that."""

    def encoded(self) -> bytes:
        if self.raw is not None:
            return self.raw
        is_json = not isinstance(self.body, bytes)
        body = json.dumps(self.body).encode() if is_json else self.body
        headers = {"Content-Type": "application/json" if is_json else "text/html", **self.headers}
        length = len(body) if self.claim is None else self.claim
        lines = [f"HTTP/1.1 {self.status} x", f"Content-Length: {length}", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


RESET = Reply(raw=b"", then="reset")
STALL = Reply(raw=b"", then="stall")

Script = Callable[[Received], Reply] | Callable[[Received], Awaitable[Reply]]


class ScriptedServer:
    """Answers by a function, or by a list of replies of which the last one repeats."""

    def __init__(self, script: Script | Sequence[Reply], tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.received: list[Received] = []
        self.connections = 0
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while (request := await _receive(reader)) is not None:
                self.received.append(request)
                if not await self._reply(await self._decide(request), writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _decide(self, request: Received) -> Reply:
        if callable(self.script):
            found = self.script(request)
            return found if isinstance(found, Reply) else await found
        return self.script[min(len(self.received), len(self.script)) - 1]

    async def _reply(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(reply.delay)
        writer.write(reply.encoded())
        await writer.drain()
        if reply.then == "reset":
            reset(writer)
        elif reply.then == "stall":
            await asyncio.sleep(60)
        return reply.then == "keep"


class Proxy:
    """Forwards CONNECT to any port of this machine, for those who know the password."""

    def __init__(self, user: str = "", password: str = "", refuse: bytes | None = None, stall: bool = False) -> None:
        self.wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if user else None
        self.refuse = refuse
        self.stall = stall
        self.targets: list[str] = []
        self.heads: list[dict[str, str]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._tunnel(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _receive(reader)
        if request is None:
            return
        self.targets.append(request.target)
        self.heads.append(request.headers)
        if self.stall:
            await asyncio.sleep(60)
        if self.refuse or (self.wanted and request.headers.get("proxy-authorization") != self.wanted):
            writer.write(self.refuse or b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(request.target.rsplit(":", 1)[1]))
        try:
            writer.write(b"HTTP/1.1 200 go\r\n\r\n")
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _receive(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method, target, headers, body)


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends the connection with a TCP reset."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
