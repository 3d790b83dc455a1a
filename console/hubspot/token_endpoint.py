"""HubSpot's token endpoint: forms go in, and noise is asked again (facts sections 2.2 and 2.3)."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from console.hubspot.auth import SecretStore, read_secret
from console.hubspot.errors import (
    HubSpotError,
    Migrating,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ServerFault,
    Unauthorized,
)
from console.hubspot.grants import verdict
from console.hubspot.paths import oauth_path
from console.hubspot.requestlog import RequestEntry, RequestLog
from console.hubspot.retry import back_off
from console.hubspot.secret import Secret
from console.settings.profile import Profile
from console.settings.secrets import CLIENT_SECRET

if TYPE_CHECKING:
    from console.hubspot.answer import Answer
    from console.hubspot.transport import Transport  # httpx comes with the first HubSpot opened

ATTEMPTS = 4
LONGEST_WAIT = 30.0

Form = dict[str, str | Secret]


class TokenEndpoint:
    """Asks as one app. What it raises says nothing was sent: it is about tokens, not about anybody's request."""

    def __init__(
        self, profile: Profile, secrets: SecretStore, transport: Transport, log: RequestLog | None = None
    ) -> None:
        self._profile = profile
        self._secrets = secrets
        self._transport = transport
        self._log = log

    async def client(self) -> Form:
        """The fields that say which app asks.

        Raises:
            Unauthorized: the app's id or its secret is missing.
        """
        secret = await read_secret(self._secrets, CLIENT_SECRET)
        if not self._profile.client_id or not secret.reveal():
            raise Unauthorized(
                "Client id or client secret is missing.",
                advice="Set clientId of the profile and: hubspoke credentials set clientSecret.",
            )
        return {"client_id": self._profile.client_id, "client_secret": secret}

    async def post(self, what: str, form: Form) -> Answer:
        """Ask until there is an answer that is more than noise; asking twice does no harm."""
        attempt = 0
        while True:
            attempt += 1
            answer, error = await self._post_once(what, form, attempt)
            if error is None or not _passes(error):
                break
            if attempt >= ATTEMPTS:
                raise unasked(error)
            await asyncio.sleep(min(error.retry_after or back_off(attempt), LONGEST_WAIT))
        if answer is None:
            assert error is not None
            raise unasked(error)
        return answer

    async def _post_once(self, what: str, form: Form, attempt: int) -> tuple[Answer | None, HubSpotError | None]:
        path = oauth_path(what, self._profile.api_version)
        began = time.monotonic()
        answer: Answer | None = None
        error: HubSpotError | None
        try:
            answer = await self._transport.send("POST", self._profile.api_base_url.rstrip("/") + path, form=form)
            error = verdict(answer)
        except HubSpotError as failure:
            error = failure
        if self._log is not None:
            entry = RequestEntry(
                at=time.time(),
                method="POST",
                path=path,
                status=answer.status if answer is not None else None,
                milliseconds=(time.monotonic() - began) * 1000,
                attempt=attempt,
                correlation_id=answer.correlation_id if answer is not None else "",
                category=type(error).__name__ if error is not None else "",
            )
            self._log.add(entry)
        return answer, error


def _passes(error: HubSpotError) -> bool:
    """Whether asking the token endpoint again may help; asking twice does no harm."""
    if isinstance(error, NotSent):
        return not error.lasting
    return isinstance(error, OutcomeUnknown | RateLimited | ServerFault) or (
        isinstance(error, Migrating) and (error.retry_after or 0) <= LONGEST_WAIT
    )


def unasked(error: HubSpotError) -> HubSpotError:
    """Whoever needed the token did not send its own request, and must not read that it was refused or may have happened."""
    if error.stops_run or isinstance(error, RateLimited):
        return error
    if isinstance(error, OutcomeUnknown):
        error.advice = error.reading_advice  # a token that was asked for in vain harms nobody
    return NotSent(
        f"No access token could be fetched: {error.message}",
        stage="credentials",
        status=error.status,
        category=error.category,
        correlation_id=error.correlation_id,
        advice=error.advice or "HubSpot's token endpoint fails just now; the stored credentials were not touched.",
    )
