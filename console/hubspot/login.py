"""OAuth login: from the browser's grant to a refresh token in the vault (facts section 2.1).

async with open_login(profile, secrets) as login:
print(login.url)
async with login.listen() as listener:
done = await login.finish(await listener.answer())
"""

from __future__ import annotations

import base64
import hashlib
import secrets as random
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

from console.hubspot.auth import SecretStore, open_tokens
from console.hubspot.errors import GrantDead, HubSpotError, Unexpected
from console.hubspot.grants import Grant, grant_of
from console.hubspot.login_answer import code_in
from console.hubspot.login_listener import Listener, listening
from console.hubspot.login_place import redirect_of
from console.hubspot.login_refusals import LoginFailed, refused
from console.hubspot.login_scopes import asked_scopes
from console.hubspot.requestlog import RequestLog
from console.hubspot.secret import Secret
from console.hubspot.token_endpoint import Form, TokenEndpoint
from console.settings.errors import SettingsError
from console.settings.profile import Profile
from console.settings.secrets import PROXY_PASSWORD, READ_ONLY, REFRESH_TOKEN

if TYPE_CHECKING:
    from console.hubspot.transport import Transport  # httpx comes with the first HubSpot opened

SECONDS = 600.0
"""How long a login waits for the browser."""


class SignedIn(NamedTuple):
    """What was granted. `missing` was asked for and is needed, `dropped` was asked for and is not."""

    portal_id: int | None
    granted: tuple[str, ...]
    missing: tuple[str, ...]
    dropped: tuple[str, ...]
    hidden_by: str = ""
    """Environment or systemd, where their refresh token goes before the one that was stored now."""


class Login:
    """One attempt: its state and its proof (PKCE) are its own and are never used twice."""

    def __init__(
        self,
        profile: Profile,
        secrets: SecretStore,
        transport: Transport,
        log: RequestLog | None = None,
        *,
        pkce: bool = True,
    ) -> None:
        self.redirect = redirect_of(profile)
        self.asked = asked_scopes(profile)
        self._profile = profile
        self._secrets = secrets
        self._endpoint = TokenEndpoint(profile, secrets, transport, log)
        self._state = random.token_urlsafe(24)
        self._verifier = Secret(random.token_urlsafe(48)) if pkce else None

    @property
    def url(self) -> str:
        """Where the browser grants the access. It holds nothing that must be hidden."""
        fields = {
            "client_id": self._profile.client_id,
            "redirect_uri": self.redirect.uri,
            "scope": " ".join(self.asked.scope),
            "optional_scope": " ".join(self.asked.optional),
            "state": self._state,
        }
        if self._verifier is not None:
            fields |= {"code_challenge": _challenge(self._verifier), "code_challenge_method": "S256"}
        present = {name: value for name, value in fields.items() if value}
        return f"{self._profile.authorize_url}?{urlencode(present, quote_via=quote)}"

    async def check(self) -> None:
        """Whether a login can end well, before anybody opens a browser.

        Raises:
            LoginFailed, Unauthorized: the profile signs in otherwise, or the app's id or secret is missing.
            NotSent: the vault cannot be read.
        """
        if self._profile.authentication != "oauth":
            raise LoginFailed(
                f"The profile {self._profile.name} signs in with a static token, not by OAuth.",
                reason="profile",
                advice="hubspoke profile set authentication=oauth clientId=ID, or go on with the token.",
            )
        await self._endpoint.client()

    def listen(self) -> AbstractAsyncContextManager[Listener]:
        """Listen where the redirect URI leads; LoginFailed (reason `port`) where that cannot be."""
        return listening(self.redirect)

    async def finish(self, given: Secret) -> SignedIn:
        """Exchange what the browser brought (URL, query or code) and keep the refresh token.

        Raises:
            LoginFailed: it was refused, with what to do.
            HubSpotError: the token endpoint could not be asked just now; the same code may still do.
            SettingsError: the vault did not take the token.
        """
        code = code_in(given, self.redirect, self._state)
        if isinstance(code, LoginFailed):
            raise code
        grant = await self._exchange(code)
        await self._keep(grant)
        source = self._secrets.source(REFRESH_TOKEN)
        granted = frozenset(grant.scopes)
        unknown = not granted  # an endpoint that names no scopes says nothing against any
        return SignedIn(
            portal_id=grant.portal_id,
            granted=grant.scopes,
            missing=() if unknown else tuple(scope for scope in self.asked.scope if scope not in granted),
            dropped=() if unknown else tuple(scope for scope in self.asked.optional if scope not in granted),
            hidden_by=source if source in READ_ONLY else "",
        )

    async def _exchange(self, code: Secret) -> Grant:
        form: Form = {
            "grant_type": "authorization_code",
            **await self._endpoint.client(),
            "redirect_uri": self.redirect.uri,
            "code": code,
        }
        if self._verifier is not None:
            form["code_verifier"] = self._verifier
        found = grant_of(await self._endpoint.post("token", form))
        if isinstance(found, HubSpotError):
            raise refused(found, self.redirect.uri, self._profile.client_id)
        if found.refresh is None:
            raise Unexpected(
                "HubSpot granted access without a refresh token.", advice="Check apiBaseUrl and apiVersion."
            )
        return found

    async def _keep(self, grant: Grant) -> None:
        assert grant.refresh is not None
        try:
            await self._secrets.set(REFRESH_TOKEN, grant.refresh.reveal())
        except SettingsError as error:
            raise error.with_traceback(None) from None  # its frames hold the token


def _challenge(verifier: Secret) -> str:
    digest = hashlib.sha256(verifier.reveal().encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@asynccontextmanager
async def open_login(
    profile: Profile, secrets: SecretStore, log: RequestLog | None = None, *, pkce: bool = True
) -> AsyncIterator[Login]:
    """A login with connections of its own.

    Raises:
        LoginFailed: HubSpot would not come back to the profile's redirectUri.
    """
    from console.hubspot.transport import Transport  # httpx comes with the first HubSpot opened

    transport = Transport(profile, lambda: secrets.get(PROXY_PASSWORD))
    try:
        yield Login(profile, secrets, transport, log, pkce=pkce)
    finally:
        await transport.aclose()


async def give_back(profile: Profile, secrets: SecretStore, log: RequestLog | None = None) -> None:
    """Revoke the refresh token at HubSpot; a grant that is dead already is as good. Forgetting it is the caller's.

    Raises:
        Unauthorized: there is nothing to revoke, or a static token, which a person revokes in HubSpot.
        HubSpotError: HubSpot could not be asked; nothing was revoked.
    """
    from console.hubspot.transport import Transport

    transport = Transport(profile, lambda: secrets.get(PROXY_PASSWORD))
    tokens = open_tokens(profile, secrets, transport, log)
    try:
        await tokens.revoke()
    except GrantDead:
        return
    finally:
        await tokens.aclose()
        await transport.aclose()
