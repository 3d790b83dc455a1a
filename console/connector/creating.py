"""A record made once, where HubSpot lets it exist once: an answer that was lost is looked for before anything is sent."""

from __future__ import annotations

import datetime as dt
import time

from console.connector.record_values import Schema, not_taken
from console.hubspot.errors import Conflict, HubSpotError, NotFound, OutcomeUnknown
from console.hubspot.model import Properties, Record
from console.hubspot.objects import Objects

ATTEMPTS = 4
CLOCKS_SECONDS = 120.0
"""How far HubSpot's clock may be off ours when we tell whether a record is the one that we have just made."""


async def create_once(objects: Objects, schema: Schema, properties: Properties) -> Record:
    """A new record.

    Where the answer of a create is lost, the record is read by its email or another unique value: it is ours if it
    is of that time and has what was sent. If there is none, the create is sent again, which the key makes safe.

    Raises:
        Conflict: another record has a unique value of it.
        OutcomeUnknown: it may exist; it has no unique value, or a record with it is not surely ours.
    """
    began = time.time()
    key = _key(objects, schema, properties)
    lost: OutcomeUnknown | None = None
    for _ in range(ATTEMPTS):
        try:
            return await objects.create(properties)
        except OutcomeUnknown as error:
            lost = error
        except Conflict:
            if lost is None:
                raise
        if key is None:
            raise _unkeyed(lost)
        try:
            found = await _found(objects, key, properties)
        except HubSpotError as error:
            raise lost from error  # what was lost stays unknown, whatever the look-up met
        if found is not None:
            return _ours(found, schema, properties, began, lost)
    assert lost is not None
    raise lost


def _key(objects: Objects, schema: Schema, properties: Properties) -> str | None:
    """The property by which HubSpot lets the record exist once only."""
    if objects.object_type == "contacts" and properties.get("email"):
        return "email"
    unique = (name for name, value in properties.items() if value and name in schema and schema[name].unique)
    return next(unique, None)


async def _found(objects: Objects, key: str, properties: Properties) -> Record | None:
    try:
        return await objects.read(properties[key] or "", list(properties), id_property=key)
    except NotFound:
        return None


def _ours(found: Record, schema: Schema, properties: Properties, began: float, lost: OutcomeUnknown) -> Record:
    made = _seconds(found.created_at)
    if made is not None and made >= began - CLOCKS_SECONDS and not not_taken(schema, properties, found):
        return found
    if made is not None and made < began - CLOCKS_SECONDS:
        raise Conflict(
            f"Another record has it. Existing ID: {found.id}",
            existing_id=found.id,
            correlation_id=lost.correlation_id,
        )
    raise OutcomeUnknown(
        f"HubSpot's answer was lost, and record {found.id} has this key with other values: it may be ours.",
        correlation_id=lost.correlation_id,
        advice=f"Read {found.id} and update it if it is the one.",
    )


def _unkeyed(lost: OutcomeUnknown) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{lost.message} The record may exist now, and has no unique value to find it by.",
        status=lost.status,
        correlation_id=lost.correlation_id,
        advice="Look for it in some minutes, before you create it again.",
    )


def _seconds(moment: str | None) -> float | None:
    try:
        return dt.datetime.fromisoformat(moment).timestamp() if moment else None
    except ValueError:
        return None
