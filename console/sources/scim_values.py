"""A SCIM resource as a mapping sees it, whichever dialect the server speaks.

Of emails, phone numbers and their like there is always a list of objects with `value`, the primary one
first: some servers send plain strings, one object, or one string.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

_PLURAL = ("emails", "phoneNumbers", "ims", "photos", "groups", "roles", "entitlements", "x509Certificates")
_NEVER = ("password",)


def resource_values(resource: dict[str, Any]) -> dict[str, Any]:
    """The fields of a resource; the given object is changed."""
    for name in _NEVER:
        resource.pop(name, None)
    for name in _PLURAL:
        found = resource.get(name)
        if found is None or found == "":
            resource.pop(name, None)
            continue
        items = found if isinstance(found, list) else [found]
        values = [item if isinstance(item, dict) else {"value": item} for item in items if item not in (None, "")]
        values.sort(key=lambda item: item.get("primary") is not True)  # stable: the others keep their order
        resource[name] = values
    return resource


def last_modified(resource: dict[str, Any]) -> dt.datetime | None:
    """When the resource was changed; None where it does not tell."""
    meta = resource.get("meta")
    return moment(meta.get("lastModified")) if isinstance(meta, dict) else None


def moment(text: Any) -> dt.datetime | None:
    """A time such as 2026-11-21T09:30:00.5Z; without a zone it is UTC; None for what is none."""
    try:
        found = dt.datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def moment_text(when: dt.datetime) -> str:
    """The same as text, in UTC, whole seconds."""
    return when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
