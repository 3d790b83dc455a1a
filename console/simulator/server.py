"""Serves a portal over HTTP on loopback until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette

from console.simulator import control, routes
from console.simulator.portal import Portal
from console.simulator.wire import SimulatorProtocol

STDIN = 0
MAX_HEAD = 262_144  # long URLs must reach us, to be refused as HubSpot's edge does


def application(portal: Portal) -> Starlette:
    """The ASGI application of a portal."""
    refuse = routes.refusals(portal)
    table = [*routes.routes(portal), *control.routes(portal)]
    return Starlette(routes=table, exception_handlers={404: refuse, 405: refuse})


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; OSError if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; on, every answer comes 40 ms late
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def url_of(sock: socket.socket) -> str:
    """The base URL of a bound socket."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """uvicorn's server with its own end: no signal is raised again after a graceful stop."""

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


async def serve(
    portal: Portal, sock: socket.socket, ready: Callable[[], None], *, exit_with_stdin: bool = False
) -> None:
    """Serve until SIGTERM, SIGINT or, where asked for, the end of standard input."""
    config = uvicorn.Config(
        application(portal),
        loop="asyncio",
        http=SimulatorProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=MAX_HEAD,
    )
    server = _Server(config, ready)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if exit_with_stdin:
        _watch_stdin(loop, stop)
    await server.serve(sockets=[sock])


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Call `stop` at the end of standard input, whatever it is: a pipe, a terminal, a file, /dev/null."""

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(STDIN, 65_536):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop)

    import threading

    threading.Thread(target=read, daemon=True, name="stdin").start()
