"""Who we are to HubSpot: the port that the client asks, and static tokens."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from console.hubspot.errors import NotSent, Unauthorized
from console.hubspot.grants import TokenFacts
from console.hubspot.requestlog import RequestLog
from console.hubspot.secret import Secret
from console.settings.errors import SettingsError
from console.settings.profile import Profile
from console.settings.secrets import ACCESS_TOKEN

if TYPE_CHECKING:
    from console.hubspot.transport import Transport  # httpx comes with the first HubSpot opened


class SecretStore(Protocol):
    """Where the credentials are; `console.settings.secrets.Secrets` is one."""

    async def get(self, name: str) -> str | None:
        """The secret, or None."""

    async def set(self, name: str, value: str) -> None:
        """Keep a secret where it outlives the process."""

    def source(self, name: str) -> str:
        """Where the secret comes from: `environment`, `systemd`, or the vault's label."""


async def read_secret(secrets: SecretStore, name: str) -> Secret:
    """A secret without outer blanks; empty where there is none.

    Raises:
        NotSent: it cannot be read now, because the vault is locked, say.
    """
    try:
        return Secret((await secrets.get(name) or "").strip())
    except SettingsError as error:
        failure = unreadable(error)
    raise failure


def unreadable(error: SettingsError) -> NotSent:
    """The vault's complaint as the client's: without credentials nothing is sent."""
    return NotSent(error.message, stage="credentials", lasting=True, advice=error.remedy)


class TokenSource(Protocol):
    """Access tokens as the client needs them."""

    async def token(self) -> Secret:
        """An access token that is good now."""

    async def refused(self, token: Secret) -> bool:
        """HubSpot answered 401 to `token`. True: there is another one now, send once more."""

    async def identity(self) -> str:
        """Who the budgets are counted for: a digest, no secret."""

    async def introspect(self) -> TokenFacts | None:
        """What HubSpot says about the access token; None for tokens that cannot be asked about."""

    async def revoke(self) -> None:
        """Give the access back to HubSpot."""

    async def aclose(self) -> None:
        """End what is going on."""


class StaticToken:
    """A service key or a private app's token: it is good until somebody rotates or deletes it."""

    def __init__(self, secrets: SecretStore) -> None:
        self._secrets = secrets
        self._token: Secret | None = None

    async def token(self) -> Secret:
        """The token as the vault has it.

        Raises:
            Unauthorized: there is none, or it cannot be one.
        """
        if self._token is None:
            self._token = await self._read()
        return self._token

    async def refused(self, token: Secret) -> bool:
        """Look again: somebody may have put a rotated token into the vault meanwhile."""
        self._token = await self._read()
        return self._token != token

    async def identity(self) -> str:
        """A digest of the token: budgets count per app, and a token belongs to one."""
        return digest("token", (await self.token()).reveal())

    async def introspect(self) -> TokenFacts | None:
        """HubSpot has no such question for service keys and private apps."""
        return None

    async def revoke(self) -> None:
        """Such tokens are revoked in HubSpot's settings, by a person."""
        raise Unauthorized(
            "A static token is revoked in HubSpot itself.", advice="Rotate or delete it where it was made."
        )

    async def aclose(self) -> None:
        """Forget the token."""
        self._token = None

    async def _read(self) -> Secret:
        token = await read_secret(self._secrets, ACCESS_TOKEN)
        if not token.reveal():
            raise Unauthorized("There is no access token.", advice="Set it: hubspoke credentials set accessToken.")
        if not token.fits_header:
            raise Unauthorized(
                "The access token holds characters that no token has.",
                advice="Set it again: hubspoke credentials set accessToken.",
            )
        return token


def open_tokens(
    profile: Profile,
    secrets: SecretStore,
    transport: Transport,
    log: RequestLog | None = None,
    *,
    portal_id: int | None = None,
) -> TokenSource:
    """The kind of tokens that the profile's `authentication` names; `portal_id` is the account where it is known."""
    if profile.authentication == "token":
        return StaticToken(secrets)
    from console.hubspot.oauth import OAuthTokens  # they share what this module defines

    return OAuthTokens(profile, secrets, transport, log, portal_id=portal_id)


def digest(kind: str, text: str) -> str:
    """A short digest that tells apps apart and gives nothing away."""
    return hashlib.sha256(f"hubspoke app {kind} {text}".encode()).hexdigest()[:20]
