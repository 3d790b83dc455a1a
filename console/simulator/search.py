"""Search: the lagging index, its limits, its sort and its free text. Facts: section 5."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from heapq import nsmallest
from typing import Any

import msgspec

from console.simulator.filters import Filter, Group, Predicate, compile_filter, key_of
from console.simulator.objects import Objects
from console.simulator.problems import error, invalid
from console.simulator.store import Record

MAX_BODY = 3_000
MAX_GROUPS = 5
MAX_PER_GROUP = 6
MAX_FILTERS = 18
MAX_LIMIT = 200
MAX_RESULTS = 10_000
MAX_QUERY = 3_000
BREATH = 2_000  # records scanned before other requests get a turn
QUERIED = {
    "contacts": (
        "firstname",
        "lastname",
        "email",
        "phone",
        "hs_additional_emails",
        "fax",
        "mobilephone",
        "company",
    ),
    "companies": ("website", "phone", "name", "domain"),
}


class Body(msgspec.Struct, rename="camel"):
    """The body of a search."""

    filter_groups: list[Group] | None = None
    filters: list[Filter] | None = None
    sorts: list[Any] | None = None
    query: str | None = None
    properties: list[str] | None = None
    limit: int | None = None
    after: str | int | None = None


class Order(msgspec.Struct, frozen=True):
    """What the results are sorted by; without a name: oldest first, which is the order of ids."""

    name: str
    descending: bool


def parse(raw: bytes) -> Body:
    """Decode and check a body against HubSpot's limits."""
    if len(raw.decode(errors="replace")) > MAX_BODY:
        raise invalid(f"The search request body is longer than {MAX_BODY} characters")
    try:
        body = msgspec.json.decode(raw or b"{}", type=Body)
    except msgspec.DecodeError as bad:
        raise error(400, f"Invalid input JSON on line 1, column 1: {bad}") from None
    groups = body.filter_groups or []
    if len(groups) > MAX_GROUPS:
        raise invalid(f"Too many filter groups: {len(groups)}, at most {MAX_GROUPS} are allowed")
    if any(len(group.filters) > MAX_PER_GROUP for group in groups):
        raise invalid(f"Too many filters in one filter group, at most {MAX_PER_GROUP} are allowed")
    if sum(len(group.filters) for group in groups) > MAX_FILTERS:
        raise invalid(f"Too many filters, at most {MAX_FILTERS} are allowed in total")
    if body.limit is not None and not 0 <= body.limit <= MAX_LIMIT:
        raise invalid(f"limit must be between 0 and {MAX_LIMIT}")
    if body.sorts and len(body.sorts) > 1:
        raise invalid("Only one sort is supported")
    if body.query and len(body.query) > MAX_QUERY:
        raise invalid(f"query is longer than {MAX_QUERY} characters")
    return body


async def search(objects: Objects, body: Body) -> dict[str, Any]:
    """Total, one page and where the next one begins."""
    limit = 10 if body.limit is None else body.limit
    offset = _offset(body.after)
    if beyond := offset + limit > MAX_RESULTS:
        _refuse_beyond(objects, offset, limit)
    order = _order(objects, body.sorts)
    predicate = _predicate(objects, body)
    total, page = await _page(objects, predicate, order, offset, limit, _start(objects, body))
    if beyond:
        return {"total": total, "results": []}
    names = objects.shown(body.properties or ())
    answer: dict[str, Any] = {"total": total, "results": [objects.as_json(record, names) for record in page]}
    if page and offset + len(page) < total:
        answer["paging"] = {"next": {"after": str(offset + len(page))}}
    return answer


def _refuse_beyond(objects: Objects, offset: int, limit: int) -> None:
    """400 past the cap, unless the switch says that such a page is empty."""
    text = f"The search cannot page beyond {MAX_RESULTS} results: after is {offset} and limit is {limit}"
    manner = objects.portal.switches.search_beyond_cap
    if manner != "empty":
        raise invalid(text) if manner == "validation" else error(400, text)


