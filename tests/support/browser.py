"""A browser that shows no pictures: it asks for a page and says what came, or where it was sent."""

from __future__ import annotations

import http.client
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit


class Shown(NamedTuple):
    """What a browser has after one request."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


def visit(url: str, *, address: str = "", host: str = "", method: str = "GET") -> Shown:
    """One request. `address` is one of localhost's, `host` the name that the request says."""
    parts = urlsplit(url)
    port = parts.port or 80
    connection = http.client.HTTPConnection(address or parts.hostname or "", port, timeout=10)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, headers={"Host": host or parts.netloc})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Shown(answer.status, headers, answer.read().decode())
    finally:
        connection.close()


def grant(url: str) -> str:
    """Open an authorization URL where the server decides at once; where the browser is sent."""
    shown = visit(url)
    assert shown.status == 302, shown.text
    return shown.location


def field(url: str, name: str) -> str:
    """One field of a URL's query."""
    return parse_qs(urlsplit(url).query)[name][0]
