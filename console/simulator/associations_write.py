"""Writing associations: the primary rule, replaced labels, the mirror on the contact. Facts: section 9."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from console.simulator.associations import COMPANIES, CONTACTS, Label, Labels
from console.simulator.portal import Portal
from console.simulator.problems import ApiError, bad_json, error, invalid, not_found
from console.simulator.store import Record

MIRROR = "associatedcompanyid"
_KINDS = {CONTACTS: "CONTACT", COMPANIES: "COMPANY"}


class Spec(msgspec.Struct, rename="camel"):
    """One association type in a body."""

    association_category: str
    association_type_id: int


class End(msgspec.Struct):
    """One end of an association in a body."""

    id: str | int


class Inline(msgspec.Struct):
    """One association in the body of a create."""

    to: End
    types: list[Spec]


class Wanted(msgspec.Struct, frozen=True):
    """An association to make with a record that is about to be stored."""

    to: int
    labels: tuple[Label, ...]


def other_type(object_type: str) -> str:
    """The type at the other end."""
    return COMPANIES if object_type == CONTACTS else CONTACTS


def labels_of(portal: Portal, from_type: str, specs: Iterable[Spec]) -> set[Label]:
    """The labels that a body names, seen from `from_type`; 400 for an unknown one."""
    found = set()
    for spec in specs:
        label = portal.associations.label(from_type, spec.association_category, spec.association_type_id)
        if label is None:
            raise invalid(
                f"{spec.association_category} association type {spec.association_type_id} is not defined between "
                f"{_KINDS[from_type]} and {_KINDS[other_type(from_type)]}"
            )
        found.add(label)
    return found


def live(portal: Portal, object_type: str, key: str | int) -> int:
    """The id of an active record, merged ones resolved; an error as HubSpot words it if there is none."""
    text = str(key)
    table = portal.tables[object_type]
    id_ = table.survivor(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    record = table.records.get(id_)
    if record is None or record.archived:
        raise missing(portal, object_type, text)
    return id_


def missing(portal: Portal, object_type: str, text: str) -> ApiError:
    """The refusal of an association with a record that is not there."""
    if portal.switches.missing_association == "404":
        return not_found()
    kind = _KINDS[object_type]
    context = {"INVALID_OBJECT_IDS": [f"{kind}={text} is not valid"], "objectId": [text], "objectType": [kind]}
    return error(400, "One or more associations are invalid", "VALIDATION_ERROR", context=context)


def inline(portal: Portal, from_type: str, given: list[object] | None) -> tuple[Wanted, ...]:
    """The associations of a create, checked."""
    try:
        asked = msgspec.convert(given or [], list[Inline])
    except msgspec.ValidationError as bad:
        raise bad_json(str(bad)) from None
    return tuple(
        Wanted(live(portal, other_type(from_type), one.to.id), tuple(labels_of(portal, from_type, one.types)))
        for one in asked
    )


def associate(portal: Portal, contact: int, company: int, labels: Iterable[Label], *, replace: bool) -> None:
    """Give a pair labels besides the unlabeled type, instead of those it has or besides them."""
    associations = portal.associations
    present = associations.between(contact, company)
    wanted = {*labels, associations.unlabeled, *(() if replace else present)}
    others = [link for link in associations.companies_of(contact) if link[0] != company]
    if portal.switches.first_company_primary and not any(_shown(portal, id_) for id_, _ in others):
        wanted.add(associations.primary)
    if associations.primary in wanted:
        for id_, held in others:
            if associations.primary in held:
                associations.put(contact, id_, (label for label in held if label is not associations.primary))
    associations.put(contact, company, wanted)
    if associations.between(contact, company) != present:
        portal.wrote("associate", CONTACTS, contact, str(company), "")
        mirror(portal, contact)


def dissociate(portal: Portal, contact: int, company: int, labels: Iterable[Label] | None = None) -> None:
    """Take some labels from a pair; the unlabeled type, or None, ends the association."""
    associations = portal.associations
    present = associations.between(contact, company)
    taken: Labels | set[Label] = present if labels is None else set(labels)
    kept = () if associations.unlabeled in taken else tuple(label for label in present if label not in taken)
    if kept != present:
        associations.put(contact, company, kept)
        portal.wrote("dissociate", CONTACTS, contact, str(company), "")
        mirror(portal, contact)


def mirror(portal: Portal, contact: int) -> None:
    """Let the contact's own property say which company is its primary one."""
    table = portal.tables[CONTACTS]
    record = table.records.get(contact)
    primary = portal.associations.primary_of(contact)
    shown = str(primary) if primary is not None and _shown(portal, primary) else ""
    if record is None or record.archived or record.values.get(MIRROR, "") == shown:
        return
    values = {**record.values, MIRROR: shown}
    if not shown:
        del values[MIRROR]
    now = portal.clock.now()
    updated = max(int(now * 1000), record.updated + 1) if portal.switches.association_bumps else record.updated
    table.put(Record(record.id, record.created, updated, 0, values), now, portal.switches.index_lag)


def part(portal: Portal, object_type: str, id_: int) -> None:
    """End all associations of a record that is going for good."""
    contacts = [id_] if object_type == CONTACTS else list(portal.associations.contacts_of(id_))
    portal.associations.drop(object_type, id_)
    for contact in contacts:
        mirror(portal, contact)


def _shown(portal: Portal, company: int) -> bool:
    record = portal.tables[COMPANIES].records.get(company)
    return record is not None and not record.archived
