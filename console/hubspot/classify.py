"""From an answer to a typed error, whatever the bytes (facts section 7).

Every field of HubSpot's error bodies is optional and some come from the edge in front of it as
HTML, so nothing here trusts a shape and nothing here raises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from console.hubspot.answer import Answer, describe, tame
from console.hubspot.errors import (
    Conflict,
    DailyLimitReached,
    Forbidden,
    HubSpotError,
    Invalid,
    Locked,
    Migrating,
    MissingScopes,
    NotFound,
    PropertyProblem,
    RateLimited,
    ServerFault,
    Unauthorized,
    Unexpected,
)

MESSAGE_LIMIT = 2_000
RETRY_AFTER_LIMIT = 86_400.0
LOCK_SECONDS = 2.0

_EXISTING = (re.compile(r"Existing ID: (\d{1,30})"), re.compile(r"(\d{1,30}) already has that value"))
_UNIQUE_CODES = frozenset({"CONFLICTING_UNIQUE_VALUE", "DUPLICATE_UNIQUE_PROPERTY_VALUE"})
_EDGE_REFUSES_TOKEN = 530


def classify(answer: Answer) -> HubSpotError | None:
    """The error that this answer is; None for a success. A partial success (2xx with errors) is a success here."""
    if answer.ok:
        return None
    document = _document(answer.body)
    facts = _facts(answer, document)
    special = _SPECIAL.get(answer.status)
    if special is not None:
        return special(document, answer, facts)
    if 300 <= answer.status <= 399:
        return _redirect(answer, facts)
    if 400 <= answer.status <= 499:
        return _invalid(document, answer, facts)
    if 500 <= answer.status <= 599:
        return _server_fault(document, answer, facts)
    return Unexpected(_message(document, answer), **facts)


def classify_entry(entry: Any, answer: Answer) -> HubSpotError:
    """The error that one entry of a partial answer's `errors` is; such entries have a category, seldom a status."""
    document = entry if isinstance(entry, dict) else {}
    facts = _facts(answer, document)
    message = _message(document, answer)
    category = facts["category"]
    problems = property_problems(document)
    if category in ("CONFLICT", "OBJECT_ALREADY_EXISTS") or _is_unique_clash(document):
        return Conflict(message, existing_id=existing_id(document), **facts)
    if category in ("OBJECT_NOT_FOUND", "NOT_FOUND"):
        return NotFound(message, **facts)
    if category == "MISSING_SCOPES":
        return MissingScopes(message, scopes=_scopes(document), **facts)
    if "RATE_LIMIT" in category:
        return RateLimited(message, policy=_text(document, "policyName"), **facts)
    if category in ("LOCKED", "OBJECT_LOCKED"):
        return Locked(message, **{**facts, "retry_after": LOCK_SECONDS})
    if "VALIDATION" in category or problems or category.startswith(("INVALID", "BAD_REQUEST", "MISSING_")):
        return Invalid(message, problems=problems, **facts)
    if "INTERNAL" in category or "SERVER" in category:
        return ServerFault(message, **facts)
    return Unexpected(message, **facts)


def partial_errors(answer: Answer) -> list[dict[str, Any]]:
    """The `errors` of a 2xx answer's body; empty when everything went well."""
    document = _document(answer.body)
    found = document.get("errors")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def context_values(entry: Mapping[str, Any], key: str) -> list[str]:
    """The texts under one key of an error's context, which holds lists or single values."""
    context = entry.get("context")
    found = context.get(key) if isinstance(context, dict) else None
    values = found if isinstance(found, list) else [found]
    return [str(value) for value in values if isinstance(value, (str, int)) and not isinstance(value, bool)]


def existing_id(document: Mapping[str, Any]) -> str | None:
    """The id of the record that is in the way: from the context, else out of the text."""
    for value in context_values(document, "existingId"):
        return value
    message = _text(document, "message")
    for pattern in _EXISTING:
        if found := pattern.search(message):
            return found[1]
    return None


def property_problems(document: Mapping[str, Any]) -> tuple[PropertyProblem, ...]:
    """What was wrong with which property: the array inside `message` is complete, `errors` often is not."""
    return _problems_in_message(_text(document, "message")) or _problems_in_errors(document.get("errors"))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, 0 to a day; HubSpot's other form (a date) is not used by HubSpot, so it is ignored."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_LIMIT) if seconds == seconds else None  # NaN is not itself


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _facts(answer: Answer, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": answer.status,
        "category": tame(document.get("category") or document.get("errorType") or ""),
        "correlation_id": tame(document.get("correlationId") or "") or answer.correlation_id,
        "retry_after": retry_after(answer.headers),
    }


def _message(document: Mapping[str, Any], answer: Answer) -> str:
    text = _text(document, "message") or _text(document, "error_description")
    return text[:MESSAGE_LIMIT] or f"HubSpot answered {answer.status} with {describe(answer)}."


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _redirect(answer: Answer, facts: dict[str, Any]) -> Unexpected:
    try:
        host = tame(urlsplit(answer.headers.get("location", "")).hostname or "")
    except ValueError:
        host = ""
    return Unexpected(
        f"HubSpot's address answered with a redirect to {host or 'an unnamed place'}; redirects are never followed.",
        advice="Check apiBaseUrl of the profile, and whether a proxy or a sign-in page stands in between.",
        **facts,
    )


