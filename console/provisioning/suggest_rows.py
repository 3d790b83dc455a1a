"""What a mapping does not say yet: properties that a field of the source looks like."""

from __future__ import annotations

from collections.abc import Mapping as Dict

import msgspec

from console.hubspot.model import PropertyDefinition
from console.provisioning.lowering import references
from console.provisioning.mapping import Mapping
from console.provisioning.suggest import match_fields, row_value
from console.provisioning.suggest_fields import fields
from console.sources.model import Preview


class RowSuggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could be added, and why: how full the field is, how many values it has."""

    name: str
    label: str
    expression: str
    column: str
    filled: float
    distinct: int


def suggest_rows(mapping: Mapping, preview: Preview, schema: Dict[str, PropertyDefinition]) -> list[RowSuggestion]:
    """Rows for properties that have none, by the names of the fields and by what is in them."""
    seen = fields(preview)
    mapped = {row.name for row in mapping.rows}
    used = {name for row in mapping.rows for name in references(row.value)[0] | references(row.value)[1]}
    free = {name: one for name, one in schema.items() if name not in mapped}
    unused = [field for field in seen if field.name not in used and field.name != mapping.source_id]
    found = match_fields(unused, mapping.target, free)
    return [
        RowSuggestion(
            name=name,
            label=schema[name].label,
            expression=row_value(name, field, schema[name]),
            column=field.name,
            filled=field.column.filled,
            distinct=field.column.distinct,
        )
        for name, field in found.items()
    ]
