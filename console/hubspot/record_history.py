"""The earlier values of a record's properties (facts sections 3.1 and 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.model import ObjectType
from console.hubspot.paths import object_path
from console.hubspot.wire import WireId, text_of

ASKED_CHARACTERS = 6_000
"""Names in one request: longer addresses HubSpot refuses with a page of HTML (facts section 3.7)."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One value that a property had. `source` is HubSpot's kind of origin; user and label may be empty."""

    value: str
    at: str = ""
    source: str = ""
    source_id: str = ""
    label: str = ""
    user: str = ""


class _Version(msgspec.Struct, rename="camel"):
    value: Any = ""
    timestamp: str | None = ""
    source_type: str | None = ""
    source_id: WireId | None = ""
    source_label: str | None = ""
    updated_by_user_id: WireId | None = ""


class _Record(msgspec.Struct, rename="camel"):
    properties_with_history: dict[str, list[_Version]] | None = None


async def versions(
    client: Client, object_type: ObjectType, uid: str, names: Sequence[str], priority: Priority = "bulk"
) -> dict[str, list[Version]]:
    """The values of each property of one record, newest first; one that never had a value is not there.

    Raises:
        NotFound: there is no such record.
    """
    found: dict[str, list[Version]] = {}
    for part in _parts(names):
        answer = await client.request(
            "GET",
            object_path(object_type, client.version, uid),
            params={"propertiesWithHistory": part},
            priority=priority,
            safe=True,
        )
        told = answer.decode(_Record).properties_with_history or {}
        found |= {name: [_version(one) for one in past] for name, past in told.items() if past}
    return found


def _parts(names: Sequence[str]) -> list[list[str]]:
    parts: list[list[str]] = []
    room = 0
    for name in dict.fromkeys(names):
        if len(name) + 3 > room:
            parts.append([])
            room = ASKED_CHARACTERS
        parts[-1].append(name)
        room -= len(name) + 3
    return parts


def _version(found: _Version) -> Version:
    return Version(
        value=text_of(found.value) or "",
        at=found.timestamp or "",
        source=found.source_type or "",
        source_id=str(found.source_id or ""),
        label=found.source_label or "",
        user=str(found.updated_by_user_id or ""),
    )
