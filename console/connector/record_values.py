"""Attributes of a record on their way to HubSpot and back: names, values, and what was not taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.connector.canonical import BadValue, Converter
from console.connector.classes import UID, ObjectClass
from console.connector.errors import InvalidAttributeValue
from console.connector.values import check_values
from console.hubspot.model import Properties, PropertyDefinition, Record

UID_NAMES = frozenset({"_id", "__uid__", UID})
Schema = Mapping[str, PropertyDefinition]


def native_attributes(kind: ObjectClass, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes under HubSpot's names: the framework's `__NAME__` is the naming property.

    Raises:
        InvalidAttributeValue: a uid, which is HubSpot's to give, or another of the framework's special names.
    """
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        if name.lower() in UID_NAMES:
            raise InvalidAttributeValue(
                f"{name} is the uid, which HubSpot gives: it cannot be an attribute of a write.",
                advice="Leave it out, or name the object by it in an update.",
            )
        native = kind.name_attribute if name == "__NAME__" else name
        if native.startswith("__") and native.endswith("__"):
            raise InvalidAttributeValue(f"HubSpot has no {name}.", advice=f"A {kind.name} has properties and __NAME__.")
        if native in found and found[native] != value:
            raise InvalidAttributeValue(f"__NAME__ and {native} are one attribute, and two values were given.")
        found[native] = value
    return found


def to_send(
    kind: ObjectClass, schema: Schema, attributes: Mapping[str, Any], *, creating: bool, strict: bool
) -> tuple[Properties, tuple[str, ...]]:
    """The properties to send (None clears), and what the operator is told besides.

    Raises:
        InvalidAttributeValue: `problems` says what is wrong with which property.
    """
    required = (kind.name_attribute,) if creating else ()
    checked = check_values(schema, attributes, creating=creating, strict=strict, required=required)
    if checked.problems:
        first = checked.problems[0]
        raise InvalidAttributeValue(
            f"{first.message.removesuffix('.')}.", advice=first.remedy, problems=checked.problems
        )
    for name, value in checked.properties.items():
        if name not in schema and value is not None and value.startswith(";"):
            raise InvalidAttributeValue(
                f"The value of {name} begins with a semicolon, by which HubSpot would add to what is there.",
                advice="An update replaces: give the whole value without it.",
            )
    if kind.name_attribute in checked.properties and checked.properties[kind.name_attribute] is None and not creating:
        raise InvalidAttributeValue(
            f"{kind.name_attribute} names the {kind.name} and cannot be cleared.", advice="Give another value."
        )
    return checked.properties, tuple(f"{each.message}. {each.remedy}".strip() for each in checked.warnings)


def not_taken(schema: Schema, sent: Properties, record: Record) -> list[str]:
    """The properties that HubSpot answered with another value than was sent: accepted, and kept as they were."""
    return [
        name
        for name, value in sent.items()
        if name in record.properties and not _same(schema.get(name), value, record.properties[name])
    ]


def note_not_taken(schema: Schema, sent: Properties, record: Record) -> tuple[str, ...]:
    """One note for each property that HubSpot did not take."""
    return tuple(
        f"HubSpot did not take {name}: it has {record.properties[name] or 'no value'} now, {sent[name] or 'none'} was sent."
        for name in not_taken(schema, sent, record)
    )


def _same(definition: PropertyDefinition | None, sent: str | None, present: str | None) -> bool:
    if (sent or "").strip().casefold() == (present or "").strip().casefold():
        return True
    if definition is None or not sent or not present:
        return False
    converter = Converter(definition)
    try:
        return converter.equal(converter.canonical(sent), present)
    except BadValue:
        return False


class MultiCheckbox:
    """Properties of several values, as a patch takes them apart: HubSpot's form is `a;b;c`."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def has(self, field: str) -> bool:
        """Whether the property has several values."""
        definition = self._schema.get(field)
        return definition is not None and definition.type == "enumeration" and definition.field_type == "checkbox"

    def parts(self, value: Any) -> list[Any]:
        """Its values."""
        if isinstance(value, list | tuple):
            return [part for part in value if part not in (None, "")]
        return [part.strip() for part in str(value).split(";") if part.strip()] if value not in (None, "") else []

    def whole(self, parts: Sequence[Any]) -> Any:
        """The property with these values; None without any."""
        return ";".join(map(str, parts)) or None

    def key(self, part: Any) -> str:
        """An option's value is exact, but for the case of a truth value."""
        return str(part).lower() if isinstance(part, bool) else str(part)
