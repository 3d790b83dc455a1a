"""Client, tokens, scopes: who may call. Facts: section 2."""

from __future__ import annotations

import uuid
from base64 import b64encode
from collections.abc import Mapping
from random import Random
from typing import Any

from console.simulator.clock import Clock, iso
from console.simulator.limits import App
from console.simulator.problems import ApiError, expired, missing_scopes, oauth_error, unauthenticated

ALL_SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
)
PRIVATE_APP = 4_710_101
OAUTH_APP = 4_710_202
USER_ID = 20_071


class Caller:
    """An authenticated caller: the app and what it may do."""

    __slots__ = ("app", "scopes")

    def __init__(self, app: App, scopes: frozenset[str]) -> None:
        self.app = app
        self.scopes = scopes

    def needs(self, any_of: tuple[str, ...]) -> None:
        """403 unless one of the scopes is there."""
        if any_of and not self.scopes.intersection(any_of):
            raise missing_scopes(any_of)


class Credentials:
    """One private app with a static token and one OAuth app, installed in one account."""

    def __init__(self, seed: int, clock: Clock, token_seconds: int, scopes: tuple[str, ...] | None) -> None:
        self._rng = Random(f"credentials {seed}")  # noqa: S311 - throw-away secrets that a seed must reproduce
        self._clock = clock
        self.token_seconds = token_seconds
        self.scopes = frozenset(ALL_SCOPES if scopes is None else scopes)
        self.rotate = False
        self.portal_id = self._rng.randint(20_000_000, 49_999_999)
        self.client_id = str(self._uuid())
        self.client_secret = str(self._uuid())
        self.static_token = f"pat-na1-{self._uuid()}"
        self.refresh_token = f"na1-{self._uuid()}"
        self.private = App(PRIVATE_APP, private=True)
        self.public = App(OAUTH_APP, private=False)
        self.refresh_tokens = {self.refresh_token}
        self._access: dict[str, float] = {}
        self.static_works = True

    @property
    def minted(self) -> list[str]:
        """Every access token ever handed out."""
        return list(self._access)

    def caller(self, authorization: str) -> Caller:
        """Who sends this Authorization header; 401 for anybody unknown."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated()
        if token == self.static_token and self.static_works:
            return Caller(self.private, self.scopes)
        if token.startswith("pat-"):
            raise unauthenticated()
        until = self._access.get(token, 0.0)
        now = self._clock.now()
        if until <= now:
            raise expired(until, now, iso(int(until * 1000)))
        return Caller(self.public, self.scopes)

    def expire_access(self) -> int:
        """Let every access token end now; how many were alive."""
        now = self._clock.now()
        alive = [token for token, until in self._access.items() if until > now]
        for token in alive:
            self._access[token] = now
        return len(alive)

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """POST /oauth/{version}/token."""
        self._check_client(form)
        grant = form.get("grant_type")
        if grant == "authorization_code":
            raise oauth_error("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code")
        if grant != "refresh_token":
            raise oauth_error("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type")
        refresh = form.get("refresh_token", "")
        if refresh not in self.refresh_tokens:
            raise oauth_error("BAD_REFRESH_TOKEN", "invalid_grant", "refresh token is invalid, expired or revoked")
        if self.rotate:
            self.refresh_tokens.discard(refresh)
            refresh = f"na1-{self._uuid()}"
            self.refresh_tokens.add(refresh)
            self.refresh_token = refresh
        access = "CK" + b64encode(self._rng.randbytes(120), altchars=b"-_").decode()
        self._access[access] = self._clock.now() + self.token_seconds
        return {
            "token_type": "bearer",
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self.token_seconds,
            "hub_id": self.portal_id,
            "scopes": sorted(self.scopes),
            "user_id": USER_ID,
            "token_use": "access_token",
        }

    def introspect(self, form: Mapping[str, str]) -> dict[str, Any]:
        """POST /oauth/{version}/token/introspect."""
        self._check_client(form)
        token = _named_token(form)
        now = self._clock.now()
        about: dict[str, Any] = {
            "active": True,
            "token": token,
            "hub_id": self.portal_id,
            "user_id": USER_ID,
            "client_id": self.client_id,
            "app_id": OAUTH_APP,
            "user": "operator@example.com",
            "hub_domain": "hubspoke-simulator.example",
            "scopes": sorted(self.scopes),
            "is_private_distribution": True,
            "token_type": "Bearer",
        }
        if token in self.refresh_tokens:
            return about | {"token_use": "refresh_token"}
        if self._access.get(token, 0.0) > now:
            return about | {"token_use": "access_token", "expires_in": int(self._access[token] - now)}
        return {"active": False}

    def revoke(self, form: Mapping[str, str]) -> dict[str, Any]:
        """POST /oauth/{version}/token/revoke; access tokens already issued live on when a refresh token dies."""
        self._check_client(form)
        token = _named_token(form)
        self.refresh_tokens.discard(token)
        if token in self._access:
            self._access[token] = min(self._access[token], self._clock.now())
        return {}

    def _check_client(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self.client_id:
            raise _client_error("BAD_CLIENT_ID", "missing or unknown client id")
        if form.get("client_secret") != self.client_secret:
            raise _client_error("BAD_CLIENT_SECRET", "missing or invalid client secret")

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self._rng.getrandbits(128), version=4)


def _named_token(form: Mapping[str, str]) -> str:
    """The spec names the field `token`, the guide names it after the hint."""
    return form.get("token") or form.get("access_token") or form.get("refresh_token") or ""


def _client_error(status: str, text: str) -> ApiError:
    return oauth_error(status, "invalid_client", text)
