"""The deletion that privacy law asks for: a contact and all that HubSpot knows of it, for good (facts section 3.8)."""

from __future__ import annotations

from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.paths import object_path


async def gdpr_delete(client: Client, key: str, priority: Priority = "bulk", *, by_email: bool = False) -> None:
    """Erase one contact by its id or by its email address.

    An address that no contact has goes on HubSpot's blocklist and can never be used again. Whether that of an erased
    contact does too, HubSpot does not say.
    """
    body = {"objectId": key, "idProperty": "email"} if by_email else {"objectId": key}
    await client.request(
        "POST", object_path("contacts", client.version, "gdpr-delete"), json=body, priority=priority, safe=True
    )
