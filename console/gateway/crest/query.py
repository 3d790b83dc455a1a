"""Queries over a class: by filter or query-all-ids, page by page or as a stream in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse

from console.connector.errors import IcfError
from console.gateway.crest.answers import HEADERS, answer, listed, shaped
from console.gateway.crest.asked import MAX_PAGE
from console.gateway.crest.objects import reduced
from console.gateway.crest.refused import bad, of_icf

if TYPE_CHECKING:
    from console.connector.connector_object import ConnectorObject, ObjectPage
    from console.connector.operations import Operations
    from console.gateway.crest.asked import Asked

ALL_IDS = "query-all-ids"
_SKIP = 200
"""Objects that are read at once where some are to be passed over."""
_POLICIES = ("NONE", "ESTIMATE", "EXACT")
_NO_TOTAL = {"totalPagedResultsPolicy": "NONE", "totalPagedResults": -1, "remainingPagedResults": -1}


async def query(operations: Operations, asked: Asked, cls: str) -> Response:
    """The answer to a query."""
    question = _Question(operations, asked, cls)
    try:
        if question.size:
            return await question.page()
        return await question.stream()
    except IcfError as error:
        raise of_icf(error, "SEARCH", cls) from None


class _Question:
    def __init__(self, operations: Operations, asked: Asked, cls: str) -> None:
        self._operations = operations
        self._asked = asked
        self._cls = cls
        self._filter = _filter(asked)
        self._ids = asked.parameters.get("_queryId") is not None
        self._policy = asked.parameters.get("_totalPagedResultsPolicy", "NONE").upper()
        if self._policy not in _POLICIES:
            raise bad("_totalPagedResultsPolicy is NONE, ESTIMATE or EXACT")
        self.size = min(asked.number("_pageSize"), MAX_PAGE)
        self._offset = asked.number("_pagedResultsOffset")
        self._cookie = asked.parameters.get("_pagedResultsCookie") or None
        if not self.size and (self._offset or self._cookie):
            raise bad("_pagedResultsCookie and _pagedResultsOffset need a _pageSize greater than 0")
        if self._offset and self._cookie:
            raise bad("_pagedResultsCookie and _pagedResultsOffset are mutually exclusive")

    async def page(self) -> Response:
        """One page with the cookie of the next."""
        cookie = self._cookie
        left = self._offset
        while left:
            skipped = await self._page(min(left, _SKIP), cookie)
            left, cookie = left - len(skipped.objects), skipped.cookie
            if cookie is None:
                return answer({"result": [], "resultCount": 0, **self._end(None, None)}, pretty=self._asked.pretty)
        page = await self._page(self.size, cookie)
        shapes = [self._shape(one) for one in page.objects]
        body = {"result": shapes, "resultCount": len(shapes), **self._end(page.cookie, page.total)}
        return answer(body, pretty=self._asked.pretty)

    async def stream(self) -> Response:
        """Everything, as it comes. What goes wrong with the first object is an error of its own; later it ends the body."""
        found = self._operations.search(
            self._cls,
            self._filter,
            attributes=self._attributes,
            sort=self._asked.sort_keys,
            text=self._asked.parameters.get("_text", ""),
        )
        try:
            first = await anext(found, None)
        except BaseException:
            await found.aclose()  # type: ignore[attr-defined] # an async generator, told as an iterator
            raise
        pieces = listed(*self._written(first, found), pretty=self._asked.pretty)
        return StreamingResponse(pieces, 200, HEADERS, "application/json")

    def _written(
        self, first: ConnectorObject | None, rest: AsyncIterator[ConnectorObject]
    ) -> tuple[AsyncIterator[dict[str, Any]], AsyncIterator[dict[str, Any]]]:
        failed: list[dict[str, Any]] = []

        async def objects() -> AsyncGenerator[dict[str, Any]]:
            async with aclosing(rest):  # type: ignore[type-var]
                if first is None:
                    return
                yield self._shape(first)
                try:
                    async for one in rest:
                        yield self._shape(one)
                except IcfError as error:
                    failed.append(of_icf(error, "SEARCH", self._cls).body)

        async def ending() -> AsyncGenerator[dict[str, Any]]:
            yield {**self._end(None, None), **({"error": failed[0]} if failed else {})}

        return objects(), ending()

    async def _page(self, size: int, cookie: str | None) -> ObjectPage:
        return await self._operations.page(
            self._cls,
            self._filter,
            attributes=self._attributes,
            sort=self._asked.sort_keys,
            size=size,
            cookie=cookie,
            text=self._asked.parameters.get("_text", ""),
        )

    @property
    def _attributes(self) -> tuple[str, ...]:
        return ("__NAME__",) if self._ids else self._asked.attributes

    def _shape(self, found: ConnectorObject) -> dict[str, Any]:
        if self._ids:
            return {"_id": found.uid}
        shape = shaped(found, notes=self._asked.flag("_notes"), classed=self._cls == "__ALL__")
        return reduced(shape, self._asked.fields)

    def _end(self, cookie: str | None, total: int | None) -> dict[str, Any]:
        """What follows the list. A total is told to whoever asks for one, where HubSpot counts."""
        if self._policy == "NONE" or total is None:
            return {"pagedResultsCookie": cookie, **_NO_TOTAL}
        told = {"totalPagedResultsPolicy": "EXACT", "totalPagedResults": total, "remainingPagedResults": -1}
        return {"pagedResultsCookie": cookie, **told}


def _filter(asked: Asked) -> str:
    given = [name for name in ("_queryFilter", "_queryId", "_queryExpression") if name in asked.parameters]
    if len(given) != 1:
        raise bad("A query has exactly one of the parameters _queryId, _queryExpression and _queryFilter")
    if given == ["_queryExpression"]:
        raise bad("The _queryExpression parameter is not supported; use _queryFilter")
    if given == ["_queryId"]:
        if asked.parameters["_queryId"] != ALL_IDS:
            raise bad(f"The only _queryId of a system object is {ALL_IDS}")
        return "true"
    found = asked.parameters["_queryFilter"]
    if not found.strip():
        raise bad("The _queryFilter is empty; true means every object")
    return found