async def _page(
    objects: Objects, predicate: Predicate | None, order: Order | None, offset: int, limit: int, start: int
) -> tuple[int, list[Record]]:
    table, now = objects.table, objects.portal.clock.now()
    if predicate is None and order is None and table.settled(now) and not table.archived_count:
        ids = table.ids[offset : offset + limit]
        return len(table.ids), [table.records[id_] for id_ in ids]
    found = [record async for record in _matching(objects, predicate, start)]
    if order is None:
        return len(found), found[offset : offset + limit]
    ordered = _sorted(objects, found, order, offset + limit)
    return len(found), ordered[offset : offset + limit]


async def _matching(objects: Objects, predicate: Predicate | None, start: int) -> AsyncIterator[Record]:
    breath = BREATH
    for record in objects.table.indexed(objects.portal.clock.now(), start):
        if predicate is None or predicate(record):
            yield record
        breath -= 1
        if not breath:
            breath = BREATH
            await asyncio.sleep(0)


def _sorted(objects: Objects, found: list[Record], order: Order, count: int) -> list[Record]:
    """The first `count` in order; records without a value come last, ties by id."""
    if order.name == "hs_object_id":
        return found[::-1] if order.descending else found
    key = key_of(objects, objects.definitions[order.name])
    keyed = [(k, record) for record in found if (k := key(record)) is not None]
    without = [record for record in found if key(record) is None]
    if order.descending:
        keyed.sort(key=lambda pair: pair[0], reverse=True)
        first = [record for _, record in keyed[:count]]
    else:
        first = [record for _, record in nsmallest(count, keyed, key=lambda pair: (pair[0], pair[1].id))]
    return first + without[: max(0, count - len(first))]


def _predicate(objects: Objects, body: Body) -> Predicate | None:
    groups = [group.filters for group in body.filter_groups or []]
    if body.filters and not groups:
        groups = [body.filters]
    alternatives = [_all([compile_filter(objects, condition) for condition in group]) for group in groups if group]
    text = _query(objects, body.query)
    chosen = _any(alternatives) if alternatives else None
    if chosen is None or text is None:
        return chosen or text
    return _all([chosen, text])


def _all(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda record: all(predicate(record) for predicate in predicates)


def _any(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda record: any(predicate(record) for predicate in predicates)


def _query(objects: Objects, query: str | None) -> Predicate | None:
    """Every word must begin a word of the searched properties."""
    words = _plain(query or "").split()
    if not words:
        return None
    fields = QUERIED[objects.type]
    begins = [f" {word}" for word in words]

    def matches(record: Record) -> bool:
        values = record.values
        hay = " ".join([values[name] for name in fields if name in values]).lower()
        if not all(word in hay for word in words):  # quick, and nearly always the answer
            return False
        tokens = " " + _plain(hay)
        return all(word in tokens for word in begins)

    return matches


_SPLIT = str.maketrans(dict.fromkeys("@.-_/()", " "))


def _plain(text: str) -> str:
    return text.lower().translate(_SPLIT)


def _start(objects: Objects, body: Body) -> int:
    """Keyset paging: where a single group asks for ids above one, the scan begins there."""
    groups = body.filter_groups or []
    if len(groups) != 1:
        return 0
    for condition in groups[0].filters:
        if condition.property_name == "hs_object_id" and condition.operator in ("GT", "GTE"):
            text = str(condition.value)
            return objects.table.position(int(text)) if text.isascii() and text.isdigit() else 0
    return 0


def _offset(after: str | int | None) -> int:
    if after is None or after == "":
        return 0
    text = str(after)
    if not (text.isascii() and text.isdigit()):
        raise invalid(f"Invalid after: {text}")
    return int(text)


def _order(objects: Objects, sorts: list[Any] | None) -> Order | None:
    if not sorts:
        return None
    sort = sorts[0]
    if isinstance(sort, str):
        order = Order(sort.removeprefix("-"), sort.startswith("-"))
    elif isinstance(sort, dict):
        order = Order(str(sort.get("propertyName", "")), sort.get("direction") == "DESCENDING")
    else:
        raise invalid("A sort is a property name or an object")
    if order.name not in objects.definitions:
        raise invalid(f"Unknown property '{order.name}' in a sort")
    return order
