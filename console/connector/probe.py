"""The way to HubSpot below HTTP, step by step, so that a test can say where it ends: name, connection, TLS."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import os
import socket
import ssl
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import SplitResult

from console.hubspot.secret import Secret
from console.hubspot.trust import goes_direct, tls_context
from console.settings.profile import Profile

CONNECT_SECONDS = 5.0
STEP_SECONDS = 10.0
_PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


class Problem(Exception):
    """A step that failed: `what` was seen, the likely `cause`, and what to do."""

    def __init__(self, what: str, cause: str, advice: str) -> None:
        super().__init__(what)
        self.what, self.cause, self.advice = what, cause, advice


class Way(NamedTuple):
    """Where the first connection goes, and where it should end."""

    host: str
    port: int
    proxy: str
    proxy_port: int
    tls: bool

    @property
    def first(self) -> tuple[str, int]:
        """The host and port that this machine itself connects to."""
        return (self.proxy, self.proxy_port) if self.proxy else (self.host, self.port)

    @property
    def words(self) -> str:
        """Where to, for people."""
        return f"{self.host}:{self.port}" + (f" by the proxy {self.proxy}:{self.proxy_port}" if self.proxy else "")


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def way_of(profile: Profile, parts: SplitResult) -> Way:
    """The way that the profile's requests take."""
    host, tls = parts.hostname or "", parts.scheme == "https"
    proxied = bool(profile.http_proxy_host) and not goes_direct(host, profile.no_proxy)
    return Way(
        host,
        parts.port or (443 if tls else 80),
        profile.http_proxy_host if proxied else "",
        (profile.http_proxy_port or 8080) if proxied else 0,
        tls,
    )


async def resolve(way: Way) -> list[str]:
    """The addresses of the first host. Raises Problem."""
    host, port = way.first
    key = "httpProxyHost" if way.proxy else "apiBaseUrl"
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no valid name"
        raise Problem(
            f"The name {host} cannot be resolved: {reason}.",
            "The name is misspelt, or this machine's name server does not answer or does not know names outside.",
            f"Check {key} of the profile, then try: getent hosts {host}",
        ) from None
    return list(dict.fromkeys(str(address[4][0]) for address in found))


async def connect(way: Way, addresses: Sequence[str]) -> Streams:
    """A TCP connection to the first host at one of its addresses. Raises Problem."""
    host, port = way.first
    reason = "it has no address"
    for address in addresses:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(address, port)
        except TimeoutError:
            reason = f"no answer within {CONNECT_SECONDS:g} seconds"
        except OSError as error:
            reason = os.strerror(error.errno).lower() if error.errno else "it failed"
    if way.proxy:
        cause = "The proxy is down, or its address or port is another one."
        advice = "Check httpProxyHost and httpProxyPort of the profile."
    else:
        cause = "A firewall is between, the service is down, or this network is left by a proxy only."
        advice = "Check apiBaseUrl; ask for access to that host and port, or set httpProxyHost of the profile."
        if any(os.environ.get(name) for name in _PROXY_VARIABLES):
            advice += " The environment names a proxy; Hubspoke uses only the profile's."
    raise Problem(f"No connection to {host}:{port}: {reason}.", cause, advice)


def _request_tunnel(way: Way, writer: asyncio.StreamWriter, user: str, password: Secret) -> None:
    # a frame of its own: what is raised later must not carry the password along
    token = base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()
    credentials = f"Proxy-Authorization: Basic {token}\r\n" if user else ""
    target = f"[{way.host}]:{way.port}" if ":" in way.host else f"{way.host}:{way.port}"
    writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{credentials}\r\n".encode())


async def tunnel(way: Way, streams: Streams, user: str, password: Secret) -> None:
    """Ask the proxy for a way through. Raises Problem."""
    reader, writer = streams
    _request_tunnel(way, writer, user, password)
    status = await _status(reader, way)
    if 200 <= status <= 299:
        return
    if status == 407:
        raise Problem(
            f"The proxy {way.proxy} wants another user name or password.",
            "Proxy user or password are missing or wrong." if user else "The proxy wants a user name and a password.",
            "Set httpProxyUser of the profile, and the password with: hubspoke credentials set httpProxyPassword",
        )
    raise Problem(
        f"The proxy {way.proxy} answered {status} instead of opening the way to {way.host}:{way.port}.",
        "The proxy does not allow this host, or cannot reach it.",
        "Ask the proxy's administrator to allow that host and port.",
    )


async def _status(reader: asyncio.StreamReader, way: Way) -> int:
    not_http = Problem(
        f"{way.proxy}:{way.proxy_port} does not answer like an HTTP proxy.",
        "Something else listens on that port; a SOCKS or TLS proxy is not supported.",
        "Check httpProxyHost and httpProxyPort of the profile.",
    )
    try:
        async with asyncio.timeout(STEP_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")  # at most 64 KiB
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, TimeoutError):
        raise not_http from None
    words = head.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise not_http
    return int(words[1])


class Secured(NamedTuple):
    """What the TLS handshake agreed on."""

    version: str
    issuer: str
    days_left: int | None


async def secure(way: Way, streams: Streams, profile: Profile) -> Secured:
    """The TLS handshake with HubSpot, checked as the profile wants it. Raises Problem and NotSent (caFile)."""
    _, writer = streams
    context = await asyncio.to_thread(tls_context, profile)  # reads the system's bundle
    try:
        await writer.start_tls(context, server_hostname=way.host, ssl_handshake_timeout=STEP_SECONDS)
    except ssl.SSLCertVerificationError as error:
        raise _distrust(way, error) from None
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "the connection ended"
        raise Problem(
            f"The TLS handshake with {way.host} failed: {reason}.",
            "What answers there speaks no TLS 1.2 or later, or something between breaks the connection.",
            "Check the port of apiBaseUrl, and whether a firewall inspects TLS on the way.",
        ) from None
    tls = writer.get_extra_info("ssl_object")
    certificate: dict[str, Any] = tls.getpeercert() or {}
    return Secured(tls.version() or "TLS", _issuer(certificate), _days_left(certificate))


def _distrust(way: Way, error: ssl.SSLCertVerificationError) -> Problem:
    reason = error.verify_message or "it cannot be verified"
    what = f"The certificate of {way.host} is not trusted: {reason}."
    if "expired" in reason or "not yet valid" in reason:
        return Problem(
            what, "The certificate ran out, or the clock of this machine is wrong.", "Check the clock with: date"
        )
    if "mismatch" in reason.lower() or "not valid for" in reason:
        return Problem(
            what,
            "Another server answers under this name, or apiBaseUrl names it in another way than its certificate.",
            "Correct apiBaseUrl; only if you know why the names differ, set disableHostNameVerifier.",
        )
    return Problem(
        what,
        "A company proxy signs the connection with its own authority, or somebody is between.",
        "Put the authority's certificate (PEM) into a file and set caFile of the profile to it.",
    )


def _issuer(certificate: dict[str, Any]) -> str:
    parts = {name: value for group in certificate.get("issuer", ()) for name, value in group}
    return str(parts.get("organizationName") or parts.get("commonName") or "")


def _days_left(certificate: dict[str, Any]) -> int | None:
    until = certificate.get("notAfter")
    if not isinstance(until, str):
        return None
    ends = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(until), dt.UTC)
    return (ends - dt.datetime.now(dt.UTC)).days
