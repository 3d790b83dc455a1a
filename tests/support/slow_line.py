"""A slow line: a proxy on loopback that lets so many bytes a second through from the far side."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE = 1024
BUFFER = 8192
"""A modem's, not a kernel's: what has been read here is not on its way for long."""


@contextmanager
def slow_line(port: int, rate: int) -> Iterator[int]:
    """Forward connections to `port` at `rate` bytes a second from there to here; yields the proxy's port."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, port, rate), daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()


def _serve(listener: socket.socket, port: int, rate: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.connect(("127.0.0.1", port))
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_forward, args=(client, server, 0), daemon=True).start()
            threading.Thread(target=_forward, args=(server, client, rate), daemon=True).start()


def _forward(source: socket.socket, target: socket.socket, rate: int) -> None:
    free = time.monotonic()
    with suppress(OSError):
        while data := source.recv(PIECE):
            if rate:
                free = max(free, time.monotonic()) + len(data) / rate
                time.sleep(max(0.0, free - time.monotonic()))
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
