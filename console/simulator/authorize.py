"""Installing the OAuth app: what an authorize request must be, and the codes that approvals hand out.

Facts: section 2.1; that codes are checked against PKCE is known of the token endpoint only.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

from console.simulator.config import OptionError

DEFAULT_REDIRECT = "http://localhost:8765/callback"
CODE_SECONDS = 60
MAX_CODES = 1000
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")  # SHA-256 in base64url without padding


class Refused(Exception):
    """An authorize request that HubSpot answers with a page of its own, not with a redirect."""

    def __init__(self, title: str, reason: str) -> None:
        super().__init__(reason)
        self.title = title
        self.reason = reason


class Asked(NamedTuple):
    """A valid authorize request; `scopes` are those that an approval grants."""

    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    challenge: str


class Code(NamedTuple):
    """What an authorization code stands for."""

    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    until: float


class Installer:
    """The app's registration and the codes in flight."""

    def __init__(self, rng: Random, client_id: str, app_scopes: Iterable[str], redirects: Iterable[str]) -> None:
        self._rng = rng
        self.client_id = client_id
        self.app_scopes = frozenset(app_scopes)
        self.redirects: tuple[str, ...] = ()
        self.register(redirects)
        self.code_seconds = CODE_SECONDS
        self.pkce = True
        self._codes: dict[str, Code] = {}

    def register(self, redirects: Iterable[str]) -> None:
        """Other redirect URIs from now on; OptionError for one that HubSpot does not let you register."""
        checked = tuple(redirects)
        for uri in checked:
            if (problem := registrable(uri)) is not None:
                raise OptionError(f"redirect URI {uri!r}: {problem}")
        self.redirects = checked

    def check(self, query: Mapping[str, str], account_scopes: frozenset[str]) -> Asked:
        """The authorize request in `query`; Refused if HubSpot would show an error page."""
        if query.get("client_id") != self.client_id:
            raise Refused("Unknown app", "The client_id does not belong to any app.")
        if query.get("response_type", "code") != "code":
            raise Refused("Unknown response type", "Only response_type=code is supported.")
        redirect = query.get("redirect_uri", "")
        self._check_redirect(redirect)
        required = frozenset(query.get("scope", "").split())
        optional = frozenset(query.get("optional_scope", "").split())
        if not required:
            raise Refused("Missing scopes", "The scope parameter is missing.")
        if foreign := sorted((required | optional) - self.app_scopes):
            raise Refused("Scope mismatch", f"The app is not configured for these scopes: {', '.join(foreign)}.")
        if missing := sorted(required - account_scopes):
            raise Refused("Scopes not available", f"This account cannot grant these scopes: {', '.join(missing)}.")
        challenge = self._challenge(query)
        return Asked(redirect, required | (optional & account_scopes), query.get("state"), challenge)

    def code(self, asked: Asked, now: float, *, dead: bool = False) -> str:
        """A new code for an approved request; `dead` for one that has already expired."""
        for old in [text for text, code in self._codes.items() if code.until <= now]:
            del self._codes[old]
        if len(self._codes) >= MAX_CODES:
            del self._codes[next(iter(self._codes))]
        text = f"na1-{self._rng.getrandbits(160):040x}"
        if not dead:
            until = now + self.code_seconds
            self._codes[text] = Code(asked.redirect_uri, asked.scopes, asked.challenge, until)
        return text

    def redeem(self, form: Mapping[str, str], now: float) -> frozenset[str] | str:
        """The scopes that the code in `form` grants; else the status of the refusal. A code works once."""
        text = form.get("code", "")
        code = self._codes.get(text)
        if code is None or code.until <= now:
            return "BAD_AUTH_CODE"
        if form.get("redirect_uri") != code.redirect_uri:
            return "BAD_REDIRECT_URI"
        if self.pkce and not verified(form.get("code_verifier", ""), code.challenge):
            return "BAD_CODE_VERIFIER"
        del self._codes[text]
        return code.scopes

    def _check_redirect(self, uri: str) -> None:
        if uri in self.redirects:
            return
        problem = registrable(uri)
        if problem is None:
            problem = "it must be, character for character, one that is registered in the app's settings"
        raise Refused("Redirect URI mismatch", f"The redirect_uri cannot be used: {problem}.")

    def _challenge(self, query: Mapping[str, str]) -> str:
        challenge = query.get("code_challenge", "")
        if not self.pkce or not challenge:
            return ""
        if query.get("code_challenge_method", "plain") != "S256":
            raise Refused("Unknown challenge method", "The code_challenge_method must be S256.")
        if not _DIGEST.fullmatch(challenge):
            raise Refused("Malformed challenge", "The code_challenge is not the base64url form of a SHA-256 digest.")
        return challenge


def verified(verifier: str, challenge: str) -> bool:
    """Whether a PKCE verifier belongs to a challenge (S256); without a challenge there must be no verifier."""
    if not challenge or not verifier:
        return challenge == verifier
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def registrable(uri: str) -> str | None:
    """Why HubSpot does not let an app register this redirect URI; None if it does."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "it is not a URL"
    if not host or parts.fragment:
        return "it is not an absolute URL without a fragment"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return "IP addresses are not allowed"
    if parts.scheme == "https" or (parts.scheme == "http" and host == "localhost"):
        return None
    return "it must use https; http is allowed for localhost only"
