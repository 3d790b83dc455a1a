"""Serves the gateway until told to stop, and then lets what is under way come to its end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from console.gateway.tls import subjects_of
from console.settings.errors import SettingsError

HEAD_SECONDS = 15.0
"""Seconds in which a request's head must be here: a client that trickles keeps no connection."""
STOP_SECONDS = 20
"""Seconds that requests under way have left when the gateway is told to stop."""


class GatewayProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol that knows the names of a client certificate, and is not kept waiting for ever."""

    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note who is there, and begin to wait."""
        super().connection_made(transport)
        names = subjects_of(transport.get_extra_info("peercert"))
        self.app_state = {**self.app_state, "subjects": names}
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Stop waiting when a head is complete."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._cancel()
        elif self._head is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """There is nobody to wait for."""
        self._cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._cancel()
        self._head = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _cancel(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _too_slow(self) -> None:
        if (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """uvicorn's server with our own end, and with a word when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so when requests are accepted."""
        await super().startup(sockets)
        self._ready()


def bound(host: str, port: int) -> socket.socket:
    """A bound socket. Raises SettingsError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        reason = (error.strerror or "unknown reason").lower()
        raise SettingsError(
            f"{host}:{port} cannot be listened on: {reason}.",
            "Stop what listens there, or choose another address: --listen HOST:PORT.",
        ) from None
    return made


async def serve(
    app: ASGIApp, sock: socket.socket, tls: ssl.SSLContext | None, *, head_bytes: int, ready: Callable[[], None]
) -> None:
    """Serve until SIGTERM or SIGINT; then nothing new is taken, and what is under way has its time."""
    options: dict[str, Any] = {"ssl_context_factory": lambda _config, _default: tls} if tls is not None else {}
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=GatewayProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=head_bytes + 8192,
        **options,
    )
    server = _Server(config, ready)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await server.serve(sockets=[sock])
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
