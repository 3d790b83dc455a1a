"""Client, tokens, scopes: who may call. Facts: section 2."""

from __future__ import annotations

import uuid
from base64 import b64encode
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, NamedTuple

from console.simulator.authorize import DEFAULT_REDIRECT, Installer
from console.simulator.clock import Clock, iso
from console.simulator.limits import App
from console.simulator.problems import expired, not_found, oauth_error, unauthenticated

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
USER = "operator@example.com"
HUB_DOMAIN = "hubspoke-simulator.example"
MAX_TOKENS = 20_000

BAD_CODES = {
    "BAD_AUTH_CODE": "missing or unknown auth code",
    "BAD_REDIRECT_URI": "missing or invalid redirect uri",
    "BAD_CODE_VERIFIER": "missing or invalid code verifier",
}


class Caller:
    """An authenticated caller: the app and what it may do."""

    __slots__ = ("app", "scopes")

    def __init__(self, app: App, scopes: frozenset[str]) -> None:
        self.app = app
        self.scopes = scopes

    def may(self, any_of: tuple[str, ...]) -> bool:
        """Whether one of the scopes is there; none needed is fine too."""
        return not any_of or not self.scopes.isdisjoint(any_of)


class Access(NamedTuple):
    """An access token: when it ends, the refresh token it came from ("" for the app's own), its scopes."""

    until: float
    refresh: str
    scopes: frozenset[str]


