"""Object classes of the connector, as provisioning tools know them, and their names in HubSpot's API."""

from __future__ import annotations

import msgspec

from console.hubspot.errors import Invalid
from console.hubspot.model import ObjectType

UID = "hs_object_id"
_UID_NAMES = frozenset({"_id", "id", "uid", "__uid__"})


class ObjectClass(msgspec.Struct, frozen=True):
    """One object class: `name_attribute` is what people know a record by."""

    name: str
    object_type: ObjectType
    name_attribute: str
    modified: str

    def property_of(self, attribute: str) -> str:
        """HubSpot's property for an attribute of a filter: `_id` and `__NAME__` are the framework's own names."""
        lowered = attribute.lower()
        if lowered in _UID_NAMES:
            return UID
        return self.name_attribute if lowered == "__name__" else attribute


ALL = "__ALL__"
"""Contacts and companies together, which can be searched and nothing else."""
DEFINITION_CLASSES: dict[str, ObjectType] = {"contactProperties": "contacts", "companyProperties": "companies"}
"""Object classes whose objects are the property definitions of a type."""
OBJECT_CLASSES = ("company", "contactProperties", ALL, "companyProperties", "contact")
"""Every object class, in the order in which the connector tells them (identity facts, A1)."""

CLASSES = {
    "contact": ObjectClass("contact", "contacts", "email", "lastmodifieddate"),
    "company": ObjectClass("company", "companies", "name", "hs_lastmodifieddate"),
}


def object_class(name: str) -> ObjectClass:
    """The class of that name.

    Raises:
        Invalid: there is none.
    """
    found = CLASSES.get(name)
    if found is None:
        raise Invalid(f"There is no object class {name}.", advice=f"Use one of: {', '.join(CLASSES)}.")
    return found
