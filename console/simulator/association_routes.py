"""Associations of contacts and companies: single ones, batches, label definitions. Facts: section 9."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from console.simulator import associations_labels as labels
from console.simulator import associations_read as reading
from console.simulator import associations_write as writing
from console.simulator.associations import CONTACTS
from console.simulator.associations_batches import Asks, AssociationBatches, Pairs, Partings
from console.simulator.clock import iso
from console.simulator.gate import Call, Reply
from console.simulator.portal import Portal
from console.simulator.problems import invalid
from console.simulator.routing import DATED, Table
from console.simulator.schema import object_type

OBJECTS = ("/crm/v4/objects", *(f"/crm/objects/{version}" for version in DATED))
DETAILS = ("/crm/v4/associations", *(f"/crm/associations/{version}" for version in DATED))


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of associations."""
    table = Table(portal)
    for prefix in OBJECTS:
        record = prefix + "/{type}/{id}/associations"
        table.add(record + "/default/{to}/{to_id}", "PUT", associate_default, any_object, "associations")
        table.add(record + "/{to}", "GET", list_associations, any_object, "associations")
        table.add(record + "/{to}/{to_id}", "PUT", set_labels, any_object, "associations")
        table.add(record + "/{to}/{to_id}", "DELETE", dissociate, any_object, "associations")
    for prefix in DETAILS:
        pair = prefix + "/{type}/{to}"
        table.add(pair + "/batch/read", "POST", batch_read, any_object, "associations")
        table.add(pair + "/batch/create", "POST", batch_create, any_object, "associations")
        table.add(pair + "/batch/associate/default", "POST", batch_default, any_object, "associations")
        table.add(pair + "/batch/archive", "POST", batch_archive, any_object, "associations")
        table.add(pair + "/batch/labels/archive", "POST", batch_archive_labels, any_object, "associations")
        table.add(pair + "/labels", "GET", list_labels, any_object, "associations")
        table.add(pair + "/labels", "POST", create_label, any_object, "associations")
        table.add(pair + "/labels", "PUT", rename_label, any_object, "associations")
        table.add(pair + "/labels/{type_id}", "DELETE", remove_label, any_object, "associations")
    return table.routes


def any_object(request: Request) -> tuple[str, ...]:
    """`oauth` or any scope of objects will do."""
    del request
    return (
        "oauth",
        *(f"crm.objects.{name}.{right}" for name in ("contacts", "companies") for right in ("read", "write")),
    )


# single


async def list_associations(call: Call) -> Reply:
    """GET /{type}/{id}/associations/{to}."""
    from_type, query = _from(call), call.request.query_params
    id_ = writing.live(call.portal, from_type, call.path("id"))
    text = query.get("limit", str(reading.MAX_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 10) or not 1 <= int(text) <= reading.MAX_PAGE:
        raise invalid(f"limit must be between 1 and {reading.MAX_PAGE}, but was {text}")
    some = reading.page(call.portal, from_type, id_, query.get("after"), int(text))
    results = reading.associated(call.portal, from_type, some)
    return Reply(200, {"results": results, **reading.paging(some, call.request.url.path)})


async def associate_default(call: Call) -> Reply:
    """PUT /{type}/{id}/associations/default/{to}/{to_id}."""
    portal, from_type, started = call.portal, _from(call), iso(call.portal.now_ms())
    one, other = _ends(call, from_type)
    writing.associate(portal, *_ordered(from_type, one, other), (), replace=False)
    results = reading.default_pair(portal, from_type, one, other)
    now = iso(portal.now_ms())
    return Reply(200, {"status": "COMPLETE", "results": results, "startedAt": started, "completedAt": now})


async def set_labels(call: Call) -> Reply:
    """PUT /{type}/{id}/associations/{to}/{to_id}: exactly these labels for the pair."""
    portal, from_type = call.portal, _from(call)
    wanted = writing.labels_of(portal, from_type, await call.json(list[writing.Spec]))
    if not wanted:
        raise invalid("At least one association type is needed")
    one, other = _ends(call, from_type)
    writing.associate(portal, *_ordered(from_type, one, other), wanted, replace=True)
    return Reply(201, reading.labelled_pair(portal, from_type, one, other))


async def dissociate(call: Call) -> Reply:
    """DELETE /{type}/{id}/associations/{to}/{to_id}: 204, unknown pairs too."""
    from_type, texts = _from(call), (call.path("id"), call.path("to_id"))
    if all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts):
        one = call.portal.tables[from_type].survivor(int(texts[0]))
        other = call.portal.tables[writing.other_type(from_type)].survivor(int(texts[1]))
        writing.dissociate(call.portal, *_ordered(from_type, one, other))
    return Reply(204)


# batches


async def batch_read(call: Call) -> Reply:
    """POST /{type}/{to}/batch/read."""
    return Reply(*_batches(call).read(await call.json(Asks)))


async def batch_create(call: Call) -> Reply:
    """POST /{type}/{to}/batch/create."""
    return Reply(*_batches(call).create(await call.json(Pairs)))


async def batch_default(call: Call) -> Reply:
    """POST /{type}/{to}/batch/associate/default."""
    return Reply(*_batches(call).associate(await call.json(Pairs)))


async def batch_archive(call: Call) -> Reply:
    """POST /{type}/{to}/batch/archive."""
    _batches(call).archive(await call.json(Partings))
    return _nothing(call)


async def batch_archive_labels(call: Call) -> Reply:
    """POST /{type}/{to}/batch/labels/archive."""
    _batches(call).archive_labels(await call.json(Pairs))
    return _nothing(call)


# label definitions


async def list_labels(call: Call) -> Reply:
    """GET /{type}/{to}/labels."""
    return Reply(200, {"results": labels.listed(call.portal, _from(call))})


async def create_label(call: Call) -> Reply:
    """POST /{type}/{to}/labels."""
    return Reply(200, {"results": labels.make(call.portal, _from(call), await call.json(labels.NewLabel))})


async def rename_label(call: Call) -> Reply:
    """PUT /{type}/{to}/labels."""
    labels.rename(call.portal, _from(call), await call.json(labels.ChangedLabel))
    return Reply(204)


async def remove_label(call: Call) -> Reply:
    """DELETE /{type}/{to}/labels/{type_id}."""
    text = call.path("type_id")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise invalid(f"{text} is not an association type id")
    labels.remove(call.portal, _from(call), int(text))
    return Reply(204)


def _from(call: Call) -> str:
    """The type that a call looks from; the other end must be of the other type."""
    one, other = object_type(call.path("type")), object_type(call.path("to"))
    if other != writing.other_type(one):
        raise invalid(f"Associations between {one} and {other} are not supported")
    return one


def _ends(call: Call, from_type: str) -> tuple[int, int]:
    return (
        writing.live(call.portal, from_type, call.path("id")),
        writing.live(call.portal, writing.other_type(from_type), call.path("to_id")),
    )


def _ordered(from_type: str, one: int, other: int) -> tuple[int, int]:
    """Contact first, company second."""
    return (one, other) if from_type == CONTACTS else (other, one)


def _batches(call: Call) -> AssociationBatches:
    return AssociationBatches(call.portal, _from(call))


def _nothing(call: Call) -> Reply:
    """204 in v4, an empty 200 in the dated versions."""
    return Reply(204 if call.request.url.path.startswith("/crm/v4/") else 200)
