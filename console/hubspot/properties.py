"""Property definitions of one object type."""

from __future__ import annotations

from typing import Any

import msgspec

from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.model import ObjectType, Option, PropertyDefinition
from console.hubspot.paths import property_path


class _Metadata(msgspec.Struct, rename="camel"):
    read_only_value: bool = False


class _Option(msgspec.Struct):
    value: Any = ""
    label: str | None = ""
    hidden: bool | None = False


class _Definition(msgspec.Struct, rename="camel"):
    name: str
    label: str | None = ""
    type: str | None = "string"
    field_type: str | None = "text"
    group_name: str | None = ""
    description: str | None = ""
    options: list[_Option] | None = None
    modification_metadata: _Metadata | None = None
    calculated: bool | None = False
    hidden: bool | None = False
    has_unique_value: bool | None = False
    hubspot_defined: bool | None = False  # HubSpot writes it only where it is true
    archived: bool | None = False


class _Definitions(msgspec.Struct):
    results: list[_Definition]


async def definitions(client: Client, object_type: ObjectType, priority: Priority = "bulk") -> list[PropertyDefinition]:
    """All property definitions, in HubSpot's order; some hundred in one answer."""
    answer = await client.request("GET", property_path(object_type, client.version), priority=priority, safe=True)
    return [_definition(found) for found in answer.decode(_Definitions).results if not found.archived]


def _definition(found: _Definition) -> PropertyDefinition:
    metadata = found.modification_metadata or _Metadata()
    return PropertyDefinition(
        name=found.name,
        label=found.label or found.name,
        type=found.type or "string",
        field_type=found.field_type or "text",
        group_name=found.group_name or "",
        description=found.description or "",
        options=tuple(
            Option(value=str(option.value), label=option.label or "", hidden=bool(option.hidden))
            for option in found.options or ()
        ),
        read_only=metadata.read_only_value,
        calculated=bool(found.calculated),
        hidden=bool(found.hidden),
        unique=bool(found.has_unique_value),
        hubspot_defined=bool(found.hubspot_defined),
    )
