"""Every answer that is not a success, as HubSpot words it. Facts: sections 2.3, 2.7, 3.7, 4, 6, 7."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

SCOPES_LINK = "https://developers.hubspot.com/scopes"
AUTH_LINK = "https://developers.hubspot.com/docs/methods/auth/oauth-overview"
EDGE_TITLES = {
    414: "Request-URI Too Large",
    477: "Migration in Progress",
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
    530: "Origin DNS error",
}
ERRORS_SHOWN = 3


class ApiError(Exception):
    """An answer with an error status; `body` lacks only the correlation id."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body.get("message", ""))
        self.status = status
        self.body = body
        self.headers = headers or {}


class BareRefusal(Exception):
    """An answer that does not come from the API itself; `style`: html, empty or json."""

    def __init__(self, status: int, style: str) -> None:
        super().__init__(status)
        self.status = status
        self.style = style


class Complaint(NamedTuple):
    """One complaint about one property of one input."""

    property: str
    code: str
    message: str


def error(status: int, message: str, category: str | None = None, **more: object) -> ApiError:
    """An error in HubSpot's usual shape."""
    body: dict[str, Any] = {"status": "error", "message": message, **more}
    if category:
        body["category"] = category
    return ApiError(status, body)


def invalid(message: str, **more: object) -> ApiError:
    """400 VALIDATION_ERROR."""
    return error(400, message, "VALIDATION_ERROR", **more)


def invalid_values(complaints: Sequence[Complaint], portal_id: int) -> ApiError:
    """400 for property values; the list inside `message` is complete, `errors` shows the first three."""
    errors = [
        {"message": c.message, "code": c.code, "context": {"propertyName": [c.property]}}
        for c in complaints[:ERRORS_SHOWN]
    ]
    return invalid(values_message(complaints, portal_id), errors=errors)


def values_message(complaints: Sequence[Complaint], portal_id: int) -> str:
    """The message text that lists every complaint as JSON."""
    listed = [
        {
            "isValid": False,
            "message": c.message,
            "error": c.code,
            "name": c.property,
            "localizedErrorMessage": c.message,
            "portalId": portal_id,
        }
        for c in complaints
    ]
    return "Property values were not valid: " + msgspec.json.encode(listed).decode()


def not_found() -> ApiError:
    """404 for a record or property."""
    return error(404, "resource not found", "OBJECT_NOT_FOUND")


def bad_json(reason: str) -> ApiError:
    """400 without a category, as HubSpot's parser answers."""
    return error(400, f"Invalid input JSON on line 1, column 1: {reason}")


def unauthenticated() -> ApiError:
    """401 for no credentials or unknown static ones."""
    return error(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        f"details at {AUTH_LINK}",
        "INVALID_AUTHENTICATION",
    )


def expired(expired_at: float, now: float, moment: str) -> ApiError:
    """401 for an access token past its life (or made up: those expired in 1970)."""
    seconds = max(0, int(now - expired_at))
    ago = f"{seconds} second(s)" if seconds < 86_400 * 365 else f"{seconds // 86_400} day(s)"
    return error(
        401,
        f"The OAuth token used to make this call expired {ago} ago.",
        "EXPIRED_AUTHENTICATION",
        context={"expire time": [moment]},
    )


def missing_scopes(scopes: Sequence[str], *, listed: bool = True) -> ApiError:
    """403; any one of the scopes would do. They stand in `errors`, or unlisted in a `context` at the top."""
    message = (
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
        f"{SCOPES_LINK}."
    )
    links, context = {"scopes": SCOPES_LINK}, {"requiredGranularScopes": list(scopes)}
    if not listed:
        return error(403, message, "MISSING_SCOPES", context=context, links=links)
    reason = {"message": "One or more of the following scopes are required.", "context": context}
    return error(403, message, "MISSING_SCOPES", errors=[reason], links=links)


def rate_limited(window: str, app_id: int, portal_id: int, request_id: str) -> ApiError:
    """The three 429 bodies; none carries Retry-After. That of the associations' window is taken to be the burst's."""
    if window == "search":
        return error(429, "You have reached your secondly limit.", "RATE_LIMITS")
    if window == "daily":
        return error(
            429,
            "You have reached your daily limit.",
            errorType="RATE_LIMIT",
            policyName="DAILY",
            requestId=request_id,
        )
    return error(
        429,
        "You have reached your ten_secondly_rolling limit.",
        errorType="RATE_LIMIT",
        policyName="TEN_SECONDLY_ROLLING",
        groupName=f"publicapi:{app_id}-api-calls-ten-secondly:{portal_id}",
    )


def oauth_error(status: str, kind: str, description: str) -> ApiError:
    """400 of the token endpoint."""
    return ApiError(400, {"error": kind, "error_description": description, "status": status, "message": description})


def edge_page(status: int, ray: str) -> bytes:
    """The HTML page that the edge sends instead of an API answer."""
    title = EDGE_TITLES.get(status)
    if title is None:
        title = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    return (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n<center><h1>{status} {title}</h1>"
        f"</center>\r\n<hr><center>cloudflare</center>\r\n<p>Ray ID: {ray}</p>\r\n</body>\r\n</html>\r\n"
    ).encode()
