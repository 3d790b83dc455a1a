"""Records of one type, one at a time or a page at a time; batches come with `Batches`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.hubspot.batch import Batches, cleared
from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.errors import HubSpotError, OutcomeUnknown, Unexpected
from console.hubspot.model import ObjectType, Page, Properties, Record
from console.hubspot.paths import object_path
from console.hubspot.search import search_body
from console.hubspot.wire import WirePage, single

LIST_LIMIT = 100
SEARCH_LIMIT = 200


class Objects(Batches):
    """Contacts or companies. Every method raises `HubSpotError` subclasses; batches return them per input."""

    def __init__(self, client: Client, object_type: ObjectType, priority: Priority = "bulk") -> None:
        super().__init__(client, object_type, priority)

    def at(self, priority: Priority) -> Objects:
        """The same objects, asked with another priority."""
        return Objects(self._client, self.object_type, priority)

    async def list(
        self, after: str | None = None, limit: int = LIST_LIMIT, properties: Sequence[str] = (), archived: bool = False
    ) -> Page:
        """One page by ascending id from HubSpot's primary store (not lagging); at most 100 records."""
        params: dict[str, str | int | Sequence[str]] = {"limit": limit, "archived": "true" if archived else "false"}
        if after is not None:
            params["after"] = after
        if properties:
            params["properties"] = properties
        answer = await self._client.request("GET", self._path(), params=params, priority=self._priority, safe=True)
        return answer.decode(WirePage).page()

    async def read(
        self, uid: str, properties: Sequence[str] = (), id_property: str | None = None, archived: bool = False
    ) -> Record:
        """One record, by its id or by the value of a unique property.

        Raises:
            NotFound: there is none.
        """
        params = self._by(id_property)
        if properties:
            params["properties"] = properties
        if archived:
            params["archived"] = "true"
        answer = await self._client.request(
            "GET",
            self._path(uid),
            params=params,
            priority=self._priority,
            safe=True,
            shown=self._shown(uid, id_property),
        )
        return single(answer).record()

    async def create(self, properties: Properties) -> Record:
        """A new record. Never sent twice.

        Raises:
            Conflict: another record has a unique value of it.
            OutcomeUnknown: it may exist now.
        """
        body = {"properties": {name: value for name, value in properties.items() if value is not None}}
        answer = await self._client.request("POST", self._path(), json=body, priority=self._priority, safe=False)
        try:
            return single(answer).record()
        except Unexpected as error:
            unreadable: HubSpotError = error
        # HubSpot said yes, so the record is there, and nobody can tell which it is
        raise OutcomeUnknown(unreadable.message, status=answer.status, correlation_id=answer.correlation_id)

    async def update(self, uid: str, properties: Properties, id_property: str | None = None) -> Record:
        """Set properties of one record; None clears. The id that comes back may differ after a merge."""
        answer = await self._client.request(
            "PATCH",
            self._path(uid),
            json={"properties": cleared(properties)},
            params=self._by(id_property),
            priority=self._priority,
            safe=True,
            shown=self._shown(uid, id_property),
        )
        return single(answer).record()

    async def archive(self, uid: str) -> None:
        """Move one record to the recycle bin, for 90 days; archiving it again is no error."""
        await self._client.request("DELETE", self._path(uid), priority=self._priority, safe=True)

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
        """One page of HubSpot's search, whose index lags behind writes; at most 200 records, 10,000 in all."""
        body = search_body(filter_groups, query=query, sorts=sorts, properties=properties, limit=limit, after=after)
        answer = await self._client.request(
            "POST", self._path("search"), json=body, kind="search", priority=self._priority, safe=True
        )
        return answer.decode(WirePage).page()

    def _by(self, id_property: str | None) -> dict[str, str | int | Sequence[str]]:
        return {} if id_property is None else {"idProperty": id_property}

    def _shown(self, uid: str, id_property: str | None) -> str | None:
        return (
            None
            if id_property is None and uid.isdigit()
            else object_path(self.object_type, self._client.version) + "/{key}"
        )
