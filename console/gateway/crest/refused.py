"""Errors of CREST: `{"code", "reason", "message", "detail"}`, and which of them an error of ours is (identity facts, A3)."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from console.connector import errors as icf
from console.hubspot.errors import HubSpotError

_PATTERNS: dict[str, str] = {
    "AlreadyExists": "System object {id} already exists",
    "Configuration": "Operation {operation} failed with ConfigurationException on system object: {id}",
    "ConnectionFailed": "Connection failed during operation {operation} on system object: {id}",
    "OperationTimeout": "Operation {operation} Timeout on system object: {id}",
    "Retryable": "Request temporarily unavailable on operation {operation} on system object: {id}",
    "UnknownUid": "Operation {operation} could not find resource {id} on system object: {cls}",
    "InvalidCredential": "Operation {operation} failed with InvalidCredentialException on system object: {id}",
    "PermissionDenied": "Operation {operation} permission denied on system object: {id}",
    "InvalidAttributeValue": "Attribute value conflicts with the attribute's schema definition in operation {operation}"
    " on system object: {id}",
    "PreconditionFailed": "The resource version for {id} does not match the version provided",
    "PreconditionRequired": "No resource version for resource {id} has been provided",
    "NotSupported": "Operation {operation} is not supported by the Connector",
}
"""How identity servers word each class; what went wrong follows."""


class Refused(Exception):
    """A request that is not served. `message` may hold foreign text: it is escaped on its way out."""

    def __init__(
        self,
        status: int,
        message: str,
        detail: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of it."""
        reason = HTTPStatus(self.status).phrase
        found: dict[str, Any] = {"code": self.status, "reason": reason, "message": html.escape(self.message)}
        if self.detail is not None:
            found["detail"] = dict(self.detail)
        return found


def bad(message: str) -> Refused:
    """The request makes no sense."""
    return Refused(400, message)


def of_icf(error: icf.IcfError, operation: str, cls: str = "", uid: str = "") -> Refused:
    """What an operation of the connector failed with, as identity servers tell it."""
    pattern = _PATTERNS.get(error.name, "")
    where = {"operation": operation, "cls": cls or "hubspot", "id": uid or cls or "hubspot"}
    told = ". ".join(part for part in (pattern.format(**where), error.message) if part)
    headers = {"Retry-After": str(max(1, math.ceil(error.retry_after)))} if error.retry_after else {}
    if isinstance(error, icf.UnknownUid):
        return Refused(404, told, {}, headers=headers)
    return Refused(error.http_status, told, _detail(error), headers=headers)


def of_hubspot(error: HubSpotError, operation: str, cls: str = "", uid: str = "") -> Refused:
    """What HubSpot said to an action of our own: with its class, so that our remote connector can say the same."""
    found = of_icf(icf.icf_error(error, operation, cls, uid), operation, cls, uid)
    told = {"class": type(error).__name__, "message": error.message, "status": error.status, "category": error.category}
    kept = {name: value for name, value in told.items() if value}
    detail = {**(found.detail or _detail(icf.icf_error(error, operation, cls, uid))), "hubspot": kept}
    return Refused(found.status, found.message, detail, headers=found.headers)


def _detail(error: icf.IcfError) -> dict[str, Any]:
    """What helps a human, and our own remote connector."""
    told = {
        "icfError": error.name,
        "advice": error.advice,
        "correlationId": error.correlation_id,
        "existingId": error.existing_id,
        "retryAfter": error.retry_after,
        "outcomeUnknown": error.outcome_unknown,
    }
    found: dict[str, Any] = {key: value for key, value in told.items() if value}
    if error.problems:
        found["problems"] = [_problem(one) for one in error.problems]
    return found


def _problem(problem: Any) -> dict[str, str]:
    names = ("property", "code", "message")
    return {name: text for name in names if (text := str(getattr(problem, name, "") or ""))}
