"""Property definitions: HubSpot's default ones from the packaged data file, and custom ones made at run time."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import msgspec

from console.simulator.problems import ApiError, error, invalid, not_found

BORN = "2019-08-06T02:41:08.029Z"
OBJECT_TYPES = ("contacts", "companies")
TYPE_IDS = {"contacts": "0-1", "companies": "0-2"}
ALIASES = {
    **dict.fromkeys(("contacts", "contact", "0-1"), "contacts"),
    **dict.fromkeys(("companies", "company", "0-2"), "companies"),
}
MODIFIED = {"contacts": "lastmodifieddate", "companies": "hs_lastmodifieddate"}
DEFAULTS = {
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
}
MAX_UNIQUE = 10
FIELD_TYPES = {
    "bool": ("booleancheckbox", "calculation_equation"),
    "enumeration": ("booleancheckbox", "checkbox", "radio", "select", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date",),
    "string": ("file", "text", "textarea", "calculation_equation", "html", "phonenumber"),
    "number": ("number", "calculation_equation"),
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")


class Definition(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """One property as the data file and the store keep it; flags: R read-only, C calculated, H hidden, U unique."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    flags: str = ""
    options: list[tuple[str, str]] = []
    referenced: str = ""
    description: str = ""
    custom_since: str = ""

    @property
    def settable(self) -> bool:
        """Whether the API takes values for it."""
        return "R" not in self.flags and "C" not in self.flags

    def as_json(self) -> dict[str, Any]:
        """The property as the properties API returns it."""
        born = self.custom_since or BORN
        read_only = "R" in self.flags
        shown: dict[str, Any] = {
            "updatedAt": born,
            "createdAt": born,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [
                {"label": label, "value": value, "displayOrder": order, "hidden": False}
                for order, (value, label) in enumerate(self.options)
            ],
            "displayOrder": -1,
            "calculated": "C" in self.flags,
            "externalOptions": bool(self.referenced),
            "hasUniqueValue": "U" in self.flags,
            "hidden": "H" in self.flags,
        }
        if self.referenced:
            shown["referencedObjectType"] = self.referenced
        if not self.custom_since:
            shown["hubspotDefined"] = True
        shown |= {
            "archived": False,
            "modificationMetadata": {
                "archivable": bool(self.custom_since),
                "readOnlyDefinition": not self.custom_since,
                "readOnlyOptions": not self.custom_since,
                "readOnlyValue": read_only,
            },
            "formField": not read_only and "H" not in self.flags,
            "dataSensitivity": "non_sensitive",
        }
        return shown


class NewProperty(msgspec.Struct, rename="camel"):
    """Body of POST /crm/properties/{version}/{objectType}."""

    name: str
    label: str
    type: str
    field_type: str
    group_name: str
    description: str = ""
    has_unique_value: bool = False
    hidden: bool = False
    options: list[dict[str, Any]] = []


class Schema:
    """The definitions of both object types."""

    def __init__(self) -> None:
        data = files("console.simulator").joinpath("data/properties.json").read_bytes()
        loaded = msgspec.json.decode(data, type=dict[str, list[Definition]])
        self.types = {name: {d.name: d for d in loaded[name]} for name in OBJECT_TYPES}

    def listed(self, object_type: str) -> list[dict[str, Any]]:
        """All properties of a type."""
        return [definition.as_json() for definition in self.types[object_type].values()]

    def one(self, object_type: str, name: str) -> dict[str, Any]:
        """One property; 404 if there is none of that name."""
        definition = self.types[object_type].get(name)
        if definition is None:
            raise not_found()
        return definition.as_json()

    def add(self, object_type: str, new: NewProperty, moment: str) -> Definition:
        """Make a custom property."""
        _check_new(new)
        known = self.types[object_type]
        if new.name in known:
            raise error(
                409,
                f"A property named '{new.name}' already exists.",
                "OBJECT_ALREADY_EXISTS",
                subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
            )
        if new.has_unique_value and sum("U" in d.flags and bool(d.custom_since) for d in known.values()) >= MAX_UNIQUE:
            raise invalid(f"An object type can have at most {MAX_UNIQUE} properties with unique values.")
        known[new.name] = definition = Definition(
            name=new.name,
            label=new.label,
            type=new.type,
            field_type=new.field_type,
            group=new.group_name,
            flags="H" * new.hidden + "U" * new.has_unique_value,
            options=[(str(o.get("value", "")), str(o.get("label", ""))) for o in new.options],
            description=new.description,
            custom_since=moment,
        )
        return definition

    def remove(self, object_type: str, name: str) -> None:
        """Archive a custom property."""
        definition = self.types[object_type].get(name)
        if definition is None:
            raise not_found()
        if not definition.custom_since:
            raise invalid(f"Property '{name}' is defined by HubSpot and cannot be archived.")
        del self.types[object_type][name]

    def custom(self) -> dict[str, list[Definition]]:
        """Custom properties, for saving."""
        return {name: [d for d in known.values() if d.custom_since] for name, known in self.types.items()}


def _check_new(new: NewProperty) -> None:
    if not _NAME.match(new.name):
        raise invalid(f"Property name '{new.name}' is not valid.")
    if new.field_type not in FIELD_TYPES.get(new.type, ()):
        raise invalid(f"Field type '{new.field_type}' is not allowed for type '{new.type}'.")


def object_type(name: str) -> str:
    """`contact`, `contacts` or `0-1` -> `contacts`; anything else is HubSpot's 400 without a category."""
    found = ALIASES.get(name)
    if found is None:
        raise _unknown_type(name)
    return found


def _unknown_type(name: str) -> ApiError:
    return error(400, f"Unable to infer object type from: {name}")
