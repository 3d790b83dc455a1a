"""What a scope can ask for: the columns of a mapping's source, as far as they can be told without asking a server."""

from __future__ import annotations

from console.hubspot.model import PropertyDefinition
from console.provisioning.errors import PlanRefused
from console.provisioning.mappings import Mappings
from console.sources.errors import SourceError
from console.sources.opening import open_source, scheme_of


def scope_schema(mappings: Mappings, name: str) -> dict[str, PropertyDefinition]:
    """The columns of the file that a mapping reads, for completion; none where it is no file, or cannot be read."""
    try:
        mapping = mappings.load(name)
        if scheme_of(mapping.source):
            return {}
        columns = open_source(mapping.source, base=mapping.base, types=mapping.types).columns() or ()
    except (PlanRefused, SourceError):
        return {}
    return {
        column: PropertyDefinition(name=column, type=_KINDS.get(mapping.types.get(column, ""), "string"))
        for column in columns
    }


_KINDS = {"bool": "bool", "int": "number", "float": "number", "date": "date", "datetime": "datetime"}
