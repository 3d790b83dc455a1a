"""Making, changing and archiving property definitions and groups. Facts: section 8."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from console.simulator.clock import iso
from console.simulator.portal import Portal
from console.simulator.problems import ApiError, error, invalid
from console.simulator.schema import Definition, Group, Shown

MAX_UNIQUE = 10
MAX_CUSTOM = 1000
FIELD_TYPES = {
    "bool": ("booleancheckbox", "calculation_equation"),
    "enumeration": ("booleancheckbox", "checkbox", "radio", "select", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date",),
    "string": ("file", "text", "textarea", "calculation_equation", "html", "phonenumber"),
    "number": ("number", "calculation_equation"),
    "phone_number": ("phonenumber",),
}
WITH_OPTIONS = ("bool", "enumeration")
HINTS = ("currencyPropertyName", "dateDisplayHint", "numberDisplayHint", "showCurrencySymbol", "textDisplayHint")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")


class NewOption(msgspec.Struct, rename="camel"):
    """An option as it is sent: all but the description is needed."""

    label: str
    value: str
    display_order: int
    hidden: bool
    description: str = ""


class Changes(msgspec.Struct, kw_only=True, rename="camel"):
    """Body of PATCH /crm/properties/{version}/{objectType}/{name}; what is not sent stays."""

    label: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    field_type: str | UnsetType = UNSET
    group_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    options: list[NewOption] | UnsetType = UNSET
    display_order: int | UnsetType = UNSET
    form_field: bool | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    has_unique_value: bool | UnsetType = UNSET
    calculation_formula: str | UnsetType = UNSET
    currency_property_name: str | UnsetType = UNSET
    date_display_hint: str | UnsetType = UNSET
    number_display_hint: str | UnsetType = UNSET
    show_currency_symbol: bool | UnsetType = UNSET
    text_display_hint: str | UnsetType = UNSET


class NewProperty(Changes):
    """Body of POST /crm/properties/{version}/{objectType}."""

    name: str
    label: str
    type: str
    field_type: str
    group_name: str
    external_options: bool = False
    referenced_object_type: str = ""
    data_sensitivity: str = "non_sensitive"


class NewGroup(msgspec.Struct, rename="camel"):
    """Body of POST /crm/properties/{version}/{objectType}/groups."""

    name: str
    label: str
    display_order: int = -1


class GroupChanges(msgspec.Struct, rename="camel"):
    """Body of PATCH on a group."""

    label: str | UnsetType = UNSET
    display_order: int | UnsetType = UNSET


class Writer:
    """Writes the definitions of one object type."""

    def __init__(self, portal: Portal, object_type: str) -> None:
        self._portal = portal
        self._type = object_type
        self._schema = portal.schema
        self._known = portal.schema.types[object_type]
        self._archived = portal.schema.archived[object_type]

    def create(self, new: NewProperty) -> Definition:
        """Make a custom property; the name of an archived one brings it back."""
        name = new.name.lower() if self._portal.switches.property_names == "lowered" else new.name
        if not _NAME.match(name):
            raise invalid(
                f"Property name '{new.name}' is not valid: it must begin with a letter and hold only lower-case "
                "letters, digits and underscores, at most 100."
            )
        if name in self._known:
            raise _taken(f"A property named '{name}' already exists.", "Properties.PROPERTY_WITH_NAME_EXISTS")
        self._check_room(unique=new.has_unique_value is True)
        now = iso(self._portal.now_ms())
        flags = "U" if new.has_unique_value is True else ""
        made = Definition(
            name=name,
            label=new.label,
            type=new.type,
            field_type=new.field_type,
            group=new.group_name,
            flags=flags,
            referenced=new.referenced_object_type,
            custom_since=now,
        )
        made = self._changed(made, new, now)
        self._archived.pop(name, None)
        self._known[name] = made
        if flags:
            self._portal.tables[self._type].make_unique(name)
        return made

    def update(self, name: str, changes: Changes) -> Definition:
        """Change a property; of one that HubSpot defined at most the options."""
        present = self._schema.get(self._type, name)
        rights = present.as_json()["modificationMetadata"]
        touched = {key for key, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
        if rights["readOnlyDefinition"] and touched - {"options"}:
            raise invalid(f"Property '{name}' is defined by HubSpot; its definition is read only.")
        if rights["readOnlyOptions"] and "options" in touched:
            raise invalid(f"The options of property '{name}' are read only.")
        if changes.has_unique_value not in (UNSET, "U" in present.flags):
            raise invalid("hasUniqueValue can only be set when a property is created.")
        changed = self._changed(present, changes, iso(self._portal.now_ms()))
        self._known[name] = changed
        return changed

    def archive(self, name: str) -> None:
        """Archive a custom property that nothing uses."""
        present = self._schema.get(self._type, name)
        if not present.custom_since:
            raise invalid(f"Property '{name}' is defined by HubSpot and cannot be archived.")
        if name in self._schema.in_use.get(self._type, ()) or self._portal.rules.uses(self._type, name):
            raise invalid(
                f"Property '{name}' cannot be deleted because it is in use.",
                subCategory="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
            )
        del self._known[name]
        self._archived[name] = msgspec.structs.replace(present, archived_at=iso(self._portal.now_ms()))
        self._portal.tables[self._type].unique.pop(name, None)

    def create_group(self, new: NewGroup) -> Group:
        """Make a property group."""
        groups = self._schema.groups[self._type]
        if not _NAME.match(new.name):
            raise invalid(f"Property group name '{new.name}' is not valid.")
        if new.name in groups:
            raise _taken(f"A property group named '{new.name}' already exists.", "PropertyGroups.GROUP_EXISTS")
        groups[new.name] = made = Group(name=new.name, label=new.label, display_order=new.display_order)
        return made

    def update_group(self, name: str, changes: GroupChanges) -> Group:
        """Change the label or the place of a group."""
        changed = {key: value for key, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
        group = msgspec.structs.replace(self._schema.group(self._type, name), **changed)
        self._schema.groups[self._type][name] = group
        return group

    def archive_group(self, name: str) -> None:
        """Archive a group without properties."""
        self._schema.group(self._type, name)
        if any(definition.group == name for definition in self._known.values()):
            raise invalid(
                f"Property group '{name}' has active properties.",
                subCategory="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
            )
        del self._schema.groups[self._type][name]

    def _check_room(self, *, unique: bool) -> None:
        custom = [definition for definition in self._known.values() if definition.custom_since]
        if len(custom) >= MAX_CUSTOM:
            raise invalid(f"An object type can have at most {MAX_CUSTOM} custom properties.")
        if unique and sum("U" in definition.flags for definition in custom) >= MAX_UNIQUE:
            raise invalid(f"An object type can have at most {MAX_UNIQUE} properties with unique values.")

    def _changed(self, present: Definition, changes: Changes, now: str) -> Definition:
        """`present` with what was sent; ApiError 400 if the result makes no sense."""
        fields = {
            "label": changes.label,
            "type": changes.type,
            "field_type": changes.field_type,
            "group": changes.group_name,
            "description": changes.description,
            "order": changes.display_order,
            "form_field": changes.form_field,
        }
        changed = msgspec.structs.replace(
            present,
            **{key: value for key, value in fields.items() if value is not UNSET},
            more=present.more | _more(changes),
            flags=_flags(present, changes),
            updated=now,
        )
        if changed.group not in self._schema.groups[self._type]:
            raise invalid(f"Property group '{changed.group}' does not exist.")
        if changed.field_type not in FIELD_TYPES.get(changed.type, ()):
            raise invalid(f"Field type '{changed.field_type}' is not allowed for type '{changed.type}'.")
        if "C" in changed.flags and "calculationFormula" not in changed.more and changed.custom_since:
            raise invalid("A calculation_equation property needs a calculationFormula.")
        if changes.options is not UNSET:
            options = changes.options
            changed.options = [(option.value, option.label) for option in options]
            changed.shown = {
                option.value: Shown(option.description, option.display_order, option.hidden) for option in options
            }
        _check_options(changed)
        return changed


def _flags(present: Definition, changes: Changes) -> str:
    flags = set(present.flags)
    if changes.hidden is not UNSET:
        flags = flags | {"H"} if changes.hidden else flags - {"H"}
    field_type = present.field_type if changes.field_type is UNSET else changes.field_type
    if present.custom_since:
        calculated = {"R", "C"}
        flags = flags | calculated if field_type == "calculation_equation" else flags - calculated
    return "".join(sorted(flags))


def _more(changes: Changes) -> dict[str, Any]:
    sent = msgspec.to_builtins(changes)
    return {key: sent[key] for key in ("calculationFormula", *HINTS) if key in sent}


def _check_options(definition: Definition) -> None:
    options = definition.options
    if options and definition.type not in WITH_OPTIONS:
        raise invalid(f"A property of type '{definition.type}' cannot have options.")
    if len({value for value, _ in options}) < len(options) or len({label for _, label in options}) < len(options):
        raise invalid("The values and the labels of options must be unique.")
    if any(not value or not label or ";" in value for value, label in options):
        raise invalid("An option needs a label and a value without semicolons.")
    plain_bool = definition.type == "bool" and "C" not in definition.flags
    if plain_bool and {value for value, _ in options} != {"true", "false"}:
        raise invalid("A property of type 'bool' needs the two options true and false.")


def _taken(message: str, sub_category: str) -> ApiError:
    return error(409, message, "OBJECT_ALREADY_EXISTS", subCategory=sub_category)
