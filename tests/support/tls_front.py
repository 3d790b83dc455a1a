"""A TLS server in threads of its own, in front of a plain server; it counts, and remembers every byte it was told."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PATIENCE = 20.0


@dataclass
class TlsFront:
    """`connections` were accepted, `ended` are over; `received` is what clients said after their handshakes."""

    port: int
    connections: int = 0
    ended: int = 0
    received: bytearray = field(default_factory=bytearray)

    @property
    def url(self) -> str:
        """Its address by the name of this machine."""
        return f"https://localhost:{self.port}"

    def heard(self) -> bytes:
        """Every byte of every client, once all of them are gone."""
        until = time.monotonic() + PATIENCE
        while self.ended < self.connections:
            assert time.monotonic() < until, "a client is still there"
            time.sleep(0.005)
        return bytes(self.received)


@contextmanager
def start_tls_front(context: ssl.SSLContext, behind: int | None = None) -> Iterator[TlsFront]:
    """TLS on a port of this machine, forwarding to the port `behind`; without one it answers 200 to all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        front = TlsFront(listener.getsockname()[1])
        open_: list[socket.socket] = []
        thread = threading.Thread(target=_accept, args=(listener, context, behind, front, open_), daemon=True)
        thread.start()
        try:
            yield front
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for one in open_:
                _close(one)
            thread.join(PATIENCE)


def _accept(
    listener: socket.socket, context: ssl.SSLContext, behind: int | None, front: TlsFront, open_: list[socket.socket]
) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return  # the test is over
        front.connections += 1
        plain.settimeout(PATIENCE)
        open_.append(plain)
        threading.Thread(target=_serve, args=(plain, context, behind, front, open_), daemon=True).start()


def _serve(
    plain: socket.socket, context: ssl.SSLContext, behind: int | None, front: TlsFront, open_: list[socket.socket]
) -> None:
    try:
        client = context.wrap_socket(plain, server_side=True)
        open_.append(client)
        if behind is None:
            _answer(client, front)
        else:
            server = socket.create_connection(("127.0.0.1", behind), PATIENCE)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            open_.append(server)
            threading.Thread(target=_pump, args=(server, client, None), daemon=True).start()
            _pump(client, server, front)
    except OSError:
        _close(plain)
    finally:
        front.ended += 1


def _answer(client: socket.socket, front: TlsFront) -> None:
    while data := client.recv(65536):
        front.received += data
        if b"\r\n\r\n" in data:
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def _pump(source: socket.socket, target: socket.socket, front: TlsFront | None) -> None:
    with suppress(OSError, ValueError):
        while data := source.recv(65536):
            if front is not None:
                front.received += data
            target.sendall(data)
    _close(target)
    _close(source)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
