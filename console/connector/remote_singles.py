"""Records through an identity server's own connector: one object a request, and query filters for searches."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from console.connector.filter_nodes import Compare, Filter
from console.connector.remote_batches import record_of
from console.connector.remote_client import CLASSES, RemoteClient
from console.connector.remote_filter import filter_text
from console.hubspot.budget_port import Priority
from console.hubspot.errors import Conflict, HubSpotError, Invalid, NotFound, Unexpected
from console.hubspot.model import ObjectType, Outcome, Page, Properties, Record, Write

AT_ONCE = 4
"""Requests of a batch that are under way at the same time."""
_COOKIES = 1_000


class _Listed(msgspec.Struct, rename="camel"):
    result: list[dict[str, Any]]
    paged_results_cookie: str | None = None


class Singles:
    """One class of an identity server's system."""

    def __init__(
        self, client: RemoteClient, object_type: ObjectType, priority: Priority, cookies: OrderedDict[str, str]
    ) -> None:
        self._client = client
        self._cls = CLASSES[object_type]
        self._priority: Priority = priority
        self._cookies = cookies

    async def page(self, action: str, question: dict[str, Any]) -> Page:
        """A page of a listing or of a search, by a query filter."""
        if question.get("archived"):
            return Page(results=[])
        if question.get("query"):
            raise Invalid("An identity server's connector searches by filter, not by words.", advice="Use a filter.")
        return await (self._list(question) if action == "list" else self._search(question))

    async def _list(self, question: dict[str, Any]) -> Page:
        """By id: HubSpot's mark is the first id of the page, the server's a cookie that is remembered beside it."""
        after = question.get("after")
        known = self._cookies.get(f"{self._cls} {after}") if after is not None else None
        node = "true" if after is None or known is not None else f'_id ge "{int(after)}"'
        found = await self._query(node, question, known)
        if found.paged_results_cookie is None or not found.result:
            return Page(results=[record_of(one) for one in found.result])
        results = sorted((record_of(one) for one in found.result), key=lambda one: int(one.id))
        following = str(int(results[-1].id) + 1)
        self._remember(following, found.paged_results_cookie)
        return Page(results=results, after=following)

    async def _search(self, question: dict[str, Any]) -> Page:
        text = filter_text(question.get("filterGroups") or [])
        start = int(question.get("after") or 0)
        more = {"_pagedResultsOffset": start} if start else {}
        found = await self._query(text, question, None, more)
        full = found.paged_results_cookie is not None
        after = str(start + len(found.result)) if full and found.result else None
        return Page(results=[record_of(one) for one in found.result], after=after)

    async def read(
        self, keys: Sequence[str], fields: Sequence[str], id_property: str | None, *, archived: bool
    ) -> list[Outcome]:
        """Records by id or another key."""
        if archived:
            return [Outcome(error=NotFound("An identity server's connector shows no archived records."))] * len(keys)
        return await _each(keys, lambda key: self._read(key, fields, id_property))

    async def write(self, operation: str, writes: Sequence[Write], id_property: str | None = None) -> list[Outcome]:
        """Creates, updates or upserts."""
        if operation == "create":
            return await _each(writes, self._create)
        if operation == "update":
            return await _each(writes, lambda one: self._update(one.id or "", one.properties))
        return await _each(writes, lambda one: self._upsert(one, id_property or "email"))

    async def archive(self, ids: Sequence[str]) -> list[Outcome]:
        """Records to the recycle bin."""
        return await _each(ids, self._archive)

    async def _read(self, key: str, fields: Sequence[str], id_property: str | None) -> Outcome:
        params = {"_fields": ",".join(fields)} if fields else {}
        if id_property is None:
            return Outcome(record=await self._sent("GET", f"/{quote(key, safe='')}", params=params))
        same: Filter = Compare((id_property,), "eq", key)
        found = await self._query(str(same), {"fields": [*fields, id_property] if fields else [], "limit": 2}, None)
        if not found.result:
            raise NotFound(f"There is no {self._cls} with this {id_property}.")
        if len(found.result) > 1:
            raise Conflict(f"More than one {self._cls} has this {id_property}.")
        return Outcome(record=record_of(found.result[0]))

    async def _create(self, write: Write) -> Outcome:
        body = {name: value for name, value in write.properties.items() if value is not None}
        return Outcome(record=await self._sent("POST", "", json=body, params={"_action": "create"}, safe=False))

    async def _update(self, uid: str, properties: Properties) -> Outcome:
        operations = [
            {"operation": "replace", "field": f"/{name}", "value": value if value is not None else ""}
            for name, value in properties.items()
        ]
        return Outcome(record=await self._sent("PATCH", f"/{quote(uid, safe='')}", json=operations))

    async def _upsert(self, write: Write, id_property: str) -> Outcome:
        try:
            found = (await self._read(write.id or "", [id_property], id_property)).record
        except NotFound:
            made = await self._create(Write(properties={id_property: write.id, **write.properties}))
            return msgspec.structs.replace(made, new=True)
        assert found is not None
        return msgspec.structs.replace(await self._update(found.id, write.properties), new=False)

    async def _archive(self, uid: str) -> Outcome:
        with contextlib.suppress(NotFound):  # archiving again is no error of HubSpot's either
            await self._sent("DELETE", f"/{quote(uid, safe='')}")
        return Outcome()

    async def _sent(
        self, method: str, rest: str, *, json: Any = None, params: dict[str, str] | None = None, safe: bool = True
    ) -> Record:
        answer = await self._client.crest(
            method,
            f"/{self._cls}{rest}",
            json=json,
            params=params,
            priority=self._priority,
            safe=safe,
            shown=f"/{self._cls}/{{id}}" if rest else "",
        )
        return record_of(answer.decode(dict[str, Any]))

    async def _query(
        self, text: str, question: dict[str, Any], cookie: str | None, more: dict[str, Any] | None = None
    ) -> _Listed:
        params: dict[str, Any] = {"_queryFilter": text, "_pageSize": int(question.get("limit") or 100), **(more or {})}
        if question.get("fields"):
            params["_fields"] = ",".join(question["fields"])
        if cookie is not None:
            params["_pagedResultsCookie"] = cookie
        sorts = question.get("sorts") or []
        if sorts:
            params["_sortKeys"] = ",".join(
                f"{'-' if one.get('direction') == 'DESCENDING' else ''}{one['propertyName']}" for one in sorts
            )
        answer = await self._client.crest(
            "GET", f"/{self._cls}", params=params, priority=self._priority, safe=True, shown=f"/{self._cls}/search"
        )
        found = answer.decode(_Listed)
        if b'"error"' in answer.body[-4_000:] and isinstance(answer.json(), dict) and "error" in answer.json():
            raise Unexpected("The identity server broke the list off in the midst.")
        return found

    def _remember(self, mark: str, cookie: str) -> None:
        self._cookies[f"{self._cls} {mark}"] = cookie
        while len(self._cookies) > _COOKIES:
            self._cookies.popitem(last=False)


async def _each(items: Sequence[Any], do: Callable[[Any], Awaitable[Outcome]]) -> list[Outcome]:
    """One outcome per item, some at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(item: Any) -> Outcome:
        async with room:
            try:
                return await do(item)
            except HubSpotError as error:
                return Outcome(error=error)

    return list(await asyncio.gather(*(one(item) for item in items)))
