"""Actions of the gateway's own on a class of records, for Hubspoke's remote connector: batches, listings and searches.

Attributes have HubSpot's names here, whatever an imported provisioner file calls them; what it denies stays denied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from starlette.responses import Response

from console.connector.classes import CLASSES
from console.connector.errors import IcfError, UnsupportedOperation
from console.connector.remote_batches import text_of
from console.gateway.crest.answers import answer
from console.gateway.crest.refused import bad, of_hubspot, of_icf
from console.hubspot.batch import BATCH_LIMIT
from console.hubspot.errors import HubSpotError
from console.hubspot.model import Outcome, Page, Record, Write

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.gateway.crest.asked import Asked

ACTIONS = frozenset({"batch", "list", "search"})
Kind = Literal["read", "create", "update", "upsert", "delete"]
_ICF: dict[str, tuple[str, ...]] = {
    "read": ("GET",), "create": ("CREATE",), "update": ("UPDATE",), "upsert": ("CREATE", "UPDATE"), "delete": ("DELETE",),
}  # fmt: skip
_STATUS = {"read": 200, "create": 201, "update": 200, "upsert": 200, "delete": 200}


class Batch(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """Up to 100 items of one operation: `_id` (upsert: the key's value), `_trace`, and attributes."""

    operation: Kind
    items: list[dict[str, Any]]
    fields: list[str] = []
    id_property: str | None = None
    archived: bool = False


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    """A page of all records by ascending id."""

    after: str | None = None
    limit: int = 100
    fields: list[str] = []
    archived: bool = False


class Search(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A page of HubSpot's search, in HubSpot's words."""

    filter_groups: list[dict[str, Any]] = []
    query: str | None = None
    sorts: list[dict[str, str]] | None = None
    fields: list[str] = []
    limit: int = 200
    after: str | None = None


class Bulk:
    """The three actions on one class."""

    def __init__(self, operations: Operations, asked: Asked, cls: str) -> None:
        self._operations = operations
        self._asked = asked
        self._given = operations.types.find(cls)
        if self._given.native not in CLASSES:
            raise of_icf(UnsupportedOperation(f"There are no batches of {cls}."), "BATCH", cls)
        self._cls = self._given.native
        self._objects = operations.connector.objects(self._cls)

    async def answer(self) -> Response:
        """Serve the request's action."""
        document = await self._asked.document()
        try:
            if self._asked.action == "batch":
                return await self._batch(_converted(document, Batch))
            self._operations.types.check("SEARCH", self._given.name)
            if self._asked.action == "list":
                return self._paged(await self._list(_converted(document, Listing)))
            return self._paged(await self._search(_converted(document, Search)))
        except ValueError as error:
            raise bad(f"{error}") from None
        except HubSpotError as error:
            raise of_hubspot(error, self._asked.action.upper(), self._cls) from None

    async def _list(self, asked: Listing) -> Page:
        return await self._objects.list(asked.after, _within(asked.limit, 100), asked.fields, asked.archived)

    async def _search(self, asked: Search) -> Page:
        return await self._objects.search(
            asked.filter_groups,
            query=asked.query,
            sorts=asked.sorts,
            properties=asked.fields,
            limit=_within(asked.limit, 200),
            after=asked.after,
        )

    async def _batch(self, batch: Batch) -> Response:
        if batch.operation != "read":
            self._asked.need("system:write")
        for operation in _ICF[batch.operation]:
            self._operations.types.check(operation, self._given.name)
        if not 0 < len(batch.items) <= BATCH_LIMIT:
            raise bad(f"A batch has 1 to {BATCH_LIMIT} items, not {len(batch.items)}")
        results = [self._result(batch.operation, outcome) for outcome in await self._done(batch)]
        return answer({"results": results}, pretty=self._asked.pretty)

    async def _done(self, batch: Batch) -> list[Outcome]:
        """One outcome per item."""
        if batch.operation == "read":
            keys = [_id(item) for item in batch.items]
            return await self._objects.batch_read(
                keys, properties=batch.fields, id_property=batch.id_property, archived=batch.archived
            )
        if batch.operation == "delete":
            return await self._objects.batch_archive([_id(item) for item in batch.items])
        writes = []
        for item in batch.items:  # one that this profile does not let be written refuses all: nothing was sent yet
            try:
                writes.append(self._write(item, creating=batch.operation == "create"))
            except IcfError as error:
                raise of_icf(error, _ICF[batch.operation][0], self._cls, str(item.get("_id") or "")) from None
        return await self._sent(batch, writes)

    async def _sent(self, batch: Batch, writes: Sequence[Write]) -> list[Outcome]:
        if batch.operation == "create":
            return await self._objects.batch_create(writes)
        if batch.operation == "update":
            return await self._objects.batch_update(writes)
        return await self._objects.batch_upsert(writes, batch.id_property or "email")

    def _write(self, item: dict[str, Any], *, creating: bool) -> Write:
        attributes = {name: value for name, value in item.items() if not name.startswith("_")}
        native = self._given.incoming(attributes, creating=creating)
        trace = item.get("_trace")
        return Write(
            id=None if creating else _id(item),
            properties={name: text_of(value) for name, value in native.items()},
            trace=str(trace) if trace else None,
        )

    def _result(self, operation: Kind, outcome: Outcome) -> dict[str, Any]:
        if outcome.error is not None:
            refused = of_hubspot(outcome.error, _ICF[operation][0], self._cls)
            return {"status": refused.status, "error": refused.body}
        found: dict[str, Any] = {"status": 201 if outcome.new else _STATUS[operation]}
        if outcome.record is not None:
            found["object"] = recorded(outcome.record)
        if outcome.new is not None:
            found["new"] = outcome.new
        return found

    def _paged(self, page: Page) -> Response:
        body = {"result": [recorded(one) for one in page.results], "after": page.after, "total": page.total}
        return answer(body, pretty=self._asked.pretty)


def recorded(record: Record) -> dict[str, Any]:
    """A record with everything that HubSpot tells of it besides its properties."""
    more = {
        "_rev": record.updated_at,
        "_created": record.created_at,
        "_archived": record.archived or None,
        "_archivedAt": record.archived_at,
        "_url": record.url,
    }
    return {"_id": record.id, **{name: value for name, value in more.items() if value}, **record.properties}


def _converted(document: dict[str, Any], shape: type[Any]) -> Any:
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        raise bad(f"The action's body is not as it should be: {error}") from None


def _within(limit: int, most: int) -> int:
    if not 1 <= limit <= most:
        raise bad(f"A page has 1 to {most} objects, not {limit}")
    return limit


def _id(item: dict[str, Any]) -> str:
    found = item.get("_id")
    if not isinstance(found, str) or not found:
        raise bad("Each item of this batch needs its _id, a text")
    return found
