"""Searching: every record that a query means, one page of them with a cookie, and how many there are."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from console.connector.paging import Step, beyond, read_page
from console.connector.query import Query
from console.connector.search_cookie import seal, unseal
from console.connector.search_order import in_order, offset_of
from console.hubspot.errors import Invalid
from console.hubspot.model import Record
from console.hubspot.objects import SEARCH_LIMIT, Objects
from console.hubspot.search import RESULTS


class SearchPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a search.

    `cookie` gets the next one, in another process too; None on the last. `total` is what HubSpot counts, None where
    it cannot. `note` tells what HubSpot does not do for this search.
    """

    records: list[Record]
    cookie: str | None = None
    total: int | None = None
    note: str = ""


async def steps(
    objects: Objects, query: Query, mark: str | None = None, *, size: int = SEARCH_LIMIT, most: int | None = None
) -> AsyncGenerator[Step, None]:
    """Pages from a mark on, in the query's order, not yet filtered here; `most` is how many records are wanted.

    Raises:
        Invalid: more than HubSpot's 10,000 are wanted in another order than that of the ids.
    """
    if query.by_id or len(query.order) == 1:
        pages = _read(objects, query, mark, size, most)
    else:
        pages = in_order(_read(objects, query, offset_of(mark), size, most), query, mark)
    async with aclosing(pages):
        async for step in pages:
            yield step


async def records(objects: Objects, query: Query, limit: int | None) -> AsyncGenerator[Record, None]:
    """Every record that the query means, as they come. Raises Invalid as `steps` does."""
    if query.nothing:
        return
    given = 0
    size = SEARCH_LIMIT if limit is None or query.residual is not None else min(limit, SEARCH_LIMIT)
    async with aclosing(steps(objects, query, size=size, most=limit)) as pages:
        async for step in pages:
            for record in step.records:
                if not query.keep(record):
                    continue
                yield query.shown(record)
                given += 1
                if given == limit:
                    return


async def one_page(objects: Objects, query: Query, *, account: str, size: int, cookie: str | None) -> SearchPage:
    """The page that a cookie leads to, or the first. It is full unless nothing more is there.

    Raises:
        Invalid: `size` makes no sense; the cookie is none, or another search's; HubSpot gives no more in this order.
    """
    if size < 1:
        raise Invalid("A page holds at least one record.", advice="Give a page size of 1 or more.")
    identity = (*query.identity, account)
    place = unseal(cookie, identity) if cookie else None
    if query.nothing:
        return SearchPage(records=[], total=0, note=query.note)
    total = place.total if place else None
    asked = size + (query.roomy is not None)
    if query.residual is not None or len(query.order) > 1:
        asked = SEARCH_LIMIT
    found: list[Record] = []
    async with aclosing(steps(objects, query, place.mark if place else None, size=asked, most=size)) as pages:
        async for step in pages:
            if place is None and total is None and query.residual is None:
                total = step.total
            for position, (record, mark) in enumerate(zip(step.records, step.marks, strict=True), 1):
                if query.keep(record):
                    found.append(query.shown(record))
                if len(found) == size:
                    last = position == len(step.records) and step.after is None
                    following = None if last else seal(identity, mark, total)
                    return SearchPage(records=found, cookie=following, total=total, note=query.note)
    return SearchPage(records=found, total=total, note=query.note)


async def counted(objects: Objects, query: Query) -> int | None:
    """How many records the query means; None where only reading them all would tell.

    HubSpot counts what it can decide. Where it finds a page or less, that page is filtered and counted here.
    """
    if query.nothing:
        return 0
    if query.residual is None:
        return (await objects.search(query.groups, query=query.words or None, limit=1)).total
    if query.lists:
        return None
    step = await read_page(objects, query)
    return sum(map(query.keep, step.records)) if step.after is None else None


async def _read(
    objects: Objects, query: Query, mark: str | None, size: int, most: int | None
) -> AsyncGenerator[Step, None]:
    seen: set[str] = set()
    while True:
        step = await read_page(objects, query, mark, size)
        if not query.by_id:
            _within_cap(query, step, most)
            step = _once(step, seen)
        yield step
        if step.after is None:
            return
        mark = step.after


def _once(step: Step, seen: set[str]) -> Step:
    """Records that were given before are left out: what changes meanwhile shifts pages by offset."""
    fresh = [(record, mark) for record, mark in zip(step.records, step.marks, strict=True) if record.id not in seen]
    seen.update([record.id for record, _ in fresh])
    return step._replace(records=[record for record, _ in fresh], marks=[mark for _, mark in fresh])


def _within_cap(query: Query, step: Step, most: int | None) -> None:
    if (step.total or 0) > RESULTS and (most is None or most > RESULTS):
        raise beyond(query.order, step.total)
