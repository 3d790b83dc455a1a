"""What a gateway or an identity server refuses, as the errors that HubSpot's own refusals are."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from console.hubspot import errors as hubspot
from console.hubspot.answer import Answer, tame
from console.hubspot.errors import HubSpotError, PropertyProblem

Document = Mapping[str, Any]

_BY_CLASS: dict[str, type[HubSpotError]] = {
    kind.__name__: kind
    for kind in (
        hubspot.Conflict, hubspot.DailyLimitReached, hubspot.Forbidden, hubspot.GrantDead, hubspot.Invalid, hubspot.Locked,
        hubspot.Migrating, hubspot.MissingScopes, hubspot.NotFound, hubspot.OutcomeUnknown, hubspot.RateLimited,
        hubspot.ServerFault, hubspot.Unauthorized, hubspot.Unexpected, hubspot.Unmentioned,
    )
}  # fmt: skip
"""What a Hubspoke gateway may tell that HubSpot said."""
_BY_ICF: dict[str, type[HubSpotError]] = {
    "AlreadyExists": hubspot.Conflict,
    "UnknownUid": hubspot.NotFound,
    "InvalidAttributeValue": hubspot.Invalid,
    "InvalidFilter": hubspot.Invalid,
    "PermissionDenied": hubspot.Forbidden,
    "OperationTimeout": hubspot.OutcomeUnknown,
}
_FAR_CREDENTIALS = "The other side reaches HubSpot with credentials that HubSpot does not take: mend them there."
_OWN_CREDENTIALS = (
    "The gateway or identity server does not take this profile's credentials. Set them again: "
    "hubspoke credentials set accessToken; clientId of the profile is the user, if there is one."
)
_OWN_RIGHTS = "The client that this profile signs in as lacks a right at the gateway: system:read, or system:write."


def answered(answer: Answer) -> HubSpotError | None:
    """The error that an answer is; None for a good one."""
    if answer.ok:
        return None
    if 300 <= answer.status < 400:
        return hubspot.Unexpected(
            f"The other side answered {answer.status} and wants to be asked elsewhere.",
            status=answer.status,
            advice="Give remoteUrl the address that really serves it.",
        )
    return refused(_document(answer), answer.status, _seconds(answer.headers.get("retry-after", "")))


def refused(body: Document, status: int, retry_after: float | None = None) -> HubSpotError:
    """The error that a body of CREST tells: `{"code", "reason", "message", "detail"}`."""
    detail = _table(body.get("detail"))
    far = _table(detail.get("hubspot"))
    kind = (
        _BY_CLASS.get(str(far.get("class"))) or _BY_ICF.get(str(detail.get("icfError"))) or _by_status(status, detail)
    )
    message = far.get("message") or html.unescape(_text(body.get("message"))) or f"The other side answered {status}."
    more: dict[str, Any] = {
        "status": status,
        "category": tame(far.get("category") or ""),
        "correlation_id": tame(detail.get("correlationId") or ""),
        "retry_after": retry_after,
        "advice": _advice(kind, status, detail),
    }
    if kind is hubspot.Conflict:
        more["existing_id"] = tame(detail.get("existingId") or "") or None
    elif kind is hubspot.Invalid:
        more["problems"] = _problems(detail.get("problems"))
    return kind(_text(message), **more)


def _by_status(status: int, detail: Document) -> type[HubSpotError]:
    if detail.get("outcomeUnknown"):
        return hubspot.OutcomeUnknown
    known: dict[int, type[HubSpotError]] = {
        401: hubspot.Unauthorized,
        403: hubspot.Forbidden,
        404: hubspot.NotFound,
        409: hubspot.Conflict,
        412: hubspot.Conflict,  # AlreadyExists; nothing here sends a version
        429: hubspot.RateLimited,
    }
    if status in known:
        return known[status]
    return hubspot.ServerFault if status >= 500 and status != 501 else hubspot.Invalid


def _advice(kind: type[HubSpotError], status: int, detail: Document) -> str:
    """What to do, on which side: with a detail it is the other side's HubSpot that refused, else the other side itself."""
    if issubclass(kind, hubspot.Unauthorized):
        return _FAR_CREDENTIALS if detail else _OWN_CREDENTIALS
    if status == 403 and not detail:
        return _OWN_RIGHTS
    return _text(detail.get("advice"))


def _problems(found: Any) -> tuple[PropertyProblem, ...]:
    if not isinstance(found, list):
        return ()
    return tuple(
        PropertyProblem(*(_text(one.get(name)) for name in ("property", "code", "message")))
        for one in found
        if isinstance(one, Mapping)
    )


def _text(found: Any) -> str:
    """Foreign text of bounded length."""
    return found[:2_000] if isinstance(found, str) else ""


def _document(answer: Answer) -> Document:
    try:
        return _table(answer.json())
    except hubspot.Unexpected:
        return {}


def _table(found: Any) -> Document:
    return found if isinstance(found, Mapping) else {}


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
