"""Pages of a query: by list, by offset, and by record id past HubSpot's 10,000."""

from __future__ import annotations

from collections.abc import Sequence

from console.connector.query import Query
from console.hubspot.batch import BATCH_LIMIT
from console.hubspot.errors import NotFound, Unexpected
from console.hubspot.model import Page, Record
from console.hubspot.objects import LIST_LIMIT, SEARCH_LIMIT, Objects
from console.hubspot.search import RESULTS


async def list_page(objects: Objects, query: Query, after: str | None, limit: int = LIST_LIMIT) -> Page:
    """One page of the list endpoint, with all values however many properties are wanted."""
    limit = min(limit, LIST_LIMIT)
    if query.fits_list():
        return await objects.list(after=after, limit=limit, properties=query.wanted)
    page = await objects.list(after=after, limit=limit)
    return Page(results=await with_values(objects, page.results, query.wanted), after=page.after, total=page.total)


async def search_page(objects: Objects, query: Query, after: str | None = None, limit: int = SEARCH_LIMIT) -> Page:
    """One page of the search. In the order of ids `after` is the last id seen, in any other an offset.

    By id every page asks for the ids above the last one: nothing is capped, and changes meanwhile shift nothing.
    """
    by_id = query.sort is None
    fits = query.fits_search()
    page = await objects.search(
        query.groups_after(after if by_id else None),
        query=query.words or None,
        sorts=query.sorts,
        properties=query.wanted if fits else (),
        limit=min(limit, SEARCH_LIMIT),
        after=None if by_id else after,
    )
    following = page.after
    if by_id and page.results:
        if after is not None and int(page.results[0].id) <= int(after):
            raise Unexpected("HubSpot's search gave records again that it gave before.")
        following = page.results[-1].id if page.after is not None else None
    elif following is not None and int(following) >= RESULTS:
        following = None
    records = page.results if fits else await with_values(objects, page.results, query.wanted)
    return Page(results=records, after=following, total=page.total)


async def with_values(objects: Objects, records: Sequence[Record], properties: Sequence[str]) -> list[Record]:
    """The same records with their present values; those that went away meanwhile are left out."""
    found: list[Record] = []
    for start in range(0, len(records), BATCH_LIMIT):
        ids = [record.id for record in records[start : start + BATCH_LIMIT]]
        for outcome in await objects.batch_read(ids, properties=properties):
            if outcome.record is not None:
                found.append(outcome.record)
            elif outcome.error is not None and not isinstance(outcome.error, NotFound):
                raise outcome.error
    return found