def _forbidden(document: Mapping[str, Any], answer: Answer, facts: dict[str, Any]) -> HubSpotError:
    scopes = _scopes(document)
    if scopes or facts["category"] == "MISSING_SCOPES":
        return MissingScopes(_message(document, answer), scopes=scopes, **facts)
    return Forbidden(_message(document, answer), **facts)


def _scopes(document: Mapping[str, Any]) -> tuple[str, ...]:
    nested = document.get("errors")
    places = [document, *(nested if isinstance(nested, list) else [])]
    found = [
        tame(scope)
        for place in places
        if isinstance(place, dict)
        for scope in context_values(place, "requiredGranularScopes")
    ]
    return tuple(dict.fromkeys(scope for scope in found if scope))


def _missing(document: Mapping[str, Any], answer: Answer, facts: dict[str, Any]) -> HubSpotError:
    if document:
        return NotFound(_message(document, answer), **facts)
    # an edge that knows no such route says nothing about the record: "not found" here would lead to a create
    return Unexpected(
        f"HubSpot's address knows no such route: {answer.status} with {describe(answer)}.",
        advice="Check apiBaseUrl and apiVersion of the profile.",
        **facts,
    )


def _rate_limited(document: Mapping[str, Any], answer: Answer, facts: dict[str, Any]) -> RateLimited:
    policy = tame(document.get("policyName") or "").upper()
    message = _message(document, answer)
    if policy == "DAILY" or (not policy and "daily limit" in message.lower()):
        return DailyLimitReached(message, policy="DAILY", **facts)
    if not policy:
        policy = "SECONDLY" if re.search(r"(?<!ten_)secondly", message.lower()) else ""
    return RateLimited(message, policy=policy, **facts)


def _server_fault(document: Mapping[str, Any], answer: Answer, facts: dict[str, Any]) -> ServerFault:
    if answer.status == _EDGE_REFUSES_TOKEN:
        return ServerFault(
            _message(document, answer), advice="Status 530 may mean that the access token is malformed.", **facts
        )
    return ServerFault(_message(document, answer), **facts)


def _unauthorized(document: Mapping[str, Any], answer: Answer, facts: dict[str, Any]) -> Unauthorized:
    return Unauthorized(_message(document, answer), **facts)


def _conflict(document: Mapping[str, Any], answer: Answer, facts: dict[str, Any]) -> Conflict:
    return Conflict(_message(document, answer), existing_id=existing_id(document), **facts)


def _locked(document: Mapping[str, Any], answer: Answer, facts: dict[str, Any]) -> Locked:
    return Locked(
        _message(document, answer), **{**facts, "retry_after": max(LOCK_SECONDS, facts["retry_after"] or 0.0)}
    )


def _migrating(document: Mapping[str, Any], answer: Answer, facts: dict[str, Any]) -> Migrating:
    return Migrating(_message(document, answer), **facts)


def _invalid(document: Mapping[str, Any], answer: Answer, facts: dict[str, Any]) -> HubSpotError:
    if answer.status == 400 and _is_unique_clash(document):
        return _conflict(document, answer, facts)
    return Invalid(_message(document, answer), problems=property_problems(document), **facts)


def _is_unique_clash(document: Mapping[str, Any]) -> bool:
    if "already has that value" in _text(document, "message"):
        return True
    problems = property_problems(document)
    return any(problem.code in _UNIQUE_CODES for problem in problems)


def _problems_in_message(message: str) -> tuple[PropertyProblem, ...]:
    start = message.find("[{")
    if start < 0:
        return ()
    try:
        entries, _ = json.JSONDecoder().raw_decode(message, start)  # text may follow the array
    except (ValueError, RecursionError):
        return ()
    return tuple(
        PropertyProblem(
            _text(entry, "name"),
            _text(entry, "error"),
            _text(entry, "localizedErrorMessage") or _text(entry, "message"),
        )
        for entry in entries
        if isinstance(entry, dict) and (_text(entry, "name") or _text(entry, "error"))
    )


def _problems_in_errors(errors: Any) -> tuple[PropertyProblem, ...]:
    found = []
    for entry in errors if isinstance(errors, list) else []:
        if not isinstance(entry, dict) or not _text(entry, "code"):
            continue
        names = context_values(entry, "propertyName") or [_text(entry, "in")]
        found.append(PropertyProblem(names[0], _text(entry, "code"), _text(entry, "message")))
    return tuple(found)


_SPECIAL: dict[int, Callable[[Mapping[str, Any], Answer, dict[str, Any]], HubSpotError]] = {
    401: _unauthorized,
    402: _forbidden,
    403: _forbidden,
    404: _missing,
    408: _server_fault,
    409: _conflict,
    410: _missing,
    423: _locked,
    425: _server_fault,
    429: _rate_limited,
    477: _migrating,
}
