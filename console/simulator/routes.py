"""HubSpot's paths, in their v3, 2026-03 and 2026-09 forms, and their handlers."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from console.simulator import account, batches, schema, search
from console.simulator.clock import iso
from console.simulator.gate import Call, Gate, Handler, Reply
from console.simulator.limits import Kind
from console.simulator.objects import Objects
from console.simulator.parameters import NewRecord, flag, listing, names
from console.simulator.portal import Portal
from console.simulator.problems import bad_json
from console.simulator.schema import ALIASES, NewProperty

DATED = ("2026-03", "2026-09")
Scopes = Callable[[Request], tuple[str, ...]]


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of the API."""
    table: list[BaseRoute] = []

    def add(path: str, method: str, handler: Handler, kind: Kind = "burst", scopes: Scopes | None = None) -> None:
        table.append(Route(path, Gate(portal, handler, kind, scopes), methods=[method], name=handler.__name__))

    for prefix in ("/crm/v3/objects", *(f"/crm/objects/{version}" for version in DATED)):
        objects = prefix + "/{type}"
        add(objects + "/search", "POST", find, "search", _objects("read"))
        for name, handler, right in BATCHES:
            add(f"{objects}/batch/{name}", "POST", handler, "burst", _objects(right))
        add(objects, "GET", list_, "burst", _objects("read"))
        add(objects, "POST", create, "burst", _objects("write"))
        add(objects + "/{id}", "GET", read, "burst", _objects("read"))
        add(objects + "/{id}", "PATCH", update, "burst", _objects("write"))
        add(objects + "/{id}", "DELETE", archive, "burst", _objects("write"))
    for prefix in ("/crm/v3/properties", *(f"/crm/properties/{version}" for version in DATED)):
        properties = prefix + "/{type}"
        add(properties, "GET", list_properties, "burst", _schemas("read"))
        add(properties, "POST", create_property, "burst", _schemas("write"))
        add(properties + "/{name}", "GET", read_property, "burst", _schemas("read"))
        add(properties + "/{name}", "DELETE", archive_property, "burst", _schemas("write"))
    for version in ("v3", *DATED):
        add(f"/account-info/{version}/details", "GET", account.details, "burst", _anyone)
        add(f"/account-info/{version}/api-usage/daily/private-apps", "GET", account.daily_usage, "burst", _anyone)
    for version in ("v1", "v3", *DATED):
        add(f"/oauth/{version}/token", "POST", token)
        add(f"/oauth/{version}/token/introspect", "POST", introspect)
        add(f"/oauth/{version}/token/revoke", "POST", revoke)
    return table


async def unknown(request: Request, problem: Exception) -> Response:
    """Unknown routes and wrong methods: an HTML page, as from the edge."""
    del request
    status = getattr(problem, "status_code", 404)
    return Response(f"<html><head><title>Error {status}</title></head></html>", status, media_type="text/html")


# objects


async def list_(call: Call) -> Reply:
    """GET /{type}."""
    objects, query = _of(call), listing(call.request)
    page, after = objects.page(query.after, query.limit, archived=query.archived)
    shown = objects.shown(query.properties + query.history)
    results = [objects.as_json(record, shown) for record in page]
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
    objects, query = _of(call), call.request.query_params
    record = objects.get(call.path("id"), query.get("idProperty"), archived=flag(call.request, "archived"))
    history = names(call.request, "propertiesWithHistory")
    body = objects.as_json(record, objects.shown(names(call.request, "properties") + history))
    if history:
        body["propertiesWithHistory"] = objects.history(record, history)
    return Reply(200, body)


async def create(call: Call) -> Reply:
    """POST /{type}."""
    objects, new = _of(call), await call.json(NewRecord)
    draft = objects.check_create(new.properties)
    if (clash := objects.clash(draft)) is not None:
        raise objects.clashed(clash)
    return Reply(201, objects.as_created(objects.store(draft, new.trace)))


async def update(call: Call) -> Reply:
    """PATCH /{type}/{id}."""
    objects, changed = _of(call), await call.json(NewRecord)
    record = objects.get(call.path("id"), call.request.query_params.get("idProperty"))
    draft = objects.check_update(record, changed.properties)
    if (clash := objects.clash(draft)) is not None:
        raise objects.clashed(clash)
    return Reply(200, objects.as_updated(objects.store(draft, changed.trace), draft.sent))


