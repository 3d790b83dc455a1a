"""The address of a record on HubSpot's own pages (facts section 3.2)."""

from __future__ import annotations

import re

from console.connector.classes import CLASSES

DOMAIN = "app.hubspot.com"
_TYPE_IDS = {"contacts": "0-1", "companies": "0-2"}
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}hubspot\.com")
_UID = re.compile(r"[1-9][0-9]{0,19}")


def record_url(portal_id: int, cls: str, uid: str, ui_domain: str = "") -> str:
    """Where HubSpot's pages show a record; "" for what has no page there.

    Nothing foreign gets into it: the portal's number, a uid of digits only, and `ui_domain` (account details name it)
    only where it is HubSpot's. `cls` is HubSpot's own name of the class.
    """
    kind = CLASSES.get(cls)
    if kind is None or portal_id <= 0 or not _UID.fullmatch(uid):
        return ""
    domain = ui_domain if _DOMAIN.fullmatch(ui_domain) else DOMAIN
    return f"https://{domain}/contacts/{portal_id}/record/{_TYPE_IDS[kind.object_type]}/{uid}"
