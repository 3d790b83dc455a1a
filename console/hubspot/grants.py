"""What the token endpoint answers (facts sections 2.2 and 2.3): a token, a verdict, or noise."""

from __future__ import annotations

from typing import Any

import msgspec

from console.hubspot.answer import Answer, describe
from console.hubspot.classify import MESSAGE_LIMIT, classify
from console.hubspot.errors import (
    ClientRefused,
    GrantDead,
    HubSpotError,
    Invalid,
    NotFound,
    ServerFault,
    Unauthorized,
    Unexpected,
)
from console.hubspot.secret import Secret

SHORTEST_LIFE = 1.0
UNKNOWN_LIFE = 300.0
LONGEST_LIFE = 86_400.0

_DEAD = frozenset({"BAD_REFRESH_TOKEN", "BAD_HUB", "BAD_AUTH_CODE", "BAD_CODE_VERIFIER"})
_REFUSED = frozenset({"BAD_CLIENT_ID", "BAD_CLIENT_SECRET", "BAD_REDIRECT_URI", "BAD_GRANT_TYPE"})
_DEAD_OAUTH = frozenset({"invalid_grant", "access_denied"})
_REFUSED_OAUTH = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh access token; `seconds` is its life as HubSpot states it. `refresh` is None where none came back."""

    access: Secret
    refresh: Secret | None
    seconds: float
    portal_id: int | None = None
    scopes: tuple[str, ...] = ()


class TokenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What HubSpot knows about a token; `active` is False for a revoked or unknown one."""

    active: bool = False
    hub_id: int | None = None
    app_id: int | None = None
    user: str | None = None
    hub_domain: str | None = None
    scopes: list[str] = []


def verdict(answer: Answer) -> HubSpotError | None:
    """What an answer of the token endpoints says against us; noise is never taken for a revoked grant."""
    if not answer.ok:
        return _refusal(answer, _document(answer) or {})
    if answer.body.strip() and _document(answer) is None:
        # a page of some edge or sign-in portal
        return ServerFault(
            f"The token endpoint answered {answer.status} with {describe(answer)}.",
            status=answer.status,
            correlation_id=answer.correlation_id,
        )
    return None


def facts_of(answer: Answer) -> TokenFacts:
    """What introspection told.

    Raises:
        HubSpotError: it told nothing.
    """
    error = verdict(answer)
    if error is not None:
        raise error
    return answer.decode(TokenFacts)


def grant_of(answer: Answer) -> Grant | HubSpotError:
    """The grant in this answer, or what it says instead."""
    error = verdict(answer)
    if error is not None:
        return error
    document = _document(answer) or {}
    access = document.get("access_token")
    if not isinstance(access, str) or not Secret(access).fits_header:
        return ServerFault(
            f"The token endpoint answered {answer.status} without an access token.",
            status=answer.status,
            correlation_id=answer.correlation_id,
        )
    refresh, portal, scopes = document.get("refresh_token"), document.get("hub_id"), document.get("scopes")
    return Grant(
        access=Secret(access),
        refresh=Secret(refresh) if isinstance(refresh, str) and refresh else None,
        seconds=_life(document.get("expires_in")),
        portal_id=portal if isinstance(portal, int) and not isinstance(portal, bool) else None,
        scopes=tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else (),
    )


def _refusal(answer: Answer, document: dict[str, Any]) -> HubSpotError:
    status, code = str(document.get("status", "")), str(document.get("error", ""))
    told = document.get("message") or document.get("error_description") or code or status
    message = (told if isinstance(told, str) else "")[:MESSAGE_LIMIT]
    facts: dict[str, Any] = {
        "status": answer.status,
        "category": (status or code)[:80],
        "correlation_id": answer.correlation_id,
    }
    if answer.status in (400, 401, 403) and document:
        if status in _DEAD or (status not in _REFUSED and code in _DEAD_OAUTH):
            return GrantDead(message, **facts)
        if status in _REFUSED or code in _REFUSED_OAUTH:
            return ClientRefused(message, **facts)
    error = classify(answer) or Unexpected(message, **facts)
    if isinstance(error, NotFound):
        return Unexpected(
            "There is no token endpoint.", advice="Check apiBaseUrl and apiVersion of the profile.", **facts
        )
    if isinstance(error, Invalid) and not document:
        return ServerFault(error.message, **facts)  # an edge's page, not the endpoint's verdict
    if isinstance(error, Unauthorized) and not document:
        return ServerFault(error.message, **facts)
    return error


def _document(answer: Answer) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _life(seconds: object) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return UNKNOWN_LIFE
    return min(max(float(seconds), SHORTEST_LIFE), LONGEST_LIFE)
