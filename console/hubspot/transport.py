"""Bytes to HubSpot and back. The only module that imports httpx; it comes with the first HubSpot opened."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx

from console import __version__
from console.hubspot.answer import Answer, tame
from console.hubspot.auth import unreadable
from console.hubspot.errors import HubSpotError, NotSent, OutcomeUnknown
from console.hubspot.fingerprint import CertificateRefused
from console.hubspot.secret import Secret, hide
from console.hubspot.trust import checked_url, goes_direct, refused_certificate, tls_context
from console.settings.errors import SettingsError
from console.settings.profile import Profile

if TYPE_CHECKING:
    import httpcore

CONNECTIONS = 12
CONNECT_SECONDS = 5.0
KEEPALIVE_SECONDS = 15.0
ANSWER_LIMIT = 64 * 1024 * 1024
CODINGS = ("gzip", "deflate")
"""How an answer may be packed, once: packed twice, some kilobytes can become gigabytes at one stroke."""
USER_AGENT = f"hubspoke/{__version__}"

# at INFO httpx logs whole URLs, and those can hold an email address
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Transport:
    """One pool of connections, built from a profile; nothing is opened before the first request.

    Trust is the system's store plus `caFile`, proxies come from the profile only, redirects are not
    followed, and one request as a whole takes at most `timeoutSeconds`.
    """

    def __init__(self, profile: Profile, proxy_password: Callable[[], Awaitable[str | None]] | None = None) -> None:
        self._profile = profile
        self._proxy_password = proxy_password
        self._http: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self.connections = profile.maximum_connections or CONNECTIONS
        # requests never queue inside the pool: one that is cancelled there can leave a dead connection behind
        self._free = asyncio.Semaphore(self.connections)

    async def send(
        self,
        method: str,
        url: str,
        *,
        bearer: Secret | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        form: Mapping[str, str | Secret] | None = None,
        on_started: Callable[[], None] | None = None,
        on_sent: Callable[[], None] | None = None,
        on_head: Callable[[int, Mapping[str, str]], None] | None = None,
    ) -> Answer:
        """Send one request, once, and read its whole answer.

        `on_started` is called before the first byte leaves, `on_sent` when the last one was handed over, `on_head`
        with status and headers (names in lower case) as soon as these are there.

        Raises:
            NotSent: nothing left this machine for HubSpot.
            OutcomeUnknown: something did, and no whole answer came back.
        """
        progress = _Progress(on_started, on_sent, on_head)
        began = time.monotonic()
        failure: HubSpotError
        try:
            http = await self._client(url)
            async with asyncio.timeout(self._profile.timeout_seconds):
                async with self._free:
                    progress.connecting = True
                    return await self._exchange(http, method, url, bearer, headers, body, form, progress, began)
        except HubSpotError as error:
            failure = error.with_traceback(None)
        except TimeoutError:
            failure = self._timed_out(progress, url)
        except Exception as error:  # noqa: BLE001 - its frames hold the credentials, so none of it may travel on
            failure = self._failed(error, progress, url)
        finally:
            await progress.hang_up()
        raise failure

    async def _exchange(
        self,
        http: httpx.AsyncClient,
        method: str,
        url: str,
        bearer: Secret | None,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        form: Mapping[str, str | Secret] | None,
        progress: _Progress,
        began: float,
    ) -> Answer:
        request = http.build_request(
            method,
            url,
            content=_encoded(form) if form is not None else body,
            headers={**(headers or {}), **_credentials(bearer), **_content_type(form, body)},
            extensions={"trace": progress.trace},
        )
        response = await http.send(request, stream=True)
        answered = {name.lower(): value for name, value in response.headers.items()}
        if progress.on_head is not None:
            progress.on_head(response.status_code, answered)
        try:
            _refuse_other_codings(response)
            received = bytearray()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > ANSWER_LIMIT:
                    raise OutcomeUnknown(
                        f"The answer is larger than {ANSWER_LIMIT // 1024 // 1024} MiB.", status=response.status_code
                    )
        finally:
            await response.aclose()
        secrets = [value for value in (bearer, *(form or {}).values()) if isinstance(value, Secret)]
        content = bytes(received)
        if not response.is_success:
            content = hide(content, secrets)  # error texts travel far; a server may repeat what it was sent
        return Answer(
            status=response.status_code,
            headers=answered,
            body=content,
            elapsed=time.monotonic() - began,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def _client(self, url: str) -> httpx.AsyncClient:
        parts = checked_url(url)
        async with self._opening:
            if self._http is None:
                self._http = await self._open(parts.hostname or "")
            return self._http

    async def _open(self, host: str) -> httpx.AsyncClient:
        profile = self._profile
        return httpx.AsyncClient(
            verify=await asyncio.to_thread(tls_context, profile),  # reads the system's bundle
            proxy=await self._proxy(host),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(profile.timeout_seconds, connect=self._connect_seconds, pool=None),
            limits=httpx.Limits(
                max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEEPALIVE_SECONDS
            ),
            headers={
                "User-Agent": USER_AGENT,
                "Accept": "application/json",
                "Accept-Encoding": ", ".join(CODINGS),
            },
        )

    async def _proxy(self, host: str) -> httpx.Proxy | None:
        profile = self._profile
        if not profile.http_proxy_host or goes_direct(host, profile.no_proxy):
            return None
        name = f"[{profile.http_proxy_host}]" if ":" in profile.http_proxy_host else profile.http_proxy_host
        where = f"http://{name}:{profile.http_proxy_port or 8080}"
        if not profile.http_proxy_user:
            return httpx.Proxy(where)
        password = await self._proxy_password() if self._proxy_password else None
        return httpx.Proxy(where, auth=(profile.http_proxy_user, password or ""))

    def _timed_out(self, progress: _Progress, url: str) -> HubSpotError:
        seconds = f"{self._profile.timeout_seconds:g} seconds"
        if progress.started:
            return OutcomeUnknown(f"HubSpot did not answer within {seconds}.")
        if progress.securing:
            return _no_handshake(checked_url(url).hostname or "", f"did not end within {seconds}")
        if progress.connecting:
            return NotSent(f"No connection to {self._peer(url)} within {seconds}.")
        busy = NotSent(f"All {self.connections} connections were busy for {seconds}.", stage="pool")
        busy.stops_run = False  # our own queue, not the network
        return busy

    @property
    def _connect_seconds(self) -> float:
        return min(CONNECT_SECONDS, self._profile.timeout_seconds)

    def _peer(self, url: str) -> str:
        """Whom this machine itself connects to."""
        parts = checked_url(url)
        if _Progress.direct(self._profile, parts.hostname or ""):
            return f"{parts.hostname}{f':{parts.port}' if parts.port else ''}"
        return f"the proxy {self._profile.http_proxy_host}:{self._profile.http_proxy_port}"

    def _failed(self, error: Exception, progress: _Progress, url: str) -> HubSpotError:
        if progress.started and (progress.head_written or not isinstance(error, httpx.LocalProtocolError)):
            return OutcomeUnknown(_lost(error))
        if isinstance(error, SettingsError):
            return unreadable(error)
        host = checked_url(url).hostname or ""
        causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLError):
                return _tls_failure(cause, host)
            if isinstance(cause, socket.gaierror):
                name = host if progress.direct(self._profile, host) else self._profile.http_proxy_host
                return NotSent(f"The name {name} cannot be resolved: {cause.strerror}.", stage="name")
        if isinstance(error, httpx.ProxyError):
            return _proxy_failure(error, self._profile.http_proxy_host)
        if isinstance(error, httpx.RemoteProtocolError):  # nothing was sent to HubSpot, so it is the proxy's
            where = f"{self._profile.http_proxy_host}:{self._profile.http_proxy_port}"
            return NotSent(f"{where} does not answer like an HTTP proxy.", stage="proxy", advice=_PROXY_ADVICE)
        if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | httpx.LocalProtocolError | UnicodeError):
            return NotSent("The request cannot be written as HTTP.", stage="settings", lasting=True)
        late = f" within {self._connect_seconds:g} seconds" if isinstance(error, httpx.TimeoutException) else ""
        if progress.securing:
            return _no_handshake(host, f"did not end{late}" if late else f"failed{_reason(causes)}")
        return NotSent(f"No connection to {self._peer(url)}{late or _reason(causes)}.")


class _Progress:
    """How far one request came, told by the connection itself."""

    def __init__(
        self,
        on_started: Callable[[], None] | None,
        on_sent: Callable[[], None] | None,
        on_head: Callable[[int, Mapping[str, str]], None] | None,
    ) -> None:
        self._on_started = on_started
        self._on_sent = on_sent
        self.on_head = on_head
        self._tunnelling = False
        self._line: httpcore.AsyncNetworkStream | None = None
        self.connecting = False
        self.securing = False
        self.started = False
        self.head_written = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore at each step; the CONNECT to a proxy passes here too and is not our request."""
        if event == "http11.send_request_headers.started":
            self._tunnelling = info["request"].method == b"CONNECT"
            if not self._tunnelling and not self.started:
                if self._on_started is not None:
                    self._on_started()  # may refuse, and then nothing was sent
                self.started = True
        elif event.endswith(".connect_tcp.complete"):
            self._line = info["return_value"]
        elif event.endswith(".start_tls.started"):
            self.securing = True
        elif event.endswith(".start_tls.complete"):
            self.securing = False
        elif event == "http11.send_request_headers.complete" and not self._tunnelling:
            self.head_written = True
        elif event == "http11.send_request_body.complete" and not self._tunnelling and self._on_sent is not None:
            self._on_sent()

    async def hang_up(self) -> None:
        """Close what a handshake that was given up leaves open: nobody else knows of it."""
        if self.securing and self._line is not None:
            await self._line.aclose()

    @staticmethod
    def direct(profile: Profile, host: str) -> bool:
        """Whether this host is reached without the proxy."""
        return not profile.http_proxy_host or goes_direct(host, profile.no_proxy)


