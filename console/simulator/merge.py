"""Merging two records of one type. Facts: section 3.8.

The primary record's values win, what it lacks comes from the other one; the lifecycle stage that is further wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from console.simulator.associations import CONTACTS, Labels
from console.simulator.associations_write import mirror, part
from console.simulator.lifecycle import furthest
from console.simulator.problems import ApiError, error, invalid
from console.simulator.store import Record, compact
from console.simulator.values import stages_of

if TYPE_CHECKING:
    from console.simulator.objects import Objects

MERGED = "hs_merged_object_ids"
EMAILS = "hs_additional_emails"
DOMAINS = "hs_additional_domains"
MAX_IDENTITIES = 250


class Merge(msgspec.Struct, rename="camel"):
    """Body of POST /{type}/merge."""

    primary_object_id: str | int
    object_id_to_merge: str | int


def merge(objects: Objects, asked: Merge) -> Record:
    """The surviving record; the other one's id, and the primary one's too where a new id is given, lead to it."""
    first = objects.get(str(asked.primary_object_id))
    second = objects.get(str(asked.object_id_to_merge))
    if first.id == second.id:
        raise invalid(f"Cannot merge {objects.type_id} {first.id} with itself")
    ids = [*merged_ids(first), *merged_ids(second), second.id]
    if len(ids) >= MAX_IDENTITIES:
        raise _too_many()
    portal, table = objects.portal, objects.table
    now, lag = portal.clock.now(), portal.switches.index_lag
    renewed = portal.switches.merge_new_id
    survivor = table.new_id() if renewed else first.id
    if renewed:
        ids.append(first.id)
    values = _values(objects, first, second) | {MERGED: ";".join(str(id_) for id_ in ids)}
    gone = (first, second) if renewed else (second,)
    links = [link for record in gone for link in _links(objects, record.id)]
    for record in gone:
        table.retire(record, survivor, now, lag)
        part(portal, objects.type, record.id)
    updated = max(int(now * 1000), first.updated + 1, second.updated + 1)
    table.put(Record(survivor, min(first.created, second.created), updated, 0, compact(values)), now, lag)
    _join(objects, survivor, links)
    portal.wrote("merge", objects.type, survivor, ";".join(str(record.id) for record in gone), "")
    return table.records[survivor]


def merged_ids(record: Record) -> list[int]:
    """The ids of the records that were merged into this one."""
    return [int(part) for part in record.values.get(MERGED, "").split(";") if part]


def _values(objects: Objects, first: Record, second: Record) -> dict[str, str]:
    values = second.values | first.values
    stages = stages_of(objects.definitions["lifecyclestage"])
    stage = furthest(stages, first.values.get("lifecyclestage"), second.values.get("lifecyclestage"))
    if stage:
        values["lifecyclestage"] = stage
    main, more = ("email", EMAILS) if objects.type == CONTACTS else ("domain", DOMAINS)
    kept = [second.values.get(main, ""), *_parts(first, more), *_parts(second, more)]
    others = [text for text in dict.fromkeys(kept) if text and text != values.get(main)]
    return values | {more: ";".join(others)} if others else values


def _parts(record: Record, name: str) -> list[str]:
    return record.values.get(name, "").split(";")


def _links(objects: Objects, id_: int) -> list[tuple[int, Labels]]:
    """The records at the other ends, with the labels."""
    associations = objects.portal.associations
    if objects.type == CONTACTS:
        return list(associations.companies_of(id_))
    return [(contact, associations.between(contact, id_)) for contact in associations.contacts_of(id_)]


def _join(objects: Objects, survivor: int, links: list[tuple[int, Labels]]) -> None:
    """Associate the survivor with what the merged records had; a contact keeps the primary company it has."""
    portal, associations = objects.portal, objects.portal.associations
    for other, labels in links:
        contact, company = (survivor, other) if objects.type == CONTACTS else (other, survivor)
        wanted = {*associations.between(contact, company), *labels}
        if associations.primary_of(contact) not in (None, company):
            wanted.discard(associations.primary)
        associations.put(contact, company, wanted)
        mirror(portal, contact)


def _too_many() -> ApiError:
    return error(414, f"Cannot have more than {MAX_IDENTITIES} identities on a profile")
