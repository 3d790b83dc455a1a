"""What can go wrong between us and HubSpot, as a tree that says what to do.

HubSpotError
  NotSent               the request never left: name, route, TLS, proxy, connection refused
  OutcomeUnknown        it left, the answer did not come: time-out, reset, truncated body
  Unauthorized          401 twice, or a static token that HubSpot does not know
    GrantDead           the refresh token is revoked or unknown: reconnect
    TokenNotKept        HubSpot changed the refresh token and the new one cannot be stored
    ClientRefused       client id, client secret or redirect URI are wrong
  MissingScopes         403 with scopes that would do
  Forbidden             403 for another reason
  NotFound              404
  Conflict              409, with the id that is in the way where HubSpot tells it
  Invalid               400 (also 405, 413, 414, 415): what was wrong with which property
  Locked                423
  RateLimited           429 of a short window
  DailyLimitReached     429 of the day: stop until it resets
  Migrating             477: the account moves between data centres
  ServerFault           5xx, also HTML from the edge
  Unexpected            a redirect, a 2xx without the promised content
    Unmentioned         a batch that says nothing about an input
"""

from __future__ import annotations

from typing import NamedTuple


class PropertyProblem(NamedTuple):
    """One complaint of HubSpot's about one property of one input."""

    property: str
    code: str
    message: str


class HubSpotError(Exception):
    """An answer of HubSpot's, or the lack of one, that is not what was asked for.

    `message` is foreign text: pass it through `console.text.safe` before showing it.
    """

    advice = ""
    stops_run = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        category: str = "",
        correlation_id: str = "",
        advice: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.category = category
        self.correlation_id = correlation_id
        self.retry_after = retry_after
        if advice:
            self.advice = advice


class NotSent(HubSpotError):
    """The request never reached HubSpot, so nothing happened.

    `stage` says how far it came: connection (to HubSpot or to the proxy), proxy, tls, name, pool, settings.
    `lasting` ones are not worth a second attempt: a wrong certificate, a refusing proxy.
    """

    advice = (
        "Check the network, the proxy and the certificate settings of the profile; hubspoke test shows where the way "
        "to HubSpot ends."
    )
    stops_run = True

    def __init__(self, message: str, *, stage: str = "connection", lasting: bool = False, **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]
        self.stage = stage
        self.lasting = lasting


class OutcomeUnknown(HubSpotError):
    """The request may or may not have had its effect."""

    advice = "Read the record before anything is sent again."
    reading_advice = (
        "Nothing was changed: this was a question only. Check the network, the proxy and apiBaseUrl (http or https, and "
        "its port), then try again; timeoutSeconds of the profile says how long an answer may take."
    )


class Unauthorized(HubSpotError):
    """HubSpot does not accept the credentials."""

    advice = (
        "The token was rotated, deleted or mistyped. Set it again: hubspoke credentials set accessToken "
        "(with OAuth: refreshToken)."
    )
    stops_run = True


class GrantDead(Unauthorized):
    """The refresh token is revoked, expired or unknown."""

    advice = "The app was uninstalled or its access revoked. Connect again: hubspoke credentials login."


class TokenNotKept(Unauthorized):
    """HubSpot issued a new refresh token that would be lost with this process."""

    advice = (
        "Store the refresh token in the vault (hubspoke credentials set refreshToken) and take it out of the environment: "
        "only the vault can follow when HubSpot changes it."
    )


class ClientRefused(Unauthorized):
    """The app's own credentials are wrong."""

    advice = "Compare client id and client secret with the app's Auth page in HubSpot."


class MissingScopes(HubSpotError):
    """The credentials lack a scope; any one of `scopes` would do."""

    stops_run = True

    def __init__(self, message: str, *, scopes: tuple[str, ...] = (), **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]
        self.scopes = scopes
        if scopes:
            self.advice = f"Add one of these scopes to the app and connect again: {', '.join(scopes)}."


class Forbidden(HubSpotError):
    """HubSpot refuses this to these credentials or to this kind of account."""

    advice = "The account's subscription or the app's permissions do not allow this."
    stops_run = True


class NotFound(HubSpotError):
    """There is no such record, property or route."""


class Conflict(HubSpotError):
    """Another record has this unique value; `existing_id` names it where HubSpot did."""

    def __init__(self, message: str, *, existing_id: str | None = None, **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]
        self.existing_id = existing_id


class Invalid(HubSpotError):
    """HubSpot refuses the request or the values in it; sending it again changes nothing."""

    def __init__(self, message: str, *, problems: tuple[PropertyProblem, ...] = (), **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]
        self.problems = problems


class Locked(HubSpotError):
    """The record is locked by another write for some seconds."""


class RateLimited(HubSpotError):
    """A short window is full; `policy` is HubSpot's name for it."""

    def __init__(self, message: str, *, policy: str = "", **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]
        self.policy = policy


class DailyLimitReached(RateLimited):
    """Today's allowance is used up."""

    advice = "Resume the run after the allowance resets at midnight of the account's time zone."
    stops_run = True


class Migrating(HubSpotError):
    """The account is being moved; `retry_after` seconds may be up to a day."""

    advice = "HubSpot is moving this account to another data centre. Resume the run later."
    stops_run = True


class ServerFault(HubSpotError):
    """HubSpot or its edge failed."""


class Unexpected(HubSpotError):
    """The answer is not of a kind that the API promises."""


class Unmentioned(Unexpected):
    """A success that says nothing about this input: its record may have been merged into another one."""
