"""What nothing undoes: two records made one, and a contact erased. Both want the ids repeated (facts section 3.8)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.connector.connector import Connector
from console.connector.connector_object import ConnectorObject
from console.connector.errors import InvalidAttributeValue, PreconditionRequired, UnknownUid, UnsupportedOperation
from console.connector.record_operations import Records
from console.hubspot.errors import NotFound, OutcomeUnknown
from console.hubspot.matching import SECONDARY_EMAILS, folded
from console.hubspot.model import Record

Confirmation = str | Sequence[str]
"""The ids again, in their order: a list of them, or one text with spaces or commas between."""


async def merge(connector: Connector, cls: str, primary: str, other: str, confirm: Confirmation) -> ConnectorObject:
    """Merge `other` into `primary`; what comes back is the record that survives, which may have a new uid.

    Raises:
        PreconditionRequired: `confirm` does not repeat both ids.
        UnknownUid: one of them is not there, or was merged before.
    """
    _confirmed(confirm, (primary, other), f"Merging {other} into {primary} cannot be undone")
    records = Records(connector, cls)
    if primary == other:
        raise InvalidAttributeValue("A record cannot be merged into itself.")
    for uid in (primary, other):
        found = await records.read(uid)
        if found.id != uid:
            raise UnknownUid(
                f"The {cls} {uid} was merged into {found.id} before. Nothing was merged now.",
                advice=f"Merge {found.id} if that is meant.",
                uid=uid,
                existing_id=found.id,
            )
    kind = connector.kind(cls)
    try:
        survivor = await connector.hubspot.merge(kind.object_type, primary, other, connector.priority)
    except OutcomeUnknown as lost:
        survivor = await _merged(records, primary, other, lost)
    notes = [f"{other} was merged into {primary}."]
    if survivor.id != primary:
        notes.append(f"The record that survives has the new uid {survivor.id}.")
    return records.object(survivor).noted(*notes)


async def gdpr_delete(
    connector: Connector, cls: str, key: str, confirm: Confirmation, *, blocklist: bool = False
) -> ConnectorObject | None:
    """Erase a contact for good, by its uid or its email; it is given back as it was.

    Its address may never be used again. An address that no contact has is refused unless `blocklist` says that
    HubSpot shall block it all the same; then None comes back. A further address of a contact names nobody to erase.

    Raises:
        PreconditionRequired: `confirm` does not repeat the uid or the email.
        UnknownUid: there is no such contact, or it was merged into another one.
        UnsupportedOperation: the class is not contact.
    """
    if cls != "contact":
        raise UnsupportedOperation(f"HubSpot erases contacts only, not a {cls}.", advice="Delete it instead.")
    _confirmed(confirm, (key,), f"Erasing {key} cannot be undone, and its address may never be used again")
    records = Records(connector, cls)
    if "@" in key:
        return await _erase_address(connector, records, key, blocklist=blocklist)
    found = await _to_erase(connector, records, key)
    if found.id != key:
        raise UnknownUid(
            f"The contact {key} was merged into {found.id}, which holds more than {key} did. Nothing was erased.",
            advice=f"If {found.id} is to be erased, erase that.",
            uid=key,
            existing_id=found.id,
        )
    await _erase(connector, found.id)
    return records.object(found).noted(f"The contact {found.id} was erased for good.")


async def _erase_address(
    connector: Connector, records: Records, email: str, *, blocklist: bool
) -> ConnectorObject | None:
    try:
        found = await connector.objects("contact").read(email, id_property="email")
    except NotFound as error:
        if not blocklist:
            raise UnknownUid(
                f"No contact has the address {email}. HubSpot would block it for ever.",
                advice="Name the contact by its uid, or say that the address is to be blocked.",
                correlation_id=error.correlation_id,
            ) from error
        await _of_nobody(connector, email)
        await connector.hubspot.gdpr_delete(email, connector.priority, by_email=True)
        return None
    if folded(found.properties.get("email")) != folded(email):
        raise _further(found, email)
    await _erase(connector, found.id)
    return records.object(found).noted(f"The contact {found.id} was erased for good.")


async def _of_nobody(connector: Connector, email: str) -> None:
    """Raises UnknownUid where a contact has the address as a further one: HubSpot might erase that contact whole."""
    asked = [{"filters": [{"propertyName": SECONDARY_EMAILS, "operator": "CONTAINS_TOKEN", "value": email}]}]
    page = await connector.objects("contact").search(asked, properties=["email", SECONDARY_EMAILS])
    for record in page.results:
        if folded(email) in map(folded, (record.properties.get(SECONDARY_EMAILS) or "").split(";")):
            raise _further(record, email)


def _further(record: Record, email: str) -> UnknownUid:
    return UnknownUid(
        f"{email} is a further address of contact {record.id}, which is more than that address. Nothing was erased.",
        advice=f"If the whole contact is to be erased, name it by its uid: {record.id}",
        existing_id=record.id,
    )


async def _to_erase(connector: Connector, records: Records, uid: str) -> Record:
    """The contact; an archived one too, for its data is still there."""
    try:
        return await records.read(uid)
    except UnknownUid:
        archived = await _archived(connector, records.key(uid))
        if archived is None:
            raise
        return archived


async def _erase(connector: Connector, uid: str) -> None:
    try:
        await connector.hubspot.gdpr_delete(uid, connector.priority)
    except NotFound:
        pass  # an earlier attempt of ours whose answer was lost
    except OutcomeUnknown:
        if await _is_there(connector, uid):
            raise


async def _is_there(connector: Connector, uid: str) -> bool:
    try:
        await connector.objects("contact").read(uid)
    except NotFound:
        return await _archived(connector, uid) is not None
    return True


async def _archived(connector: Connector, uid: str) -> Record | None:
    try:
        return await connector.objects("contact").read(uid, archived=True)
    except NotFound:
        return None


async def _merged(records: Records, primary: str, other: str, lost: OutcomeUnknown) -> Record:
    """The survivor of a merge whose answer was lost; raises it again where the two are not one."""
    first, second = await records.read(primary), await records.read(other)
    if first.id == second.id:
        return first
    raise lost


def _confirmed(confirm: Confirmation, ids: Sequence[str], what: str) -> None:
    given = [part for part in re.split(r"[\s,]+", confirm) if part] if isinstance(confirm, str) else list(confirm)
    if given != list(ids):
        raise PreconditionRequired(f"{what}.", advice=f"Confirm it by repeating: {' '.join(ids)}")