def _refuse_other_codings(response: httpx.Response) -> None:
    named = response.headers.get("content-encoding", "").lower().split(",")
    codings = [coding for coding in map(str.strip, named) if coding not in ("", "identity")]
    if len(codings) > 1 or not set(codings) <= set(CODINGS):
        raise OutcomeUnknown("The answer is packed in a way that nobody asked for.", status=response.status_code)


def _credentials(bearer: Secret | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer.reveal()}"} if bearer is not None else {}


def _content_type(form: object | None, body: bytes | None) -> dict[str, str]:
    if form is not None:
        return {"Content-Type": "application/x-www-form-urlencoded"}
    return {"Content-Type": "application/json"} if body is not None else {}


def _encoded(form: Mapping[str, str | Secret]) -> bytes:
    return urlencode(
        {name: value.reveal() if isinstance(value, Secret) else value for name, value in form.items()}
    ).encode()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        # a host with several addresses fails once for each
        group = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else None
        error = group or error.__cause__ or error.__context__


def _reason(causes: list[BaseException]) -> str:
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
    return f": {os.strerror(numbers[-1]).lower()}" if numbers else ""


def _lost(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "HubSpot did not answer in time."
    if isinstance(error, httpx.DecodingError):
        return "The answer could not be unpacked."
    if isinstance(error, httpx.RemoteProtocolError):
        return "The connection ended before the answer was whole."
    if isinstance(error, httpx.NetworkError):
        return "The connection was reset."
    return f"The connection failed ({type(error).__name__})."


def _tls_failure(error: ssl.SSLError, host: str) -> NotSent:
    if isinstance(error, CertificateRefused):
        return refused_certificate(error, host)
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotSent(
            f"The certificate of {host} is not trusted: {(error.verify_message or 'verification failed').rstrip('.')}.",
            stage="tls",
            lasting=True,
            advice="If a company proxy signs this connection, put its authority's certificate into caFile of the profile.",
        )
    return _no_handshake(host, f"failed: {error.reason or 'the connection ended'}")


def _no_handshake(host: str, what: str) -> NotSent:
    return NotSent(f"The TLS handshake with {host} {what}.", stage="tls")


_PROXY_ADVICE = (
    "Check httpProxyHost and httpProxyPort of the profile: something else may listen there; a SOCKS or TLS proxy is not "
    "supported."
)


def _proxy_failure(error: httpx.ProxyError, proxy: str) -> NotSent:
    reason = str(error)[:100]
    if reason.startswith(("401", "407")):  # tinyproxy refuses a wrong password with 401
        return NotSent(
            f"The proxy {proxy} wants another user name or password.",
            stage="proxy",
            lasting=True,
            advice="Set httpProxyUser of the profile, and the password with: hubspoke credentials set httpProxyPassword.",
        )
    lasting = reason[:1] == "4"
    told = " ".join(filter(None, map(tame, reason.split())))
    return NotSent(f"The proxy {proxy} refused: {told}.", stage="proxy", lasting=lasting)
