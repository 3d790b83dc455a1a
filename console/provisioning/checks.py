"""What the schema of the portal says about a mapping, found before anything is read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping as Dict

from console.hubspot.model import PropertyDefinition
from console.journal.model import Problem
from console.provisioning.mapping import Mapping


def against_schema(mapping: Mapping, schema: Dict[str, PropertyDefinition]) -> list[Problem]:
    """Unknown and read-only properties, and correlation keys that are not unique."""
    problems: list[Problem] = []
    for row in mapping.active:
        definition = schema.get(row.name)
        if definition is None:
            near = difflib.get_close_matches(row.name, schema, 1, 0.6)
            problems.append(
                _problem(
                    mapping,
                    row.line,
                    row.name,
                    f"HubSpot has no {mapping.target} property {row.name}",
                    f"Did you mean {near[0]}?"
                    if near
                    else f"See hubspoke schema {mapping.target}; or create it in HubSpot.",
                )
            )
        elif not definition.writable:
            why = "calculated by HubSpot" if definition.calculated else "read-only"
            problems.append(
                _problem(mapping, row.line, row.name, f"{row.name} is {why}", "Remove it from [properties].")
            )
    for key in mapping.correlate:
        definition = schema.get(key)
        if definition is None or (mapping.target == "contact" and key == "email") or definition.unique:
            continue
        unique = ", ".join(unique_keys(mapping.target, schema)) or "none"
        problems.append(
            _problem(
                mapping,
                mapping.lines.get("correlate", 0),
                key,
                f"{key} is not unique in HubSpot, so it cannot tell one {mapping.target} from another",
                f"Unique properties of a {mapping.target} here: {unique}. Create one such as hubspoke_source_id "
                "(unique values), or leave correlate empty and write allow_unkeyed_creates = true.",
            )
        )
    return problems


def unique_keys(target: str, schema: Dict[str, PropertyDefinition]) -> list[str]:
    """Properties that a record can be found by."""
    keys = ["email"] if target == "contact" else []
    return keys + [name for name, definition in schema.items() if definition.unique and name not in keys]


def _problem(mapping: Mapping, line: int, field: str, message: str, remedy: str) -> Problem:
    return Problem(message=message, remedy=remedy, file=mapping.path, line=line or None, field=field)
