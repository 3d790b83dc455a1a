"""Property definitions: HubSpot's default ones from the packaged data file, and custom ones made at run time."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec

from console.simulator.credentials import USER_ID
from console.simulator.problems import ApiError, error, not_found

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
EDITABLE_OPTIONS = ("hs_lead_status",)  # defined by HubSpot, yet their options are the account's own


class Shown(NamedTuple):
    """What an option has besides value and label."""

    description: str
    order: int
    hidden: bool


class Definition(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """One property as the data file and the store keep it; flags: R read-only, C calculated, H hidden, U unique."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    flags: str = ""
    options: list[tuple[str, str]] = []
    shown: dict[str, Shown] = {}
    referenced: str = ""
    description: str = ""
    custom_since: str = ""
    updated: str = ""
    archived_at: str = ""
    order: int = -1
    form_field: bool | None = None
    more: dict[str, Any] = {}

    @property
    def settable(self) -> bool:
        """Whether the API takes values for it."""
        return "R" not in self.flags and "C" not in self.flags

    def as_json(self) -> dict[str, Any]:
        """The property as the properties API returns it."""
        body: dict[str, Any] = {
            "updatedAt": self.updated or self.custom_since or BORN,
            "createdAt": self.custom_since or BORN,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [self._option(number, value, label) for number, (value, label) in enumerate(self.options)],
            "displayOrder": self.order,
            "calculated": "C" in self.flags,
            "externalOptions": bool(self.referenced),
            "hasUniqueValue": "U" in self.flags,
            "hidden": "H" in self.flags,
        }
        if self.referenced:
            body["referencedObjectType"] = self.referenced
        if self.custom_since:
            body |= {"createdUserId": str(USER_ID), "updatedUserId": str(USER_ID)}
        else:
            body["hubspotDefined"] = True
        body |= {"archived": bool(self.archived_at), **self._rights(), "dataSensitivity": "non_sensitive", **self.more}
        if self.archived_at:
            body["archivedAt"] = self.archived_at
        return body

    def _option(self, number: int, value: str, label: str) -> dict[str, Any]:
        shown = self.shown.get(value, Shown("", number, hidden=False))
        return {
            "label": label,
            "value": value,
            "description": shown.description,
            "displayOrder": shown.order,
            "hidden": shown.hidden,
        }

    def _rights(self) -> dict[str, Any]:
        read_only, custom = "R" in self.flags, bool(self.custom_since)
        offered = not read_only and "H" not in self.flags
        return {
            "modificationMetadata": {
                "archivable": custom,
                "readOnlyDefinition": not custom,
                "readOnlyOptions": not custom and self.name not in EDITABLE_OPTIONS,
                "readOnlyValue": read_only,
            },
            "formField": offered if self.form_field is None else self.form_field,
        }


class Group(msgspec.Struct, kw_only=True, rename="camel"):
    """A property group."""

    name: str
    label: str
    display_order: int = -1
    archived: bool = False


class Schema:
    """The definitions of both object types; `schema_writes` changes them."""

    def __init__(self) -> None:
        data = files("console.simulator").joinpath("data/properties.json").read_bytes()
        loaded = msgspec.json.decode(data, type=dict[str, list[Definition]])
        self.types = {name: {d.name: d for d in loaded[name]} for name in OBJECT_TYPES}
        self.archived: dict[str, dict[str, Definition]] = {name: {} for name in OBJECT_TYPES}
        self.groups = {name: _groups(loaded[name]) for name in OBJECT_TYPES}
        self.in_use: dict[str, set[str]] = {}

    def listed(self, object_type: str, *, archived: bool = False) -> list[dict[str, Any]]:
        """All properties of a type, or the archived ones."""
        found = self.archived if archived else self.types
        return [definition.as_json() for definition in found[object_type].values()]

    def get(self, object_type: str, name: str, *, archived: bool = False) -> Definition:
        """One property; 404 if there is none of that name."""
        definition = (self.archived if archived else self.types)[object_type].get(name)
        if definition is None:
            raise not_found()
        return definition

    def group(self, object_type: str, name: str) -> Group:
        """One property group; 404 if there is none of that name."""
        group = self.groups[object_type].get(name)
        if group is None:
            raise not_found()
        return group

    def custom(self) -> dict[str, list[Definition]]:
        """Definitions made or changed here, archived ones too, for saving."""
        return {
            name: [
                d for d in (*self.types[name].values(), *self.archived[name].values()) if d.custom_since or d.updated
            ]
            for name in OBJECT_TYPES
        }

    def restore(self, object_type: str, saved: Iterable[Definition]) -> None:
        """Take saved definitions back."""
        for definition in saved:
            kept = self.archived if definition.archived_at else self.types
            kept[object_type][definition.name] = definition
            group = Group(name=definition.group, label=definition.group)
            self.groups[object_type].setdefault(definition.group, group)


def _groups(definitions: list[Definition]) -> dict[str, Group]:
    names = dict.fromkeys(definition.group for definition in definitions)
    return {name: Group(name=name, label=name.replace("_", " ").capitalize()) for name in names}


def object_type(name: str) -> str:
    """`contact`, `contacts` or `0-1` -> `contacts`; anything else is HubSpot's 400 without a category."""
    found = ALIASES.get(name)
    if found is None:
        raise _unknown_type(name)
    return found


def _unknown_type(name: str) -> ApiError:
    return error(400, f"Unable to infer object type from: {name}")
