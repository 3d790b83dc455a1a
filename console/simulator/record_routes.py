"""Merging records and erasing contacts. Facts: section 3.8."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from console.simulator.gate import Call, Reply
from console.simulator.merge import Merge, merge
from console.simulator.objects import Objects
from console.simulator.portal import Portal
from console.simulator.privacy import Erasure, erase
from console.simulator.routing import Table, objects_of, objects_scope, prefixes


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of merges and erasures; companies have no gdpr-delete."""
    table = Table(portal)
    write_scope = objects_scope("write")
    for prefix in prefixes("objects"):
        table.add(prefix + "/{type}/merge", "POST", merge_records, write_scope)
        for name in ("contacts", "contact", "0-1"):
            table.add(f"{prefix}/{name}/gdpr-delete", "POST", erase_contact, contact_write)
    return table.routes


async def merge_records(call: Call) -> Reply:
    """POST /{type}/merge."""
    objects = objects_of(call)
    record = merge(objects, await call.json(Merge))
    return Reply(200, objects.as_json(record, objects.everything(record)))


async def erase_contact(call: Call) -> Reply:
    """POST /contacts/gdpr-delete: 204, for an address that nobody has too."""
    erase(Objects(call.portal, "contacts"), await call.json(Erasure))
    return Reply(204)


def contact_write(request: Request) -> tuple[str, ...]:
    """The scope to write contacts."""
    del request
    return ("crm.objects.contacts.write",)
