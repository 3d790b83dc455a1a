"""OAuth: access tokens that are refreshed before they expire, one refresh at a time (facts section 2)."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

from console.hubspot.auth import SecretStore, digest, read_secret
from console.hubspot.errors import (
    GrantDead,
    HubSpotError,
    Migrating,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ServerFault,
    TokenNotKept,
    Unauthorized,
)
from console.hubspot.grants import Grant, TokenFacts, facts_of, grant_of, verdict
from console.hubspot.requestlog import RequestLog
from console.hubspot.secret import Secret
from console.hubspot.token_endpoint import Form, TokenEndpoint, unasked
from console.settings.profile import Profile
from console.settings.secrets import READ_ONLY, REFRESH_TOKEN

if TYPE_CHECKING:
    from console.hubspot.transport import Transport  # httpx comes with the first HubSpot opened

MARGIN_SECONDS = (60.0, 120.0)
MARGIN_SHARE = 0.2
CLOSING_SECONDS = 5.0
PATIENCE = 10.0
PORTAL_SECONDS = 5.0
PASSING = (NotSent, OutcomeUnknown, RateLimited, ServerFault, Migrating)


class OAuthTokens:
    """Access tokens from a refresh token: one refresh at a time, 60 to 120 s before the old one ends.

    The margin is at most a fifth of the token's life. What goes on is a task of its own: a caller that is
    cancelled does not take the answer, and with it perhaps a new refresh token, down with it.
    """

    def __init__(
        self,
        profile: Profile,
        secrets: SecretStore,
        transport: Transport,
        log: RequestLog | None = None,
        *,
        portal_id: int | None = None,
    ) -> None:
        self._profile = profile
        self._secrets = secrets
        self._endpoint = TokenEndpoint(profile, secrets, transport, log)
        self._portal_id = portal_id
        self._access: Secret | None = None
        self._renew_at = 0.0
        self._ends_at = 0.0
        self._unkept: Secret | None = None
        self._running: asyncio.Task[Secret] | None = None
        self.granted: Grant | None = None

    async def token(self) -> Secret:
        """An access token that is good for some time yet.

        Raises:
            GrantDead, ClientRefused, TokenNotKept, Unauthorized: a human must act.
            HubSpotError: the token endpoint could not be asked just now.
        """
        present = self._present()
        if present is not None and _now() < self._renew_at:
            return present
        try:
            return await self._refresh()
        except PASSING:
            # the margin is there for this: the old token is good for a while yet
            if present is None or _now() >= self._ends_at:
                raise
            self._renew_at = _now() + min(PATIENCE, self._ends_at - _now())
            return present

    def _present(self) -> Secret | None:
        return self._access if self._unkept is None else None

    async def refused(self, token: Secret) -> bool:
        """Refresh, unless somebody did since `token` was handed out."""
        if self._access is not None and self._access != token:
            return True
        return await self._refresh() != token

    async def identity(self) -> str:
        """A digest of client id and portal: HubSpot counts the burst per app and account.

        A portal that was never met is asked for: every refresh names it. Where that fails, the app alone has to do.
        """
        portal = self.granted.portal_id if self.granted is not None else self._portal_id
        if portal is None:
            portal = await self._ask_portal()
        return digest("oauth", f"{self._profile.client_id} {portal}" if portal else self._profile.client_id)

    async def _ask_portal(self) -> int | None:
        try:
            async with asyncio.timeout(PORTAL_SECONDS):
                await self.token()
        except (HubSpotError, TimeoutError):
            return None  # whoever sends the first request hears of it
        return self.granted.portal_id if self.granted is not None else None

    async def introspect(self) -> TokenFacts:
        """What HubSpot says about the present access token: account, app, scopes."""
        token = await self.token()
        # the specification names the field `token`, the guide names it after the hint
        form: Form = {
            **await self._endpoint.client(),
            "token_type_hint": "access_token",
            "token": token,
            "access_token": token,
        }
        return facts_of(await self._endpoint.post("token/introspect", form))

    async def revoke(self) -> None:
        """Revoke the refresh token; access tokens that are out stay good until they expire."""
        token = await self._refresh_token()
        form: Form = {
            **await self._endpoint.client(),
            "token_type_hint": "refresh_token",
            "token": token,
            "refresh_token": token,
        }
        answer = await self._endpoint.post("token/revoke", form)
        error = verdict(answer)
        if error is not None:
            raise error
        self._access = None

    async def aclose(self) -> None:
        """Let a refresh that is under way end, so that a new refresh token is not lost."""
        running = self._running
        if running is not None:
            await asyncio.wait([running], timeout=CLOSING_SECONDS)
            running.cancel()
        self._access = None

    async def _refresh(self) -> Secret:
        if self._running is None:
            self._running = asyncio.create_task(self._renew(), name="token refresh")
            self._running.add_done_callback(self._renewed)
        return await asyncio.shield(self._running)

    def _renewed(self, task: asyncio.Task[Secret]) -> None:
        self._running = None
        if not task.cancelled():
            task.exception()  # those who waited may all be gone; nobody else will look

    async def _renew(self) -> Secret:
        if self._unkept is not None:
            await self._keep(self._unkept)
            if self._access is not None and _now() < self._renew_at:
                return self._access
        refresh = await self._refresh_token()
        try:
            grant, asked_at = await self._ask(refresh)
        except GrantDead:
            # another process may have refreshed with it, and stored what came back
            newer = await self._refresh_token()
            if newer == refresh:
                raise
            refresh = newer
            grant, asked_at = await self._ask(refresh)
        self.granted = grant
        self._access = grant.access
        self._ends_at = asked_at + grant.seconds
        self._renew_at = self._ends_at - _margin(grant.seconds)
        if grant.refresh is not None and grant.refresh != refresh:
            await self._keep(grant.refresh)
        return grant.access

    async def _refresh_token(self) -> Secret:
        refresh = await read_secret(self._secrets, REFRESH_TOKEN)
        if not refresh.reveal():
            raise Unauthorized(
                "There is no refresh token.",
                advice="Connect the account: hubspoke credentials login, or hubspoke credentials set refreshToken.",
            )
        return refresh

    async def _keep(self, refresh: Secret) -> None:
        """Store a changed refresh token; until that worked, no token is handed out."""
        self._unkept = refresh
        source = self._secrets.source(REFRESH_TOKEN)
        if source in READ_ONLY:
            raise TokenNotKept(
                f"HubSpot changed the refresh token, and the old one comes from the {source}, which cannot follow."
            )
        try:
            await self._secrets.set(REFRESH_TOKEN, refresh.reveal())
        except Exception as error:  # noqa: BLE001 - any vault, any failure: the frames hold the token
            failure = type(error).__name__
        else:
            self._unkept = None
            return
        raise TokenNotKept(
            f"HubSpot changed the refresh token, and the vault did not take the new one ({failure}).",
            advice="Unlock or repair the vault, then try again: this process still holds the new token.",
        )

    async def _ask(self, refresh: Secret) -> tuple[Grant, float]:
        """A grant, and when HubSpot was asked for it: its life began no earlier."""
        form: Form = {"grant_type": "refresh_token", **await self._endpoint.client(), "refresh_token": refresh}
        answer = await self._endpoint.post("token", form)
        asked_at = _now() - answer.elapsed
        found = grant_of(answer)
        if isinstance(found, HubSpotError):
            raise unasked(found)
        return found, asked_at


def _margin(seconds: float) -> float:
    # drawn at random so that processes sharing a grant do not all refresh at once
    return min(random.uniform(*MARGIN_SECONDS), seconds * MARGIN_SHARE)  # noqa: S311 - spreads load, guards nothing


def _now() -> float:
    # counts while the machine sleeps, as HubSpot's clock does
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
