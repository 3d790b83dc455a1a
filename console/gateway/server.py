"""Serves the gateway until told to stop, and then lets what is under way come to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any, ClassVar

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from console.gateway.tls import subjects_of
from console.settings.errors import SettingsError

HEAD_SECONDS = 15.0
"""Seconds in which a request's head must be here: a client that trickles keeps no connection."""
STOP_SECONDS = 20
"""Seconds that requests under way have left when the gateway is told to stop."""
_LINE_BYTES = 8192
"""What the first line of a request may have, beside its headers."""


class GatewayProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol that knows the names of a client certificate, and is not kept waiting for ever."""

    HEAD_SECONDS: ClassVar[float] = HEAD_SECONDS
    PER_ADDRESS: ClassVar[int] = 256
    UNCOUNTED: ClassVar[Collection[str]] = ()
    """Addresses with as many connections as they like: our own proxies."""
    open_now: ClassVar[Counter[str]] = Counter()

    _head: asyncio.TimerHandle | None = None
    _counted = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note who is there, and begin to wait."""
        super().connection_made(transport)
        names = subjects_of(transport.get_extra_info("peercert"))
        self.app_state = {**self.app_state, "subjects": names}
        address = self.client[0] if self.client is not None else ""
        if address not in self.UNCOUNTED:
            self._counted = address
            self.open_now[address] += 1
            if self.open_now[address] > self.PER_ADDRESS:
                transport.abort()
                return
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
        if self._counted:
            self.open_now[self._counted] -= 1
            if self.open_now[self._counted] <= 0:
                del self.open_now[self._counted]
            self._counted = ""
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is told so; a head that is too large is told that, and nothing of it is repeated."""
        buffered, _ = self.conn.trailing_data
        status = 431 if len(buffered) > (self.config.h11_max_incomplete_event_size or 65_536) else 400
        text = b"The headers are too large." if status == 431 else msg.encode("ascii", "replace")
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=text), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait(self) -> None:
        self._cancel()
        self._head = self.loop.call_later(self.HEAD_SECONDS, self._too_slow)

    def _cancel(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _too_slow(self) -> None:
        if (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
            self.transport.close()


class Stopping:
    """Whether SIGTERM, SIGINT or a hang-up came; the second one does not wait for anybody."""

    def __init__(self) -> None:
        self._heard: list[Callable[[int], None]] = []
        self.count = 0

    def listen(self, heard: Callable[[int], None]) -> None:
        """Tell somebody each time; at once where it came already."""
        self._heard.append(heard)
        if self.count:
            heard(self.count)

    def stop(self) -> None:
        """A signal came."""
        self.count += 1
        for heard in self._heard:
            heard(self.count)


@contextlib.contextmanager
def signals() -> Iterator[Stopping]:
    """SIGTERM, SIGINT and SIGHUP stop in good order."""
    loop, stopping = asyncio.get_running_loop(), Stopping()
    taken = [
        number
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN  # nohup
    ]
    for number in taken:
        loop.add_signal_handler(number, stopping.stop)
    try:
        yield stopping
    finally:
        for number in taken:
            loop.remove_signal_handler(number)


class _Server(uvicorn.Server):
    """uvicorn's server with our own end, and with a word when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are `signals`' matter."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so when requests are accepted."""
        await super().startup(sockets)
        self._ready()

    def stop(self, count: int) -> None:
        """Take nothing new; the second time, leave what is under way."""
        self.should_exit = True
        self.force_exit = count > 1


def bound(host: str, port: int) -> socket.socket:
    """A bound socket. Raises SettingsError where the address cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise SettingsError(f"{host} is no address of this machine.", "Write listen = HOST:PORT.") from None
    # asyncio switches Nagle's algorithm off only where the protocol is named
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(address)
    except OSError as error:
        made.close()
        reason = (error.strerror or "unknown reason").lower()
        raise SettingsError(
            f"{host}:{port} cannot be listened on: {reason}.",
            "Stop what listens there, or choose another address: --listen HOST:PORT.",
        ) from None
    return made


def protocol(per_address: int, uncounted: Collection[str]) -> type[GatewayProtocol]:
    """A protocol that counts connections of its own server."""
    return type(
        "CountingProtocol",
        (GatewayProtocol,),
        {"PER_ADDRESS": per_address, "UNCOUNTED": frozenset(uncounted), "open_now": Counter()},
    )


async def serve(
    app: ASGIApp,
    sock: socket.socket,
    tls: ssl.SSLContext | None,
    *,
    head_bytes: int,
    http: type[GatewayProtocol],
    ready: Callable[[], None],
    stopping: Stopping,
) -> None:
    """Serve until stopped; then nothing new is taken, and what is under way has its time."""
    options: dict[str, Any] = {"ssl_context_factory": lambda _config, _default: tls} if tls is not None else {}
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=http,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.CRITICAL,  # its warnings quote what clients sent
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=head_bytes + _LINE_BYTES,
        **options,
    )
    server = _Server(config, ready)
    stopping.listen(server.stop)
    await server.serve(sockets=[sock])
