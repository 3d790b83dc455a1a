"""Property definitions, their groups, limits and write rules. Facts: sections 1, 3.6 and 8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.routing import BaseRoute

from console.simulator.clock import iso
from console.simulator.gate import Call, Reply
from console.simulator.parameters import flag, names
from console.simulator.portal import Portal
from console.simulator.problems import ApiError, invalid, not_found
from console.simulator.routing import DATED, Table, anyone, prefixes, schemas_scope, type_of
from console.simulator.schema import OBJECT_TYPES, TYPE_IDS
from console.simulator.schema_writes import MAX_CUSTOM, Changes, GroupChanges, NewGroup, NewProperty, Writer

MAX_INPUTS = 100
LABELS = {"contacts": ("Contact", "Contacts"), "companies": ("Company", "Companies")}


class Named(msgspec.Struct):
    """An input that names a property."""

    name: str


class Names(msgspec.Struct, rename="camel"):
    """Body of batch/read and batch/archive."""

    inputs: list[Named]
    archived: bool = False
    data_sensitivity: str = "non_sensitive"


class NewProperties(msgspec.Struct):
    """Body of batch/create."""

    inputs: list[NewProperty]


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of property definitions."""
    table = Table(portal)
    read, write = schemas_scope("read"), schemas_scope("write")
    for prefix in prefixes("properties"):
        properties = prefix + "/{type}"
        table.add(properties + "/groups", "GET", list_groups, read)
        table.add(properties + "/groups", "POST", create_group, write)
        table.add(properties + "/groups/{name}", "GET", read_group, read)
        table.add(properties + "/groups/{name}", "PATCH", update_group, write)
        table.add(properties + "/groups/{name}", "DELETE", archive_group, write)
        table.add(properties + "/batch/read", "POST", batch_read, read)
        table.add(properties + "/batch/create", "POST", batch_create, write)
        table.add(properties + "/batch/archive", "POST", batch_archive, write)
        table.add(properties, "GET", list_properties, read)
        table.add(properties, "POST", create_property, write)
        table.add(properties + "/{name}", "GET", read_property, read)
        table.add(properties + "/{name}", "PATCH", update_property, write)
        table.add(properties + "/{name}", "DELETE", archive_property, write)
    for prefix in prefixes("property-validations"):
        table.add(prefix + "/{type}", "GET", list_rules, read)
        table.add(prefix + "/{type}/{name}", "GET", rules_of, read)
    for version in DATED:
        table.add(f"/crm/limits/{version}/custom-properties", "GET", custom_limit, anyone)
    return table.routes


async def list_properties(call: Call) -> Reply:
    """GET /properties/{type}; `properties` chooses some."""
    query, chosen = call.request.query_params, names(call.request, "properties")
    results = call.portal.schema.listed(type_of(call), archived=flag(call.request, "archived"))
    if query.get("dataSensitivity", "non_sensitive") != "non_sensitive":
        results = []
    return Reply(200, {"results": [one for one in results if not chosen or one["name"] in chosen]})


async def read_property(call: Call) -> Reply:
    """GET /properties/{type}/{name}."""
    archived = flag(call.request, "archived")
    return Reply(200, call.portal.schema.get(type_of(call), call.path("name"), archived=archived).as_json())


async def create_property(call: Call) -> Reply:
    """POST /properties/{type}."""
    return Reply(201, _writer(call).create(await call.json(NewProperty)).as_json())


async def update_property(call: Call) -> Reply:
    """PATCH /properties/{type}/{name}: options replace the whole list."""
    return Reply(200, _writer(call).update(call.path("name"), await call.json(Changes)).as_json())


async def archive_property(call: Call) -> Reply:
    """DELETE /properties/{type}/{name}."""
    _writer(call).archive(call.path("name"))
    return Reply(204)


async def batch_read(call: Call) -> Reply:
    """POST /properties/{type}/batch/read."""
    body, type_ = await call.json(Names), type_of(call)
    schema = call.portal.schema
    wanted = [item.name for item in _some(body.inputs)]

    def one(name: str) -> dict[str, Any]:
        return schema.get(type_, name, archived=body.archived).as_json()

    return _each(call, wanted, one, 200)


