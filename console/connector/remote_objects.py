"""Contacts or companies behind a remote connector, with the operations that HubSpot's own have."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

from console.connector.remote_batches import Batches
from console.connector.remote_client import RemoteClient
from console.connector.remote_singles import Singles
from console.hubspot.batch import BATCH_LIMIT
from console.hubspot.budget_port import Priority
from console.hubspot.errors import Unexpected
from console.hubspot.model import ObjectType, Outcome, Page, Properties, Record, Write
from console.hubspot.objects import LIST_LIMIT, SEARCH_LIMIT, Objects
from console.hubspot.search import search_body

Outcomes = list[Outcome]  # in the class below `list` is a method
Kind = Literal["gateway", "server"]
"""What is on the other side: a Hubspoke gateway, or an identity server."""


class RemoteObjects(Objects):
    """One type of records; `kind` tells what is on the other side, which is found out when it is first needed."""

    def __init__(
        self,
        client: RemoteClient,
        object_type: ObjectType,
        kind: Callable[[], Awaitable[Kind]],
        priority: Priority = "bulk",
        cookies: OrderedDict[str, str] | None = None,
    ) -> None:
        super().__init__(client, object_type, priority)
        self._remote = client
        self._kind = kind
        self._cookies: OrderedDict[str, str] = OrderedDict() if cookies is None else cookies

    def at(self, priority: Priority) -> RemoteObjects:
        """The same objects, asked with another priority."""
        return RemoteObjects(self._remote, self.object_type, self._kind, priority, self._cookies)

    async def _far(self) -> Batches | Singles:
        if await self._kind() == "gateway":
            return Batches(self._remote, self.object_type, self._priority)
        return Singles(self._remote, self.object_type, self._priority, self._cookies)

    async def list(
        self, after: str | None = None, limit: int = LIST_LIMIT, properties: Sequence[str] = (), archived: bool = False
    ) -> Page:
        """One page by ascending id."""
        question: dict[str, Any] = {"limit": limit, "fields": list(properties), "archived": archived}
        if after is not None:
            question["after"] = after
        return await (await self._far()).page("list", question)

    async def search(
        self,
        filter_groups: Sequence[dict[str, Any]] = (),
        *,
        query: str | None = None,
        sorts: Sequence[dict[str, str]] | None = None,
        properties: Sequence[str] = (),
        limit: int = SEARCH_LIMIT,
        after: str | None = None,
    ) -> Page:
        """One page of a search."""
        body = search_body(filter_groups, query=query, sorts=sorts, properties=properties, limit=limit, after=after)
        body["fields"] = body.pop("properties", [])
        return await (await self._far()).page("search", body)

    async def read(
        self, uid: str, properties: Sequence[str] = (), id_property: str | None = None, archived: bool = False
    ) -> Record:
        """One record. Raises NotFound."""
        return _record(await self.batch_read([uid], properties=properties, id_property=id_property, archived=archived))

    async def create(self, properties: Properties) -> Record:
        """A new record. Raises Conflict, OutcomeUnknown."""
        return _record(await self.batch_create([Write(properties=properties)]))

    async def update(self, uid: str, properties: Properties, id_property: str | None = None) -> Record:
        """Set properties of one record; None clears."""
        if id_property is not None:
            uid = (await self.read(uid, [id_property], id_property)).id
        return _record(await self.batch_update([Write(id=uid, properties=properties)]))

    async def archive(self, uid: str) -> None:
        """Move one record to the recycle bin."""
        (outcome,) = await self.batch_archive([uid])
        if outcome.error is not None:
            raise outcome.error

    async def batch_read(
        self,
        keys: Sequence[str],
        *,
        properties: Sequence[str] = (),
        id_property: str | None = None,
        archived: bool = False,
    ) -> Outcomes:
        """Records by id or by a unique property; a missing one is NotFound."""
        _within(keys)
        return await (await self._far()).read(keys, properties, id_property, archived=archived)

    async def batch_create(self, writes: Sequence[Write]) -> Outcomes:
        """New records."""
        _within(writes)
        return await (await self._far()).write("create", writes)

    async def batch_update(self, writes: Sequence[Write]) -> Outcomes:
        """Set properties of records by id; None clears."""
        _within(writes)
        return await (await self._far()).write("update", writes)

    async def batch_upsert(self, writes: Sequence[Write], id_property: str) -> Outcomes:
        """Update by the value of a unique property, create where there is none."""
        _within(writes)
        return await (await self._far()).write("upsert", writes, id_property)

    async def batch_archive(self, ids: Sequence[str]) -> Outcomes:
        """Move records to the recycle bin."""
        _within(ids)
        return await (await self._far()).archive(ids)


def _within(inputs: Sequence[Any]) -> None:
    if len(inputs) > BATCH_LIMIT:
        raise ValueError(f"a batch takes {BATCH_LIMIT} inputs, not {len(inputs)}")


def _record(outcomes: Sequence[Outcome]) -> Record:
    (outcome,) = outcomes
    if outcome.error is not None:
        raise outcome.error
    if outcome.record is None:
        raise Unexpected("The other side answered without the record.")
    return outcome.record
