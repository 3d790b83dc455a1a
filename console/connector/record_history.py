"""What the properties of a record were before: read on demand, and said in words."""

from __future__ import annotations

from collections.abc import Sequence

from console.connector.errors import icf_error
from console.connector.operations import Operations
from console.hubspot.errors import HubSpotError
from console.hubspot.record_history import Version, versions

__all__ = ["Version", "history", "origin", "who"]

_ORIGINS = {
    "CRM_UI": "HubSpot's pages",
    "INTEGRATION": "an app",
    "INTEGRATIONS_PLATFORM": "an app",
    "API": "the API",
    "IMPORT": "an import",
    "FORM": "a form",
    "AUTOMATION_PLATFORM": "a workflow",
    "WORKFLOWS": "a workflow",
    "CALCULATED": "calculated by HubSpot",
    "MERGE_OBJECTS": "a merge",
    "MERGE_CONTACTS": "a merge",
    "MERGE_COMPANIES": "a merge",
    "BATCH_UPDATE": "a bulk edit",
    "MIGRATION": "a migration of HubSpot's",
    "MOBILE_ANDROID": "HubSpot's app on a phone",
    "MOBILE_IOS": "HubSpot's app on a phone",
    "COMPANIES": "HubSpot's enrichment",
    "ENRICHMENT": "HubSpot's enrichment",
    "EMAIL": "an e-mail",
    "MEETINGS": "a meeting",
    "CHATFLOW": "a chat",
}


async def history(operations: Operations, cls: str, uid: str, names: Sequence[str]) -> dict[str, list[Version]]:
    """The values of each property by its configured name, newest first; none for what never had a value.

    Raises:
        IcfError: there is no such record, or HubSpot did not answer.
    """
    operations.types.check("GET", cls)
    kind, connector = operations.types.find(cls), operations.connector
    native = {kind.native_name(name): name for name in names}
    object_type = connector.kind(kind.native).object_type
    try:
        found = await versions(connector.hubspot.client, object_type, uid, list(native), connector.priority)
    except HubSpotError as error:
        raise icf_error(error, "GET", cls, uid) from error
    return {native[name]: past for name, past in found.items() if name in native}


def origin(version: Version) -> str:
    """Whence a value came, for people: HubSpot's own label where it gives one."""
    told = _ORIGINS.get(version.source, version.source.replace("_", " ").lower() or "unknown")
    if version.label:
        return f"{told}: {version.label}"
    return f"{told} {version.source_id}" if version.source_id and version.source.startswith("INTEGRATION") else told


def who(version: Version) -> str:
    """The user behind it, where HubSpot names one."""
    return f"user {version.user}" if version.user else ""