async def batch_create(call: Call) -> Reply:
    """POST /properties/{type}/batch/create."""
    body, writer = await call.json(NewProperties), _writer(call)
    wanted = {item.name: item for item in _some(body.inputs)}
    return _each(call, list(wanted), lambda name: writer.create(wanted[name]).as_json(), 201)


async def batch_archive(call: Call) -> Reply:
    """POST /properties/{type}/batch/archive: 204, unknown names too."""
    body, writer = await call.json(Names), _writer(call)
    for item in _some(body.inputs):
        try:
            writer.archive(item.name)
        except ApiError as problem:
            if problem.status != 404:
                raise
    return Reply(204)


async def list_groups(call: Call) -> Reply:
    """GET /properties/{type}/groups."""
    return Reply(200, {"results": list(call.portal.schema.groups[type_of(call)].values())})


async def read_group(call: Call) -> Reply:
    """GET /properties/{type}/groups/{name}."""
    return Reply(200, call.portal.schema.group(type_of(call), call.path("name")))


async def create_group(call: Call) -> Reply:
    """POST /properties/{type}/groups."""
    return Reply(201, _writer(call).create_group(await call.json(NewGroup)))


async def update_group(call: Call) -> Reply:
    """PATCH /properties/{type}/groups/{name}."""
    return Reply(200, _writer(call).update_group(call.path("name"), await call.json(GroupChanges)))


async def archive_group(call: Call) -> Reply:
    """DELETE /properties/{type}/groups/{name}."""
    _writer(call).archive_group(call.path("name"))
    return Reply(204)


async def list_rules(call: Call) -> Reply:
    """GET /property-validations/{type}: the write rules by property."""
    return Reply(200, {"results": call.portal.rules.shown(type_of(call))})


async def rules_of(call: Call) -> Reply:
    """GET /property-validations/{type}/{name}; 404 for a property that is not defined."""
    type_, name = type_of(call), call.path("name")
    if name not in call.portal.schema.types[type_]:
        raise not_found()
    found = {one["propertyName"]: one["propertyValidationRules"] for one in call.portal.rules.shown(type_)}
    return Reply(200, {"results": found.get(name, [])})


async def custom_limit(call: Call) -> Reply:
    """GET /crm/limits/{version}/custom-properties."""
    used = {
        name: sum(bool(definition.custom_since) for definition in call.portal.schema.types[name].values())
        for name in OBJECT_TYPES
    }
    by_type = [
        {
            "objectTypeId": TYPE_IDS[name],
            "singularLabel": LABELS[name][0],
            "pluralLabel": LABELS[name][1],
            "limit": MAX_CUSTOM,
            "usage": count,
            "percentage": 100 * count / MAX_CUSTOM,
        }
        for name, count in used.items()
    ]
    whole, total = MAX_CUSTOM * len(used), sum(used.values())
    overall = {"overallLimit": whole, "overallUsage": total, "overallPercentage": 100 * total / whole}
    return Reply(200, {"byObjectType": by_type, **overall})


def _writer(call: Call) -> Writer:
    return Writer(call.portal, type_of(call))


def _some(inputs: list[Any]) -> list[Any]:
    if len(inputs) > MAX_INPUTS:
        raise invalid(f"A batch can have at most {MAX_INPUTS} inputs. Received {len(inputs)} inputs.")
    return inputs


def _each(call: Call, wanted: list[str], one: Callable[[str], dict[str, Any]], status: int) -> Reply:
    """The batch envelope; what is refused becomes an error of a 207."""
    started = iso(call.portal.now_ms())
    results, errors = [], []
    for name in wanted:
        try:
            results.append(one(name))
        except ApiError as problem:
            errors.append(problem.body | {"context": {"name": [name]}})
    body = {"status": "COMPLETE", "results": results, "startedAt": started, "completedAt": iso(call.portal.now_ms())}
    if not errors:
        return Reply(status, body)
    return Reply(207, body | {"numErrors": len(errors), "errors": errors})
