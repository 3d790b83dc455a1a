"""The way to HubSpot below HTTP, step by step, so that a test can say where it ends: name, connection, proxy, TLS."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import os
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import SplitResult

from console.connector.stages import Problem
from console.hubspot.fingerprint import PeerCertificate, read_certificate
from console.hubspot.secret import Secret
from console.hubspot.trust import goes_direct
from console.settings.profile import Profile

CONNECT_SECONDS = 5.0
STEP_SECONDS = 10.0
_PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


class Way(NamedTuple):
    """Where the first connection goes, and where it should end."""

    host: str
    port: int
    proxy: str
    proxy_port: int
    tls: bool
    past_proxy: bool = False

    @property
    def first(self) -> tuple[str, int]:
        """The host and port that this machine itself connects to."""
        return (self.proxy, self.proxy_port) if self.proxy else (self.host, self.port)

    @property
    def words(self) -> str:
        """Where to, for people."""
        if self.proxy:
            return f"{self.host}:{self.port} by the proxy {self.proxy}:{self.proxy_port}"
        return f"{self.host}:{self.port}" + (", past the proxy" if self.past_proxy else "")


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
        bool(profile.http_proxy_host) and not proxied,
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
    if status in (401, 407):  # tinyproxy refuses a wrong password with 401
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


async def hang_up(streams: Streams) -> None:
    """Close a connection, with a second's patience."""
    streams[1].close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await streams[1].wait_closed()


class Secured(NamedTuple):
    """What the TLS handshake agreed on, and with whom."""

    version: str
    certificate: PeerCertificate


async def secure(way: Way, streams: Streams, context: ssl.SSLContext) -> Secured:
    """The TLS handshake with HubSpot, checked as `context` does.

    Raises:
        ssl.SSLCertVerificationError: the certificate is not taken; `distrust` has the words for it.
        Problem: there was no handshake.
    """
    _, writer = streams
    try:
        await writer.start_tls(context, server_hostname=way.host, ssl_handshake_timeout=STEP_SECONDS)
    except ssl.SSLCertVerificationError:
        raise
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "the connection ended"
        raise Problem(
            f"The TLS handshake with {way.host} failed: {reason}.",
            "What answers there speaks no TLS 1.2 or later, or something between breaks the connection.",
            "Check the port of apiBaseUrl, and whether a firewall inspects TLS on the way.",
        ) from None
    tls = writer.get_extra_info("ssl_object")
    return Secured(tls.version() or "TLS", read_certificate(tls.getpeercert(binary_form=True) or b""))


def distrust(way: Way, error: ssl.SSLCertVerificationError, certificate: PeerCertificate | None) -> Problem:
    """Why the certificate is not taken: its dates, its name, or its issuer."""
    what = f"The certificate of {way.host} is not trusted: {error.verify_message or 'it cannot be verified'}."
    if certificate is not None:
        what += f" It is {described(certificate)}."
    cause, advice = _REASONS.get(error.verify_code, _NO_AUTHORITY)
    return Problem(what, cause, advice, certificate=certificate)


_DATES = (
    "The certificate ran out or is not valid yet, or the clock of this machine is wrong.",
    "Check the clock with: date; then ask whoever runs the server to renew the certificate.",
)
_NAMES = (
    "Another server answers under this name, or apiBaseUrl names it in another way than its certificate.",
    "Correct apiBaseUrl; only if you know why the names differ, set disableHostNameVerifier.",
)
_SELF_SIGNED = (
    "The server vouches for itself, or somebody is between.",
    (
        "Put its certificate (PEM) into a file and set caFile of the profile to it; or set "
        "acceptSelfSignedCertificates=true and accept its fingerprint with hubspoke test."
    ),
)
_NO_AUTHORITY = (
    (
        "A company proxy signs the connection with its own authority, the server leaves out a certificate of its chain, "
        "or somebody is between."
    ),
    "Put the authority's certificate (PEM) into a file and set caFile of the profile to it.",
)
_REASONS = {9: _DATES, 10: _DATES, 18: _SELF_SIGNED, 62: _NAMES, 64: _NAMES}  # OpenSSL's X509_V_ERR_ numbers


def described(certificate: PeerCertificate) -> str:
    """A certificate in a few words, with its fingerprint."""
    dates = f"{_day(certificate.not_before)} to {_day(certificate.not_after)}"
    issuer = "by itself" if certificate.self_signed else f"by {certificate.issuer or 'nobody named'}"
    whose = ", ".join(certificate.names[:3]) or certificate.subject or "nobody named"
    return f"issued to {whose} {issuer}, valid {dates}, SHA-256 {certificate.fingerprint}"


def _day(time: dt.datetime | None) -> str:
    return "?" if time is None else f"{time:%Y-%m-%d}"
