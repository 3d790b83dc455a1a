"""Rude ends of a connection: a reset, an answer cut short. They need the transport under uvicorn."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import cast

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

TRANSPORT = "console.simulator.transport"
_LINGER = struct.pack("ii", 1, 0)  # close() then sends RST instead of FIN


class SimulatorProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol that also hands its transport to the application."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport in the scope of every request on this connection."""
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport


def abort(scope: Scope) -> None:
    """Reset the connection: the peer sees ECONNRESET."""
    transport = cast("asyncio.Transport", scope[TRANSPORT])
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    transport.abort()


async def cut_short(scope: Scope, send: Send, response: Response) -> None:
    """Promise the whole body, send half of it and close."""
    body = bytes(response.body)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    cast("asyncio.Transport", scope[TRANSPORT]).close()