class Credentials:
    """One private app with a static token and one OAuth app, installed in one account."""

    def __init__(
        self,
        seed: int,
        clock: Clock,
        token_seconds: int,
        scopes: tuple[str, ...] | None,
        redirects: Iterable[str] = (DEFAULT_REDIRECT,),
    ) -> None:
        self._rng = Random(f"credentials {seed}")  # noqa: S311 - throw-away secrets that a seed must reproduce
        self._clock = clock
        self.token_seconds = token_seconds
        self.dies_after: float | None = None
        self.scopes = frozenset(ALL_SCOPES if scopes is None else scopes)
        self.rotate = False
        self.hub_deleted = False
        self.portal_id = self._rng.randint(20_000_000, 49_999_999)
        self.client_id = str(self._uuid())
        self.client_secret = str(self._uuid())
        self.static_token = f"pat-na1-{self._uuid()}"
        self.refresh_token = f"na1-{self._uuid()}"
        self.private = App(PRIVATE_APP, private=True)
        self.public = App(OAUTH_APP, private=False)
        self.refresh_tokens = {self.refresh_token}
        self.granted: dict[str, frozenset[str]] = {}  # scopes of grants made at the authorize page; others have all
        self.installer = Installer(self._rng, self.client_id, self.scopes | set(ALL_SCOPES), redirects)
        self._access: dict[str, Access] = {}
        self.static_works = True

    @property
    def minted(self) -> list[str]:
        """The access tokens handed out, the latest 20,000."""
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
        access = self._access.get(token)
        until = 0.0 if access is None else access.until
        now = self._clock.now()
        if access is None or until <= now:
            raise expired(until, now, iso(int(until * 1000)))
        return Caller(self.public, access.scopes & self.scopes)

    def expire_access(self) -> int:
        """Let every access token end now; how many were alive."""
        now = self._clock.now()
        alive = [token for token, access in self._access.items() if access.until > now]
        for token in alive:
            self._access[token] = self._access[token]._replace(until=now)
        return len(alive)

    def forget(self, refresh: str) -> None:
        """A refresh token works no more; access tokens already issued live on."""
        self.refresh_tokens.discard(refresh)
        self.granted.pop(refresh, None)

    def uninstall(self) -> None:
        """The app leaves the account: no refresh token and no access token works any more."""
        self.refresh_tokens.clear()
        self.granted.clear()
        self.expire_access()

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """POST /oauth/{version}/token."""
        self.check_client(form)
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return self._minted("", frozenset()) | {"token_use": "client_credentials"}  # no CRM data for the app itself
        if self.hub_deleted:
            raise oauth_error("BAD_HUB", "access_denied", "missing or unknown hub id")
        if grant == "authorization_code":
            return self._from_code(form)
        if grant == "refresh_token":
            return self._refreshed(form)
        raise oauth_error("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type")

    def introspect(self, form: Mapping[str, str]) -> dict[str, Any]:
        """POST /oauth/{version}/token/introspect."""
        self.check_client(form)
        token = _named_token(form)
        about: dict[str, Any] = {"active": True, **self._about(token), "client_id": self.client_id}
        if token in self.refresh_tokens:
            return about | {"app_id": OAUTH_APP, "token_type": "Bearer", "token_use": "refresh_token"}
        access = self._alive(token)
        if access is None:
            return {"active": False}
        return about | {
            "app_id": OAUTH_APP,
            "signed_access_token": self._signed(access),
            "expires_in": int(access.until - self._clock.now()),
            "is_private_distribution": True,
            "token_use": "access_token",
            "token_type": "Bearer",
        }

    def revoke(self, form: Mapping[str, str]) -> dict[str, Any]:
        """POST /oauth/{version}/token/revoke; access tokens already issued live on when a refresh token dies."""
        self.check_client(form)
        token = _named_token(form)
        self.forget(token)
        if token in self._access:
            access = self._access[token]
            self._access[token] = access._replace(until=min(access.until, self._clock.now()))
        return {}

    def access_metadata(self, token: str) -> dict[str, Any]:
        """GET /oauth/v1/access-tokens/{token}."""
        access = self._alive(token)
        if access is None:
            raise not_found()
        return self._about(token) | {
            "signed_access_token": self._signed(access),
            "app_id": OAUTH_APP,
            "expires_in": int(access.until - self._clock.now()),
            "token_type": "access",
        }

    def refresh_metadata(self, token: str) -> dict[str, Any]:
        """GET /oauth/v1/refresh-tokens/{token}."""
        if token not in self.refresh_tokens:
            raise not_found()
        return self._about(token) | {"client_id": self.client_id, "token_type": "refresh"}

    def check_client(self, form: Mapping[str, str]) -> None:
        """400 unless the form carries the app's id and secret."""
        if form.get("client_id") != self.client_id:
            raise oauth_error("BAD_CLIENT_ID", "invalid_client", "missing or unknown client id")
        if form.get("client_secret") != self.client_secret:
            raise oauth_error("BAD_CLIENT_SECRET", "invalid_client", "missing or invalid client secret")

    def _from_code(self, form: Mapping[str, str]) -> dict[str, Any]:
        found = self.installer.redeem(form, self._clock.now())
        if isinstance(found, str):
            raise oauth_error(found, "invalid_grant", BAD_CODES[found])
        refresh = f"na1-{self._uuid()}"
        self.refresh_tokens.add(refresh)
        self.refresh_token = refresh
        self.granted[refresh] = found
        return self._minted(refresh, found)

    def _refreshed(self, form: Mapping[str, str]) -> dict[str, Any]:
        refresh = form.get("refresh_token", "")
        if refresh not in self.refresh_tokens:
            raise oauth_error("BAD_REFRESH_TOKEN", "invalid_grant", "refresh token is invalid, expired or revoked")
        scopes = self._scopes_of(refresh)
        if self.rotate:
            self.forget(refresh)
            refresh = f"na1-{self._uuid()}"
            self.refresh_tokens.add(refresh)
            self.granted[refresh] = scopes
            self.refresh_token = refresh
        fewer = frozenset(form.get("scope", "").split())
        return self._minted(refresh, scopes & fewer if fewer else scopes)

    def _minted(self, refresh: str, scopes: frozenset[str]) -> dict[str, Any]:
        if len(self._access) >= MAX_TOKENS:
            del self._access[next(iter(self._access))]
        text = "CK" + b64encode(self._rng.randbytes(120), altchars=b"-_").decode()
        lives = self.token_seconds if self.dies_after is None else min(self.token_seconds, self.dies_after)
        self._access[text] = Access(self._clock.now() + lives, refresh, scopes)
        answer: dict[str, Any] = {"token_type": "bearer", "access_token": text, "expires_in": self.token_seconds}
        if refresh:
            answer |= {"refresh_token": refresh, "hub_id": self.portal_id, "user_id": USER_ID}
        return answer | {"scopes": sorted(scopes), "token_use": "access_token"}

    def _scopes_of(self, refresh: str) -> frozenset[str]:
        return self.granted.get(refresh, self.scopes) & self.scopes

    def _alive(self, token: str) -> Access | None:
        access = self._access.get(token)
        return access if access is not None and access.until > self._clock.now() else None

    def _about(self, token: str) -> dict[str, Any]:
        access = self._access.get(token)
        scopes = self._scopes_of(token) if access is None else access.scopes & self.scopes
        return {
            "token": token,
            "hub_id": self.portal_id,
            "user_id": USER_ID,
            "user": USER,
            "hub_domain": HUB_DOMAIN,
            "scopes": sorted(scopes),
        }

    def _signed(self, access: Access) -> dict[str, Any]:
        return {
            "expiresAt": int(access.until * 1000),
            "scopes": " ".join(sorted(access.scopes)),
            "hubId": self.portal_id,
            "userId": USER_ID,
            "appId": OAUTH_APP,
            "signature": "",
            "newSignature": "",
            "scopeToScopeGroupPks": "",
            "trialScopes": "",
            "trialScopeToScopeGroupPks": "",
            "hublet": "na1",
            "isUserLevel": False,
            "isPrivateDistribution": True,
            "isServiceAccount": False,
            "installingUserId": USER_ID,
        }

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self._rng.getrandbits(128), version=4)


def _named_token(form: Mapping[str, str]) -> str:
    """The spec names the field `token`, the guide names it after the hint."""
    return form.get("token") or form.get("access_token") or form.get("refresh_token") or ""
