"""Two records of one type made one; nothing undoes it (facts section 3.8)."""

from __future__ import annotations

from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.errors import HubSpotError, OutcomeUnknown, Unexpected
from console.hubspot.model import ObjectType, Record
from console.hubspot.paths import object_path
from console.hubspot.wire import single


async def merge(
    client: Client, object_type: ObjectType, primary_id: str, other_id: str, priority: Priority = "bulk"
) -> Record:
    """Merge `other_id` into `primary_id`. The record that survives may have a new id. Never sent twice.

    Raises:
        Invalid: HubSpot refuses, for instance beyond 250 merged records.
        OutcomeUnknown: they may be one by now.
    """
    answer = await client.request(
        "POST",
        object_path(object_type, client.version, "merge"),
        json={"primaryObjectId": primary_id, "objectIdToMerge": other_id},
        priority=priority,
        safe=False,
    )
    try:
        return single(answer).record()
    except Unexpected as error:
        unreadable: HubSpotError = error
    raise OutcomeUnknown(unreadable.message, status=answer.status, correlation_id=answer.correlation_id)
