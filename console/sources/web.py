"""HTTP of the sources that are web services: one verified client, bounded answers, patience with a busy server.

Hubspoke asks sources with GET only, so that a request may always be sent again.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

import httpx
import msgspec

from console.sources.address import CONNECT_TIMEOUT, Address
from console.sources.errors import SourceError

ANSWER_LIMIT = 128 * 1024 * 1024
"""Bytes of one answer after unpacking."""
_BUSY = frozenset({429, 502, 503, 504})
_TRIES = 4
_LONGEST_WAIT = 60.0
_DECODER = msgspec.json.Decoder()
_NOT_WELL_FORMED = "Check the path in the URL: an answer of a sign-in page or a portal is not the service's own."


class Answer(msgspec.Struct, frozen=True):
    """An answer: its status and its JSON (None where an error has none)."""

    status: int
    data: Any


class Web:
    """A client of one web service. Close it."""

    def __init__(self, address: Address, headers: dict[str, str]) -> None:
        self.address = address
        self._parameters = _parameters(address.query)
        self._answered = False
        secure = address.scheme.endswith("https")
        host = f"[{address.host}]" if ":" in address.host else address.host
        self._url = f"{'https' if secure else 'http'}://{host}:{address.port}{quote(unquote(address.path)) or '/'}"
        self._client = httpx.Client(
            headers={"User-Agent": "hubspoke", **headers},
            verify=address.context() if secure else True,
            timeout=httpx.Timeout(address.timeout, connect=CONNECT_TIMEOUT),
            trust_env=False,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def given(self, name: str) -> str:
        """A parameter that stands in the URL already; empty where it does not."""
        return next((value for key, value in self._parameters if key == name), "")

    def get(self, parameters: dict[str, str]) -> Answer:
        """Ask, with the URL's own parameters and these, which go before them. Raises SourceError.

        A busy server is asked again; so is one that drops the line once it has answered at all.
        """
        kept = [(name, value) for name, value in self._parameters if name not in parameters]
        url = f"{self._url}?{_encoded((*kept, *parameters.items()))}"
        for trial in range(1, _TRIES + 1):
            last = trial == _TRIES
            try:
                status, wait, raw = self._send(url)
            except httpx.HTTPError as error:
                if last or not self._answered or isinstance(error, httpx.TimeoutException):
                    raise self._lost(error, trial) from None
                time.sleep(_backoff(trial))
                continue
            if status in _BUSY and not last:
                time.sleep(min(_LONGEST_WAIT, max(wait, _backoff(trial))))
                continue
            self._answered = True
            return self._read(status, raw)
        raise AssertionError("the last trial returns or raises")

    def _send(self, url: str) -> tuple[int, float, bytes]:
        with self._client.stream("GET", url) as response:
            raw = bytearray()
            for piece in response.iter_bytes():
                raw += piece
                if len(raw) > ANSWER_LIMIT:
                    raise SourceError(
                        f"{self.address.host} sends more than {ANSWER_LIMIT >> 20} MB in one answer",
                        file=self.address.name,
                        remedy="Ask for fewer records at once: #page=100 behind the URL.",
                    )
            waits = response.headers.get("retry-after", "")
            return response.status_code, float(waits) if waits.isdecimal() and len(waits) < 6 else 0.0, bytes(raw)

    def _read(self, status: int, raw: bytes) -> Answer:
        try:
            return Answer(status, _decoded(raw))
        except (RecursionError, ValueError):
            if status != 200:
                return Answer(status, None)
        raise SourceError(
            f"{self.address.host} answers with something that is not JSON",
            file=self.address.name,
            remedy=_NOT_WELL_FORMED,
        )

    def _lost(self, error: httpx.HTTPError, trial: int) -> SourceError:
        address = self.address
        where = f"{address.host}:{address.port}"
        cause = _cause(error)
        verify = getattr(cause, "verify_message", "")
        if verify:
            return SourceError(
                f"the certificate of {where} is not trusted: {verify}",
                file=address.name,
                remedy="If a private authority issued it, name its certificate behind the source's #: "
                "ca=/etc/ssl/our-ca.pem. The host in the URL must be one that the certificate names.",
            )
        if isinstance(error, httpx.TimeoutException):
            return SourceError(
                f"{where} does not answer" if not self._answered else f"{where} was silent for {address.timeout} s",
                file=address.name,
                remedy="Check the host, the port and the firewall; a slow server gets longer with #timeout=300.",
            )
        if not self._answered:
            return SourceError(
                f"{where} cannot be reached: {str(cause)[:200]}",
                file=address.name,
                remedy="Check the host and the port; from this machine, can it be reached at all?",
            )
        return SourceError(
            f"{where} dropped the connection {trial} times in a row",
            file=address.name,
            remedy="Nothing was planned from what came. Plan again; if it ends there again, look into the server's log.",
        )


def refused(address: Address, status: int, detail: str, *, signed_in: bool) -> SourceError:
    """The error for a status that is no success; `detail` is the server's own words."""
    secret = f"source/{address.credentials}"
    store = f"hubspoke credentials set {secret}"
    if status in (401, 403) and not signed_in:
        message, remedy = (
            "it wants to know who asks",
            f"The vault has no {secret}: {store} (user:password, or a token).",
        )
    elif status == 401:
        message, remedy = (
            "it does not take the user, password or token",
            f"Set it again: {store} (user:password, or a token).",
        )
    elif status == 403:
        message, remedy = (
            "this user may not read there",
            f"Have reading of all people allowed for the user in {secret}.",
        )
    elif status == 404:
        message, remedy = "it knows no such path", "Check the path in the URL: /scim2/Users, /openidm/managed/user."
    elif 300 <= status < 400:
        message, remedy = (
            "it wants to send us elsewhere, where the password must not go",
            "Write the final address into the URL.",
        )
    elif status in _BUSY:
        message, remedy = "it is too busy, several times in a row", "Plan again later."
    else:
        message, remedy = "it refuses", "Read its own words above, and its log."
    said = f": {detail[:300]}" if detail else ""
    return SourceError(f"{address.host} answers {status}, {message}{said}", file=address.name, remedy=remedy)


def sign_in(secret: str | None, name: str, source: str) -> dict[str, str]:
    """The Authorization header for a secret: `user:password` is Basic, anything else a bearer token."""
    if secret is None:
        return {}
    user, colon, _ = secret.partition(":")
    if secret.lower().startswith("bearer "):
        token = secret[7:].strip()
    elif colon and user:
        return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}
    else:
        token = secret
    if not token.isascii() or not token.isprintable() or " " in token:
        raise SourceError(
            f"the secret source/{name} is neither user:password nor a token",
            file=source,
            remedy=f"Set it again: hubspoke credentials set source/{name}",
        )
    return {"Authorization": f"Bearer {token}"}


def _decoded(raw: bytes) -> Any:
    try:
        return _DECODER.decode(raw)
    except msgspec.DecodeError:
        return json.loads(raw)  # which takes half a character, so that one bad record does not cost its whole page


def _parameters(query: str) -> list[tuple[str, str]]:
    """A query as it stands in the URL. A plus is a plus: filters hold addresses such as a+b@example.org."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def _encoded(parameters: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters)


def _backoff(trial: int) -> float:
    return float(2 ** (trial - 1))


def _cause(error: BaseException) -> BaseException:
    """What lies below the wrappers of the HTTP libraries."""
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return error
