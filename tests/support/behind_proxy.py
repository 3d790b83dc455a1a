"""A server of this machine under a name of its own that only a proxy with a password leads to, over TLS."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.support.scripted_server import Proxy

NAME = "api.hubapi.test"


@dataclass(frozen=True)
class BehindProxy:
    """Where the far side is (`url`), and the way there."""

    url: str
    proxy: Proxy


@contextmanager
def behind_proxy(port: int, tls: ssl.SSLContext, user: str, password: str) -> Iterator[BehindProxy]:
    """Puts TLS and a proxy in front of the plain server on `port`; both end with the block."""
    ready: Future[tuple[BehindProxy, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(port, tls, user, password, ready)), daemon=True)
    thread.start()
    far, loop, enough = ready.result(10)
    try:
        yield far
    finally:
        loop.call_soon_threadsafe(enough.set)
        thread.join(10)


async def _serve(
    port: int,
    tls: ssl.SSLContext,
    user: str,
    password: str,
    ready: Future[tuple[BehindProxy, asyncio.AbstractEventLoop, asyncio.Event]],
) -> None:
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await _join(reader, writer, port)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            talks.discard(task)
            writer.transport.abort()

    enough = asyncio.Event()
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    async with Proxy(user, password) as proxy:
        url = f"https://{NAME}:{server.sockets[0].getsockname()[1]}"
        ready.set_result((BehindProxy(url, proxy), asyncio.get_running_loop(), enough))
        await enough.wait()
    server.close()
    for task in list(talks):
        task.cancel()
    await asyncio.gather(*talks, return_exceptions=True)
    await asyncio.sleep(0)


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
    finally:
        far_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
