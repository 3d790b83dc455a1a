"""The browser's way back: one request to one path of this machine, answered with a plain page.

Nothing of the request comes back in the answer, and nothing but the exact path, asked of `localhost`, is taken.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from console.hubspot.login_answer import readable
from console.hubspot.login_place import Redirect
from console.hubspot.login_refusals import LoginFailed
from console.hubspot.secret import Secret

HOSTS = ("127.0.0.1", "::1")
"""A browser may take either for localhost, and HubSpot takes no other name."""
HEAD_LIMIT = 16 * 1024
HEAD_SECONDS = 10.0
CONNECTIONS = 16

_ABSENT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hubspoke</title></head>'
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)
_TAKEN = ("Hubspoke has the answer", "Return to the terminal: it says how the login went. This page can be closed.")
_UNKNOWN = ("Nothing here", "This is not the address that the login waits for.")


class Listener:
    """Waits for the one request; made by `listening`."""

    def __init__(self, redirect: Redirect) -> None:
        self._redirect = redirect
        self._taken: asyncio.Future[Secret] = asyncio.get_running_loop().create_future()
        self._talks: set[asyncio.Task[None]] = set()

    async def answer(self) -> Secret:
        """The URL that the browser was sent to, once it came."""
        return await asyncio.shield(self._taken)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: a request, an answer, the end."""
        task = asyncio.current_task()
        if task is None or len(self._talks) >= CONNECTIONS:
            writer.transport.abort()
            return
        self._talks.add(task)
        try:
            with suppress(TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(HEAD_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                    url = self._wanted(head)
                    writer.write(_answer(200, *_TAKEN) if url is not None else _answer(404, *_UNKNOWN))
                    await writer.drain()
                    if url is not None and not self._taken.done():
                        self._taken.set_result(url)
        finally:
            self._talks.discard(task)
            writer.close()

    def _wanted(self, head: bytes) -> Secret | None:
        """The URL of a request that is the login's; a second one is nobody's."""
        first, *rest = head.decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or words[0] != "GET" or self._taken.done():
            return None
        path, _, query = words[1].partition("?")
        hosts = [line.partition(":")[2].strip().lower() for line in rest if line.lower().startswith("host:")]
        port = self._redirect.port
        # another name in front of this port is another site that was made to resolve to this machine
        named = hosts == [f"localhost:{port}"] or (port == 80 and hosts == ["localhost"])
        tells = any(field.startswith(("code=", "error=")) for field in query.split("&"))
        if path != self._redirect.path or not tells or not named:
            return None
        found = Secret(f"{self._redirect.uri}?{query}")
        return found if readable(found, self._redirect) else None

    def end(self) -> None:
        """Hang up on those who still talk."""
        self._taken.cancel()
        for task in self._talks:
            task.cancel()


@asynccontextmanager
async def listening(redirect: Redirect) -> AsyncIterator[Listener]:
    """Listen on the redirect URI's port, on every address that localhost may be.

    Raises:
        LoginFailed: the port is taken, or not for us.
    """
    listener = Listener(redirect)
    servers: list[asyncio.Server] = []
    try:
        for host in HOSTS:
            try:
                servers.append(await asyncio.start_server(listener.talk, host, redirect.port, limit=HEAD_LIMIT))
            except OSError as error:
                if error.errno in _ABSENT and host != HOSTS[0]:
                    continue  # a machine without IPv6: its localhost is the other one
                raise _cannot(redirect.port, error) from None
        yield listener
    finally:
        for server in servers:
            server.close()
        talks = tuple(listener._talks)
        listener.end()
        await asyncio.gather(*talks, return_exceptions=True)


def _cannot(port: int, error: OSError) -> LoginFailed:
    paste = "Or paste what the browser shows: hubspoke credentials login --paste."
    if error.errno == errno.EADDRINUSE:
        return LoginFailed(
            f"Port {port} of this machine, to which redirectUri leads, is in use by another program.",
            reason="port",
            advice=f"End that program (ss -ltnp 'sport = :{port}' names it). {paste}",
        )
    if error.errno == errno.EACCES:
        return LoginFailed(
            f"This user may not listen on port {port}, to which redirectUri leads.",
            reason="port",
            advice=f"Take a port above 1023 in redirectUri, and the same in the app. {paste}",
        )
    reason = (error.strerror or type(error).__name__).lower()
    return LoginFailed(f"Nobody can listen on port {port}: {reason}.", reason="port", advice=paste)


def _answer(status: int, title: str, text: str) -> bytes:
    body = _PAGE.format(title=title, text=text).encode()
    lines = (
        f"HTTP/1.1 {status} {'OK' if status == 200 else 'Not Found'}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer",
        "Cache-Control: no-store",
        "Connection: close",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
