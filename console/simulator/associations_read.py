"""Associations as answers show them. Facts: section 9."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from console.simulator.associations import COMPANIES, CONTACTS, Label
from console.simulator.associations_write import other_type
from console.simulator.portal import Portal
from console.simulator.problems import invalid
from console.simulator.schema import TYPE_IDS, object_type

MAX_PAGE = 500
INLINE_PAGE = 100
API = "https://api.hubapi.com"


class Page(NamedTuple):
    """Some associated records with their labels, and the id that begins the next page."""

    links: list[tuple[int, Sequence[Label]]]
    after: str | None


def page(portal: Portal, from_type: str, id_: int, after: str | None, limit: int) -> Page:
    """Associated active records by id, beginning at `after`."""
    associations, records = portal.associations, portal.tables[other_type(from_type)].records
    ids: Sequence[int]
    if from_type == CONTACTS:
        links = dict(associations.companies_of(id_))
        ids = tuple(links)
    else:
        ids = associations.contacts_of(id_)
    found: list[tuple[int, Sequence[Label]]] = []
    for position in range(bisect_left(ids, _cursor(after)), len(ids)):
        other = ids[position]
        if records[other].archived:
            continue
        if len(found) == limit:
            return Page(found, str(other))
        found.append((other, links[other] if from_type == CONTACTS else associations.between(other, id_)))
    return Page(found, None)


def contact_count(portal: Portal, company: int) -> int:
    """How many active contacts a company has."""
    records = portal.tables[CONTACTS].records
    return sum(not records[id_].archived for id_ in portal.associations.contacts_of(company))


def shown_id(portal: Portal, id_: int) -> int | str:
    """An id in an association's answer: a number, as live ones have it, or text, as the spec has it."""
    return id_ if portal.switches.association_ids == "numbers" else str(id_)


def typed(labels: Iterable[Label], from_type: str) -> list[dict[str, Any]]:
    """Labels as `associationTypes` or label definitions."""
    return [
        {"category": label.category, "typeId": label.ids[from_type], "label": label.texts[from_type]}
        for label in labels
    ]


def associated(portal: Portal, from_type: str, some: Page) -> list[dict[str, Any]]:
    """A page as the `results` of GET or the `to` of batch/read."""
    return [
        {"toObjectId": shown_id(portal, id_), "associationTypes": typed(labels, from_type)}
        for id_, labels in some.links
    ]


def paging(some: Page, path: str) -> dict[str, Any]:
    """`{"paging": ...}`, or nothing on the last page."""
    if some.after is None:
        return {}
    return {"paging": {"next": {"after": some.after, "link": f"{API}{path}?after={some.after}"}}}


def labelled_pair(portal: Portal, from_type: str, from_id: int, to_id: int) -> dict[str, Any]:
    """What a write of labels answers for a pair."""
    pair = (from_id, to_id) if from_type == CONTACTS else (to_id, from_id)
    texts = [label.texts[from_type] for label in portal.associations.between(*pair)]
    return {
        "fromObjectTypeId": TYPE_IDS[from_type],
        "fromObjectId": shown_id(portal, from_id),
        "toObjectTypeId": TYPE_IDS[other_type(from_type)],
        "toObjectId": shown_id(portal, to_id),
        "labels": [text for text in texts if text is not None],
    }


def default_pair(portal: Portal, from_type: str, from_id: int, to_id: int) -> list[dict[str, Any]]:
    """What a default association answers: the unlabeled type, both ways."""
    unlabeled = portal.associations.unlabeled
    ways = ((from_type, from_id, to_id), (other_type(from_type), to_id, from_id))
    return [
        {
            "from": {"id": str(one)},
            "to": {"id": str(other)},
            "associationSpec": {"associationCategory": unlabeled.category, "associationTypeId": unlabeled.ids[type_]},
        }
        for type_, one, other in ways
    ]


def of_object(portal: Portal, from_type: str, id_: int, wanted: Sequence[str]) -> dict[str, Any]:
    """The `associations` of a record: an entry per id and type, for each wanted type that has any."""
    shown: dict[str, Any] = {}
    for name in wanted:
        to_type = object_type(name)
        if to_type == from_type:
            continue
        some = page(portal, from_type, id_, None, INLINE_PAGE)
        entries = [
            {"id": str(other), "type": label.kind(from_type)} for other, labels in some.links for label in labels
        ]
        if entries:
            path = f"/crm/v3/objects/{from_type}/{id_}/associations/{to_type}"
            shown[to_type] = {"results": entries, **paging(some, path)}
    return shown


def singular(name: str) -> str:
    """`contacts` -> `contact`, as the messages say it."""
    return "company" if name == COMPANIES else "contact"


def _cursor(after: str | None) -> int:
    if not after:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise invalid(f"Invalid paging cursor: {after}")
    return int(after)
