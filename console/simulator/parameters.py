"""Query strings and bodies of the single-record endpoints."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request

from console.simulator.problems import error, invalid

MAX_PAGE = 100
MAX_PAGE_WITH_HISTORY = 50


class NewRecord(msgspec.Struct, rename="camel"):
    """Body of a create or an update."""

    properties: dict[str, Any]
    associations: list[Any] | None = None
    object_write_trace_id: str | None = None

    @property
    def trace(self) -> str:
        """The trace id, if one was sent."""
        return self.object_write_trace_id or ""


class Listing(NamedTuple):
    """Query of GET /{type}."""

    after: str | None
    limit: int
    archived: bool
    properties: tuple[str, ...]
    history: tuple[str, ...]


def listing(request: Request, over: str = "validation") -> Listing:
    """The query of a listing, checked; `over`: what becomes of a limit that is too high."""
    query = request.query_params
    history = names(request, "propertiesWithHistory")
    text = query.get("limit", "10")
    most = MAX_PAGE_WITH_HISTORY if history else MAX_PAGE
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if asked > most and over == "clamp":
        asked = most
    if not 1 <= asked <= most:
        message = f"Page limit must be between 1 and {most}, but was {text}"
        raise error(400, message) if asked > most and over == "plain" else invalid(message)
    after = query.get("after") or None
    return Listing(after, asked, flag(request, "archived"), names(request, "properties"), history)


def names(request: Request, key: str) -> tuple[str, ...]:
    """Comma-separated or repeated names."""
    return tuple(name.strip() for text in request.query_params.getlist(key) for name in text.split(",") if name.strip())


def flag(request: Request, key: str) -> bool:
    """A boolean of the query."""
    return str(request.query_params.get(key, "")).lower() == "true"
