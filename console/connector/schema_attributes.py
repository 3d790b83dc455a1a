"""What the schema operation says of a class: each attribute with its type and the framework's flags."""

from __future__ import annotations

from collections.abc import Mapping

from console.connector.classes import CLASSES
from console.connector.connector_object import AttributeInfo
from console.connector.object_types import ObjectType
from console.hubspot.model import PropertyDefinition

_TYPES = {"bool": "boolean", "number": "number"}
_BY_DEFAULT = {
    "contact": {"createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"},
    "company": {"createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"},
}
"""What HubSpot gives where nothing is asked for (facts section 3.2); definitions come whole."""


def described(kind: ObjectType, schema: Mapping[str, PropertyDefinition]) -> list[AttributeInfo]:
    """The attributes of a class. The uid is none of them: it never stands in a schema."""
    return [_attribute(kind, definition) for definition in schema.values() if definition.name != "hs_object_id"]


def _attribute(kind: ObjectType, definition: PropertyDefinition) -> AttributeInfo:
    record = CLASSES.get(kind.native)
    is_name = definition.name == (record.name_attribute if record is not None else "name")
    flags = [
        "REQUIRED" if is_name else "",
        "MULTIVALUED" if definition.type == "enumeration" and definition.field_type == "checkbox" else "",
        "" if definition.writable else "NOT_CREATABLE",
        "" if definition.writable else "NOT_UPDATEABLE",
        "" if record is None or definition.name in _BY_DEFAULT[kind.native] else "NOT_RETURNED_BY_DEFAULT",
    ]
    return AttributeInfo(
        name=kind.given_name(definition.name),
        native_name="__NAME__" if is_name else definition.name,
        type=_TYPES.get(definition.type, "string"),
        flags=tuple(filter(None, flags)),
        label=definition.label,
        options=tuple(option.value for option in definition.options),
    )
