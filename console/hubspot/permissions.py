"""May these credentials write? Asked without writing anything."""

from __future__ import annotations

from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.errors import Conflict, Invalid, Locked, NotFound, Unexpected
from console.hubspot.model import ObjectType
from console.hubspot.paths import object_path

NOBODY = "0"


async def may_write(client: Client, object_type: ObjectType, priority: Priority = "interactive") -> bool | None:
    """Change nothing of a record that cannot exist: HubSpot looks at the scopes first, then for the record.

    404 means that the write would have been allowed; any other answer tells nothing (None).

    Raises:
        MissingScopes, Forbidden: it would not.
        HubSpotError: HubSpot could not be asked.
    """
    path = object_path(object_type, client.version, NOBODY)
    try:
        await client.request("PATCH", path, json={"properties": {}}, priority=priority, safe=True)
    except NotFound:
        return True
    except (Invalid, Conflict, Locked, Unexpected):
        return None
    return None
