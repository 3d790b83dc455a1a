"""The built-in schema: what every HubSpot account has for contacts and companies, known without asking.

The data file holds facts only: names, types, field types, groups, flags and the values of options. Portals have more
properties and options than these, so what is not in it is not thereby wrong.
"""

from __future__ import annotations

from functools import cache

import msgspec

from console.connector.classes import DEFINITION_CLASSES
from console.hubspot.model import Option, PropertyDefinition


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """One property; flags: R read-only, C calculated, H hidden, U unique."""

    name: str
    type: str
    field_type: str
    group: str = ""
    flags: str = ""
    options: tuple[str, ...] = ()


@cache
def default_schema(cls: str) -> dict[str, PropertyDefinition]:
    """The built-in properties of an object class by name; those of definitions are HubSpot's own form of them.

    Raises:
        KeyError: there is no schema for that class.
    """
    from importlib.resources import files  # milliseconds that only this needs

    data = files("console.connector").joinpath("data/default_schema.json").read_bytes()
    rows = msgspec.json.decode(data, type=dict[str, list[_Row]])
    return {row.name: _definition(row) for row in rows["definition" if cls in DEFINITION_CLASSES else cls]}


def _definition(row: _Row) -> PropertyDefinition:
    return PropertyDefinition(
        name=row.name,
        label=row.name,
        type=row.type,
        field_type=row.field_type,
        group_name=row.group,
        options=tuple(Option(value=value, label=value) for value in row.options),
        read_only="R" in row.flags,
        calculated="C" in row.flags,
        hidden="H" in row.flags,
        unique="U" in row.flags,
    )
