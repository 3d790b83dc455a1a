"""How each path of the gateway says no: SCIM 1.1, SCIM 2.0 (RFC 7644, 3.12), CREST, or plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from starlette.responses import JSONResponse, Response

Dialect = Literal["scim1", "scim2", "crest", "plain"]

SCIM1_PATHS = ("/hubspot", "/scim/v1")
SCIM2_PATHS = ("/scim/v2", "/scim2")
CREST_PATHS = ("/openidm",)


def dialect_of(path: str) -> Dialect:
    """The dialect of a path."""
    for paths, dialect in ((SCIM1_PATHS, "scim1"), (SCIM2_PATHS, "scim2"), (CREST_PATHS, "crest")):
        if any(path == one or path.startswith(f"{one}/") for one in paths):
            return dialect  # type: ignore[return-value]
    return "plain"


def refusal(path: str, status: int, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that the path's protocol has for this status; `message` is for the operator of the other side."""
    dialect = dialect_of(path)
    media = "application/scim+json" if dialect == "scim2" else "application/json"
    return JSONResponse(_body(dialect, status, message), status, dict(headers or {}), media)


def _body(dialect: Dialect, status: int, message: str) -> dict[str, Any]:
    if dialect == "scim1":
        return {"Errors": [{"description": message, "code": str(status)}]}
    if dialect == "scim2":
        schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"]
        return {"schemas": schemas, "status": str(status), "detail": message}
    if dialect == "crest":
        return {"code": status, "reason": HTTPStatus(status).phrase, "message": message}
    return {"status": status, "message": message}
