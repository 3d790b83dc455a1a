"""How records become rows: columns of the chosen properties, cells by their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from console.hubspot.model import PropertyDefinition, Record
from screens.widgets.paged_rows import Row
from screens.widgets.record_table import Column

Schema = Mapping[str, PropertyDefinition]
PLURALS = {"contact": "contacts", "company": "companies"}
DAYS = frozenset({"date", "datetime"})
_KNOWN = {
    "email": ("E-mail", 24, 2),
    "firstname": ("First name", 12, 0),
    "lastname": ("Last name", 13, 1),
    "company": ("Company", 16, 1),
    "jobtitle": ("Job title", 16, 1),
    "city": ("City", 12, 0),
    "country": ("Country", 12, 0),
    "name": ("Name", 26, 2),
    "domain": ("Domain", 20, 1),
    "industry": ("Industry", 16, 1),
    "numberofemployees": ("Employees", 9, 0),
    "lastmodifieddate": ("Changed", 10, 0),
    "hs_lastmodifieddate": ("Changed", 10, 0),
    "createdate": ("Created", 10, 0),
    "phone": ("Phone", 16, 0),
}
"""Title, width and share of what is left, of what is usually shown; it needs no schema."""
_KNOWN_DAYS = frozenset({"lastmodifieddate", "hs_lastmodifieddate", "createdate"})
_ID = Column("Id", 12, right=True, name="hs_object_id")


def columns_of(names: Sequence[str], schema: Schema) -> list[Column]:
    """The columns of these properties, the id at the end."""
    return [*(_column(name, schema.get(name)) for name in names), _ID]


def _column(name: str, definition: PropertyDefinition | None) -> Column:
    if name in _KNOWN:
        title, width, grow = _KNOWN[name]
        return Column(title, width, grow, right=name == "numberofemployees", name=name)
    title = (definition.label if definition is not None else "") or name
    if definition is not None and definition.type in DAYS:
        return Column(title, 10, name=name)
    if definition is not None and definition.type == "number":
        return Column(title, max(8, min(14, len(title))), right=True, name=name)
    return Column(title, max(10, min(18, len(title))), 1, name=name)


def row_maker(names: Sequence[str], schema: Schema) -> Callable[[Record], Row]:
    """What turns a record into cells; of moments the day."""
    cuts = tuple(
        (name, 10 if name in _KNOWN_DAYS or (name in schema and schema[name].type in DAYS) else None) for name in names
    )

    def make(record: Record) -> Row:
        have = record.properties
        return Row((*((have.get(name) or "")[:cut] for name, cut in cuts), record.id))

    return make


def next_sort(sort: str, name: str) -> str:
    """Up, down, not at all."""
    if sort == name:
        return f"-{name}"
    return "" if sort == f"-{name}" else name
