"""A line to an LDAP server that breaks after so many entries."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_ENTRY = 0x64


@contextmanager
def cutting_line(port: int, entries: int) -> Iterator[int]:
    """Forward one connection to `port`, and drop it right after that many search result entries. Yields its own port."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, port, entries), daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()
        thread.join(10)


def _serve(listener: socket.socket, port: int, entries: int) -> None:
    with suppress(OSError):
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=_forward, args=(client, server), daemon=True)
            back.start()
            with suppress(OSError):
                _until(server, client, entries)
            client.shutdown(socket.SHUT_RDWR)
            server.shutdown(socket.SHUT_RDWR)
            back.join(10)


def _forward(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


def _until(server: socket.socket, client: socket.socket, entries: int) -> None:
    with server.makefile("rb") as stream:
        while entries:
            head = stream.read(2)
            if len(head) < 2:
                return
            length = head[1]
            if length & 0x80:
                more = stream.read(length & 0x7F)
                head, length = head + more, int.from_bytes(more, "big")
            body = stream.read(length)
            client.sendall(head + body)
            entries -= body[2 + body[1]] == _ENTRY
