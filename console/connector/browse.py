"""Live pages of contacts and companies, for a table that asks as one scrolls and for search as one types."""

from __future__ import annotations

import asyncio

import msgspec

from console.connector.connector import Connector
from console.connector.paging import Step, read_page
from console.connector.query import Query
from console.connector.search import counted
from console.hubspot.model import Record
from console.hubspot.search import RESULTS

SEARCH_SECONDS = 0.5
"""The least time between two searches: HubSpot allows 5 a second to all apps of the account together."""
_PAGES_AT_ONCE = 5
USUAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "contact": ("email", "firstname", "lastname", "company", "jobtitle", "city", "lastmodifieddate"),
    "company": ("name", "domain", "city", "industry", "country", "numberofemployees", "hs_lastmodifieddate"),
}
"""What is shown of a class until somebody chooses."""


class BrowsePage(msgspec.Struct, frozen=True, kw_only=True):
    """One page; `after` gets the next one. `residual` tells what HubSpot does not do for this question."""

    records: list[Record]
    after: str | None = None
    total: int | None = None
    residual: str = ""


class Browse:
    """Pages of records, asked ahead of bulk work."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector.at("interactive")
        self._turn = asyncio.Lock()
        self._next = 0.0
        self._unwatched: set[asyncio.Task[Step]] = set()

    async def page(
        self,
        cls: str,
        *,
        filter: str = "",  # noqa: A002 - the word of the contract and of the command line
        text: str = "",
        sort: str = "",
        after: str | None = None,
        properties: tuple[str, ...] = (),
        limit: int = 100,
    ) -> BrowsePage:
        """One page of at least one record, unless there are no more; a filter that is run here may leave it short.

        Cancelling it while it waits for its turn costs nothing; a search that was sent already is not called back.

        Raises:
            FilterError, Invalid: the filter, a property, the words.
            HubSpotError: HubSpot did not answer.
        """
        query = await self._connector.query(cls, filter, text=text, sort=sort, properties=properties)
        if query.nothing:
            return BrowsePage(records=[], total=0)
        found: list[Record] = []
        total: int | None = None
        for _ in range(_PAGES_AT_ONCE):
            page = await self._one(cls, query, after, limit)
            total = page.total if total is None else total
            after = page.after
            if after is not None and not query.by_id and int(after) >= RESULTS:
                after = None  # HubSpot gives no more in this order; the note says so
            found += [query.shown(record) for record in page.records if query.keep(record)]
            if after is None or (found and (query.residual is None or len(found) * 2 >= limit)):
                break
        return BrowsePage(
            records=found,
            after=after,
            total=None if query.residual is not None else total,
            residual=_note(query, total),
        )

    async def total(self, cls: str, *, filter: str = "", text: str = "") -> int | None:  # noqa: A002 - as above
        """How many records are meant, as HubSpot counts; None where only reading them would tell. Raises as `page`."""
        query = await self._connector.query(cls, filter, text=text)
        if query.residual is None and not query.nothing:
            await self._wait()
        return None if query.residual is not None else await counted(self._connector.objects(cls), query)

    async def _wait(self) -> None:
        """Take the next turn of a search."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            await asyncio.sleep(self._next - loop.time())
            self._next = loop.time() + SEARCH_SECONDS

    async def _one(self, cls: str, query: Query, after: str | None, limit: int) -> Step:
        objects = self._connector.objects(cls)
        if query.lists:
            return await read_page(objects, query, after, limit)
        await self._wait()
        # The answer of a search that nobody waits for any more tells when its slot is free again; calling the
        # request back would leave that open, and the slot taken for long.
        task = asyncio.create_task(read_page(objects, query, after, limit), name="search")
        self._unwatched.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Step]) -> None:
        self._unwatched.discard(task)
        if not task.cancelled():
            task.exception()

    async def aclose(self) -> None:
        """Call back what nobody waits for."""
        for task in tuple(self._unwatched):
            task.cancel()
        await asyncio.gather(*self._unwatched, return_exceptions=True)


def _note(query: Query, total: int | None) -> str:
    if not query.by_id and (total or 0) > RESULTS:
        first = f"HubSpot gives the first {RESULTS:,} of {total:,} in this order"
        return f"{first}; {query.note}" if query.note else first
    return query.note