async def archive(call: Call) -> Reply:
    """DELETE /{type}/{id}: 204, unknown ids too."""
    id_ = call.path("id")
    if id_.isascii() and id_.isdigit():
        _of(call).archive(int(id_))
    return Reply(204)


async def batch_read(call: Call) -> Reply:
    """POST /{type}/batch/read."""
    body = await call.json(batches.Body)
    return Reply(*batches.Batches(_of(call)).read(body, archived=flag(call.request, "archived")))


async def batch_create(call: Call) -> Reply:
    """POST /{type}/batch/create."""
    return Reply(*batches.Batches(_of(call)).create(await call.json(batches.Body)))


async def batch_update(call: Call) -> Reply:
    """POST /{type}/batch/update."""
    return Reply(*batches.Batches(_of(call)).update(await call.json(batches.Body)))


async def batch_upsert(call: Call) -> Reply:
    """POST /{type}/batch/upsert."""
    return Reply(*batches.Batches(_of(call)).upsert(await call.json(batches.Body)))


async def batch_archive(call: Call) -> Reply:
    """POST /{type}/batch/archive."""
    batches.Batches(_of(call)).archive(await call.json(batches.Body))
    return Reply(204)


async def find(call: Call) -> Reply:
    """POST /{type}/search."""
    objects = _of(call)
    return Reply(200, await search.search(objects, search.parse(await call.request.body())))


BATCHES: tuple[tuple[str, Handler, str], ...] = (
    ("read", batch_read, "read"),
    ("create", batch_create, "write"),
    ("update", batch_update, "write"),
    ("upsert", batch_upsert, "write"),
    ("archive", batch_archive, "write"),
)


# properties


async def list_properties(call: Call) -> Reply:
    """GET /properties/{type}."""
    results = [] if flag(call.request, "archived") else call.portal.schema.listed(_type(call))
    return Reply(200, {"results": results})


async def read_property(call: Call) -> Reply:
    """GET /properties/{type}/{name}."""
    return Reply(200, call.portal.schema.one(_type(call), call.path("name")))


async def create_property(call: Call) -> Reply:
    """POST /properties/{type}."""
    type_ = _type(call)
    made = call.portal.schema.add(type_, await call.json(NewProperty), iso(call.portal.now_ms()))
    if "U" in made.flags:
        call.portal.tables[type_].make_unique(made.name)
    return Reply(201, made.as_json())


async def archive_property(call: Call) -> Reply:
    """DELETE /properties/{type}/{name}."""
    type_, name = _type(call), call.path("name")
    call.portal.schema.remove(type_, name)
    call.portal.tables[type_].unique.pop(name, None)
    return Reply(204)


# OAuth


async def token(call: Call) -> Reply:
    """POST /oauth/{version}/token."""
    return Reply(200, call.portal.credentials.token(await _form(call)))


async def introspect(call: Call) -> Reply:
    """POST /oauth/{version}/token/introspect."""
    return Reply(200, call.portal.credentials.introspect(await _form(call)))


async def revoke(call: Call) -> Reply:
    """POST /oauth/{version}/token/revoke."""
    return Reply(200, call.portal.credentials.revoke(await _form(call)))


async def _form(call: Call) -> dict[str, str]:
    """The form in the body; the query counts for v1 only."""
    raw = await call.request.body()
    try:
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise bad_json("the body is not a form") from None
    if call.request.url.path.startswith("/oauth/v1/"):
        form = dict(call.request.query_params) | form
    return form


def _of(call: Call) -> Objects:
    return Objects(call.portal, _type(call))


def _type(call: Call) -> str:
    return schema.object_type(call.path("type"))


def _objects(right: str) -> Scopes:
    return lambda request: (f"crm.objects.{_named(request)}.{right}",)


def _schemas(right: str) -> Scopes:
    if right == "write":
        return lambda request: (f"crm.schemas.{_named(request)}.write",)
    return lambda request: (f"crm.schemas.{_named(request)}.read", f"crm.objects.{_named(request)}.read")


def _named(request: Request) -> str:
    name = request.path_params["type"]
    if name not in ALIASES:
        schema.object_type(name)
    return ALIASES[name]


def _anyone(request: Request) -> tuple[str, ...]:
    del request
    return ()
