"""Records: single ones, listings, batches and searches. Facts: sections 3 to 5."""

from __future__ import annotations

from starlette.routing import BaseRoute

from console.simulator import batches, search
from console.simulator.gate import Call, Handler, Reply
from console.simulator.parameters import NewRecord, flag, listing, names
from console.simulator.portal import Portal
from console.simulator.routing import Table, objects_of, objects_scope, prefixes


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of records."""
    table = Table(portal)
    read_scope, write_scope = objects_scope("read"), objects_scope("write")
    for prefix in prefixes("objects"):
        objects = prefix + "/{type}"
        table.add(objects + "/search", "POST", find, read_scope, "search")
        for name, handler, right in BATCHES:
            table.add(f"{objects}/batch/{name}", "POST", handler, objects_scope(right))
        table.add(objects, "GET", list_, read_scope)
        table.add(objects, "POST", create, write_scope)
        table.add(objects + "/{id}", "GET", read, read_scope)
        table.add(objects + "/{id}", "PATCH", update, write_scope)
        table.add(objects + "/{id}", "DELETE", archive, write_scope)
    return table.routes


async def list_(call: Call) -> Reply:
    """GET /{type}."""
    objects, query = objects_of(call), listing(call.request, call.portal.switches.list_over_limit)
    page, after = objects.page(query.after, query.limit, archived=query.archived)
    shown = objects.shown(query.properties + query.history)
    associated = names(call.request, "associations")
    results = [objects.as_json(record, shown, associated) for record in page]
    if query.history:
        for body, record in zip(results, page, strict=True):
            body["propertiesWithHistory"] = objects.history(record, query.history)
    answer: dict[str, object] = {"results": results}
    if after is not None:
        link = f"https://api.hubapi.com/crm/v3/objects/{objects.type}?limit={query.limit}&after={after}"
        answer["paging"] = {"next": {"after": after, "link": link}}
    return Reply(200, answer)


async def read(call: Call) -> Reply:
    """GET /{type}/{id}."""
    objects, query = objects_of(call), call.request.query_params
    record = objects.get(call.path("id"), query.get("idProperty"), archived=flag(call.request, "archived"))
    history = names(call.request, "propertiesWithHistory")
    shown = objects.shown(names(call.request, "properties") + history)
    body = objects.as_json(record, shown, names(call.request, "associations"))
    if history:
        body["propertiesWithHistory"] = objects.history(record, history)
    return Reply(200, body)


async def create(call: Call) -> Reply:
    """POST /{type}."""
    objects, new = objects_of(call), await call.json(NewRecord)
    draft = objects.check_create(new.properties, new.associations)
    if (clash := objects.clash(draft)) is not None:
        raise objects.clashed(clash)
    return Reply(201, objects.as_created(objects.store(draft, new.trace)))


async def update(call: Call) -> Reply:
    """PATCH /{type}/{id}."""
    objects, changed = objects_of(call), await call.json(NewRecord)
    record = objects.get(call.path("id"), call.request.query_params.get("idProperty"))
    draft = objects.check_update(record, changed.properties)
    if (clash := objects.clash(draft)) is not None:
        raise objects.clashed(clash)
    return Reply(200, objects.as_updated(objects.store(draft, changed.trace), draft.sent))


async def archive(call: Call) -> Reply:
    """DELETE /{type}/{id}: 204, unknown ids too unless a switch says otherwise."""
    objects_of(call).delete(call.path("id"))
    return Reply(204)


async def batch_read(call: Call) -> Reply:
    """POST /{type}/batch/read."""
    body = await call.json(batches.Body)
    return Reply(*batches.Batches(objects_of(call)).read(body, archived=flag(call.request, "archived")))


async def batch_create(call: Call) -> Reply:
    """POST /{type}/batch/create."""
    return Reply(*batches.Batches(objects_of(call)).create(await call.json(batches.Body)))


async def batch_update(call: Call) -> Reply:
    """POST /{type}/batch/update."""
    return Reply(*batches.Batches(objects_of(call)).update(await call.json(batches.Body)))


async def batch_upsert(call: Call) -> Reply:
    """POST /{type}/batch/upsert."""
    return Reply(*batches.Batches(objects_of(call)).upsert(await call.json(batches.Body)))


async def batch_archive(call: Call) -> Reply:
    """POST /{type}/batch/archive."""
    batches.Batches(objects_of(call)).archive(await call.json(batches.Body))
    return Reply(204)


async def find(call: Call) -> Reply:
    """POST /{type}/search."""
    objects = objects_of(call)
    return Reply(200, await search.search(objects, search.parse(await call.body(media="json"))))


BATCHES: tuple[tuple[str, Handler, str], ...] = (
    ("read", batch_read, "read"),
    ("create", batch_create, "write"),
    ("update", batch_update, "write"),
    ("upsert", batch_upsert, "write"),
    ("archive", batch_archive, "write"),
)
