"""A new record before it is made: what it needs, and whether its unique values are anybody's already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from console.connector.classes import object_class
from console.connector.connector_object import ConnectorObject
from console.connector.errors import InvalidAttributeValue
from console.connector.operations import Operations
from console.connector.sheet import Field, Sheet, schema_of

_COMMON = {
    "contact": ("firstname", "lastname", "phone", "company", "jobtitle", "lifecyclestage"),
    "company": ("domain", "phone", "city", "country", "industry"),
}


class Blank(NamedTuple):
    """A record that is not there yet: its class as a sheet, and the properties that it needs."""

    sheet: Sheet
    required: tuple[str, ...]

    def locked(self, name: str) -> str:
        """Why the new record cannot have the property; "" where it can."""
        definition = self.sheet.schema.get(name)
        if definition is not None and not definition.writable:
            return "HubSpot calculates it" if definition.calculated else "HubSpot sets it itself: read-only"
        try:
            self.sheet.kind.incoming({**dict.fromkeys(self.required, "-"), name: "-"}, creating=True)
        except InvalidAttributeValue as refused:
            return refused.message
        return ""

    @property
    def offered(self) -> list[str]:
        """The properties that it is asked for at first: what it needs, unique ones, common ones."""
        common = [self.sheet.kind.given_name(name) for name in _COMMON.get(self.sheet.kind.native, ())]
        unique = [name for name, one in self.sheet.schema.items() if one.unique]
        known = [name for name in (*unique, *common) if name in self.sheet.schema]
        names = dict.fromkeys([*self.required, *known])
        return [name for name in names if not self.locked(name)]

    @property
    def others(self) -> list[str]:
        """The writable properties that it can have besides, by name."""
        return sorted(name for name in set(self.sheet.schema) - set(self.offered) if not self.locked(name))


async def blank_record(operations: Operations, cls: str) -> Blank:
    """What a new record of a class is made of."""
    kind = operations.types.find(cls)
    sheet = Sheet(
        found=ConnectorObject(object_class=cls, uid="", name="", attributes={}),
        schema=await schema_of(operations, cls),
        live=operations.connector.live_schema,
        kind=kind,
    )
    name = kind.given_name(object_class(kind.native).name_attribute)
    configured = operations.connector.profile.icf.attributes(cls)
    required = [name, *(given for given, one in configured.items() if one.required)]
    return Blank(sheet, tuple(dict.fromkeys(required)))


def field(sheet: Sheet, name: str, value: str | None = None) -> Field:
    """One property of it, to be edited."""
    return Field(name=name, value=value, definition=sheet.schema.get(name))


async def holders(operations: Operations, sheet: Sheet, values: Mapping[str, str]) -> dict[str, str]:
    """The uid of the record that has each unique value already; nothing for a value that is free.

    Raises:
        HubSpotError: HubSpot did not answer.
    """
    found: dict[str, str] = {}
    for name in unique(sheet, values):
        native = sheet.kind.native_name(name)
        (outcome,) = await operations.connector.find(sheet.kind.native, native, [values[name]])
        if outcome.record is not None:
            found[name] = outcome.record.id
    return found


def unique(sheet: Sheet, names: Iterable[str]) -> list[str]:
    """The properties among these by which HubSpot lets a record exist once."""
    email = sheet.kind.given_name("email") if sheet.kind.native == "contact" else ""
    return [name for name in names if name == email or ((one := sheet.schema.get(name)) is not None and one.unique)]
