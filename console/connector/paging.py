"""Pages of a query: by list, by record id past HubSpot's 10,000, and by offset in any other order.

Every record comes with a mark: the place from which the reading can go on right after it, also in another process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from console.connector.query import Query, SortKey
from console.hubspot.batch import BATCH_LIMIT
from console.hubspot.errors import Invalid, NotFound, Unexpected
from console.hubspot.model import Page, Record
from console.hubspot.objects import LIST_LIMIT, SEARCH_LIMIT, Objects
from console.hubspot.search import RESULTS


class Step(NamedTuple):
    """One page, not yet filtered here; `after` is the mark of the next one, None on the last."""

    records: list[Record]
    marks: list[str]
    after: str | None = None
    total: int | None = None


async def read_page(objects: Objects, query: Query, after: str | None = None, limit: int = SEARCH_LIMIT) -> Step:
    """The page from a mark on; at most 100 records of a listing and 200 of a search."""
    if query.lists:
        return await _list(objects, query, after, min(limit, LIST_LIMIT))
    limit = min(limit, SEARCH_LIMIT)
    if not query.by_id:
        return await _by_offset(objects, query, int(after or 0), limit)
    if query.roomy is None:
        return await _by_id(objects, query, after, limit)
    if after is not None and ":" not in after:
        return await _by_id(objects, query.roomy, after, limit)
    return await _without_room(objects, query, query.roomy, after, limit)


async def _list(objects: Objects, query: Query, after: str | None, limit: int) -> Step:
    """The list endpoint, with all values however many properties are wanted."""
    fits = query.fits_list()
    page = await objects.list(after=after, limit=limit, properties=query.wanted if fits else ())
    if page.after is not None and after is not None and int(page.after) <= int(after):
        raise Unexpected("HubSpot's listing began again at records that it gave before.")
    marks = [str(int(record.id) + 1) for record in page.results]
    return await _step(objects, query, page, marks, page.after, read=not fits)


async def _by_id(objects: Objects, query: Query, last: str | None, limit: int) -> Step:
    """The ids beyond the last one: nothing is capped, and changes meanwhile shift nothing."""
    fits = query.fits_search()
    page = await _search(objects, query, query.groups_after(last), None, limit, fits=fits)
    marks = [record.id for record in page.results]
    if last is not None and marks and not _beyond(query, marks[0], last):
        raise Unexpected("HubSpot's search gave records again that it gave before.")
    return await _step(
        objects, query, page, marks, marks[-1] if marks and page.after is not None else None, read=not fits
    )


async def _by_offset(objects: Objects, query: Query, start: int, limit: int) -> Step:
    """In the order of a property; HubSpot gives the first 10,000.

    Raises:
        Invalid: these were given.
    """
    if start >= RESULTS:
        raise beyond(query.order)
    fits = query.fits_search()
    limit = min(limit, RESULTS - start)
    page = await _search(objects, query, query.groups, str(start) if start else None, limit, fits=fits)
    marks = [str(start + number) for number in range(1, len(page.results) + 1)]
    return await _step(objects, query, page, marks, page.after, read=not fits)


async def _without_room(objects: Objects, query: Query, roomy: Query, after: str | None, limit: int) -> Step:
    """By id where no group has room for one condition more: by offset, each page beginning with the last record seen.

    If that record is not there, others before it went away: the page before is asked for. Past 10,000 the query that
    has room goes on after the last id.
    """
    last, _, offset = (after or ":0").partition(":")
    if int(offset) >= RESULTS:
        return await _by_id(objects, roomy, last or None, limit)
    back = 1 if last else 0
    fits = query.fits_search()
    while True:
        start = max(0, int(offset) - back)
        size = min(max(limit, 2), RESULTS - start)
        page = await _search(objects, query, query.groups, str(start) if start else None, size, fits=fits)
        if (page.total or 0) > RESULTS:
            return await _by_id(objects, roomy, last or None, limit)
        numbered = list(enumerate(page.results, start + 1))
        fresh = [(number, record) for number, record in numbered if not last or _beyond(query, record.id, last)]
        if not start or fresh[:1] != numbered[:1]:
            break
        back *= 10
    marks = [f"{record.id}:{number}" for number, record in fresh]
    following = None
    if page.after is not None:
        following = marks[-1] if marks else f"{last}:{start + len(page.results)}"
    found = Page(results=[record for _, record in fresh], after=following, total=page.total)
    return await _step(objects, query, found, marks, following, read=not fits)


def beyond(order: Sequence[SortKey], total: int | None = None) -> Invalid:
    """Why HubSpot gives no more in this order."""
    many = "records" if total is None else f"{total:,} records"
    return Invalid(
        f"HubSpot gives at most {RESULTS:,} of these {many} in the order of {order[0][0]}.",
        advice="Leave the order out to get them all by record id, or narrow the filter.",
    )


def _beyond(query: Query, one: str, last: str) -> bool:
    """Whether an id comes after the last one, in the query's order of ids."""
    return int(one) < int(last) if query.order else int(one) > int(last)


async def _search(
    objects: Objects, query: Query, groups: list[dict[str, Any]], after: str | None, limit: int, *, fits: bool
) -> Page:
    return await objects.search(
        groups,
        query=query.words or None,
        sorts=query.sorts,
        properties=query.wanted if fits else (),
        limit=limit,
        after=after,
    )


async def _step(objects: Objects, query: Query, page: Page, marks: list[str], after: str | None, *, read: bool) -> Step:
    """The page with its values, which are read by id where their names did not fit into the question."""
    if not read:
        return Step(page.results, marks, after, page.total)
    values = await with_values(objects, [record.id for record in page.results], query.wanted)
    pairs = zip(values, marks, strict=True)
    kept = [(record, mark) for record, mark in pairs if record is not None]
    return Step([record for record, _ in kept], [mark for _, mark in kept], after, page.total)


async def with_values(objects: Objects, ids: Sequence[str], properties: Sequence[str]) -> list[Record | None]:
    """These records with their present values, in this order; None for one that went away meanwhile."""
    found: list[Record | None] = []
    for start in range(0, len(ids), BATCH_LIMIT):
        for outcome in await objects.batch_read(ids[start : start + BATCH_LIMIT], properties=properties):
            if outcome.error is not None and not isinstance(outcome.error, NotFound):
                raise outcome.error
            found.append(outcome.record)
    return found
