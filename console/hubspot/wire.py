"""Records as HubSpot writes them; unknown keys are ignored, everything but the id may be missing."""

from __future__ import annotations

from typing import Any

import msgspec

from console.hubspot.answer import Answer
from console.hubspot.classify import classify_entry
from console.hubspot.errors import Unexpected
from console.hubspot.model import Page, Record

WireId = str | int
_TEXTS = frozenset({str, type(None)})


class WireRecord(msgspec.Struct, rename="camel"):
    """One record; in batch answers it may carry `new` and the trace id of its input."""

    id: WireId
    properties: dict[str, Any] = {}
    created_at: str | None = None
    updated_at: str | None = None
    archived: bool = False
    archived_at: str | None = None
    url: str | None = None
    object_write_trace_id: str | None = None
    new: bool | None = None
    errors: list[Any] | None = None

    def record(self) -> Record:
        """The record as the rest of Hubspoke sees it."""
        return Record(
            id=str(self.id),
            properties=texts_of(self.properties),
            created_at=self.created_at,
            updated_at=self.updated_at,
            archived=self.archived,
            archived_at=self.archived_at,
            url=self.url,
        )


class WireNext(msgspec.Struct):
    """Where the next page begins; its `link` is never followed, it may name another version."""

    after: WireId


class WirePaging(msgspec.Struct):
    """The paging block, absent on the last page."""

    next: WireNext | None = None


class WirePage(msgspec.Struct, rename="camel"):
    """A page of a listing or a search."""

    results: list[WireRecord]
    paging: WirePaging | None = None
    total: int | None = None

    def page(self) -> Page:
        """The page as the rest of Hubspoke sees it."""
        following = self.paging.next if self.paging is not None else None
        return Page(
            results=[found.record() for found in self.results],
            after=str(following.after) if following is not None else None,
            total=self.total,
        )


class WireBatch(msgspec.Struct, rename="camel"):
    """What a batch call answers; which and how many errors there are is not to be trusted."""

    results: list[WireRecord] = []
    errors: list[Any] | None = None
    num_errors: int | None = None
    status: str | None = None


def texts_of(values: dict[str, Any]) -> dict[str, str | None]:
    """Property values as text; those of a record are that nearly always, and then they are not copied."""
    if _TEXTS.issuperset(map(type, values.values())):
        return values
    return {name: text_of(value) for name, value in values.items()}


def text_of(value: Any) -> str | None:
    """A property value as text, should it ever come as another JSON type."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return msgspec.json.encode(value).decode()


def single(answer: Answer) -> WireRecord:
    """The one record in an answer.

    Raises:
        Unexpected: there is none in it.
        HubSpotError: the 2xx carries errors.
    """
    found = answer.decode(WireRecord)
    if found.errors:
        raise classify_entry(found.errors[0], answer)
    if not str(found.id):
        raise Unexpected(
            "HubSpot answered a record without an id.", status=answer.status, correlation_id=answer.correlation_id
        )
    return found
