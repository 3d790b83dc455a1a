"""GDPR deletion: the contact is erased; an address that nobody has may never be used again. Facts: sections 3.1, 3.8."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from console.simulator.associations_write import part
from console.simulator.problems import Complaint, invalid_values, not_found
from console.simulator.values import BadValue, email

if TYPE_CHECKING:
    from console.simulator.objects import Objects
    from console.simulator.portal import Portal


class Erasure(msgspec.Struct, rename="camel"):
    """Body of POST /contacts/gdpr-delete."""

    object_id: str | int
    id_property: str | None = None


def erase(objects: Objects, asked: Erasure) -> None:
    """Erase a contact for good, or bar an address that nobody has; 404 for an unknown id."""
    portal, key = objects.portal, str(asked.object_id)
    by_email = asked.id_property == "email"
    record = objects.holder_of(key) if by_email else objects.find(key, asked.id_property, merged=True)
    if record is None and not by_email:
        record = objects.find(key, asked.id_property, archived=True)
    if record is None:
        if not by_email:
            raise not_found()
        _block(portal, key)
        return
    if portal.switches.gdpr_blocks == "all":
        own, more = record.values.get("email", ""), record.values.get("hs_additional_emails", "")
        portal.blocked.update(part for part in (own, *more.split(";")) if part)
    objects.table.retire(record, 0, portal.clock.now(), portal.switches.index_lag)
    part(portal, objects.type, record.id)
    portal.wrote("gdpr-delete", objects.type, record.id, "", "")


def barred(portal: Portal, address: str | None) -> list[Complaint]:
    """The complaint about an address on the blocklist."""
    if not address or address not in portal.blocked:
        return []
    text = f"Email address {address} is on the blocklist of this account after a GDPR deletion"
    return [Complaint("email", "GDPR_BLACKLISTED_EMAIL", text)]


def _block(portal: Portal, text: str) -> None:
    try:
        portal.blocked.add(email(text))
    except BadValue as bad:
        raise invalid_values([bad.about("email")], portal.portal_id) from None
