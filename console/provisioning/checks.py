"""What the schema of the portal says about a mapping, found before anything is read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping as Dict

from console.hubspot.model import PropertyDefinition
from console.journal.model import Action, Problem, Situation
from console.provisioning.deletion import deletion_problems
from console.provisioning.mapping import RECORD_ID, Mapping
from console.provisioning.situations import Policy

KEYS = {"contact": ("email", RECORD_ID), "company": ("domain", RECORD_ID)}
"""What records are found by besides properties with unique values; several companies may have one domain."""


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
        elif row.name == RECORD_ID:
            if row.name not in mapping.correlate:
                problems.append(
                    _problem(
                        mapping, row.line, row.name, f"{row.name} is read-only", "Name it in correlate, or remove it."
                    )
                )
        elif not definition.writable:
            why = "calculated by HubSpot" if definition.calculated else "read-only"
            problems.append(
                _problem(mapping, row.line, row.name, f"{row.name} is {why}", "Remove it from [properties].")
            )
    for key in mapping.correlate:
        definition = schema.get(key)
        if definition is None or key in KEYS[mapping.target] or definition.unique:
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
    deleting = deletion_problems(mapping.deletion, schema, mapping.target, mapping.path)
    return problems + deleting + _creatable(mapping, schema)


def _creatable(mapping: Mapping, schema: Dict[str, PropertyDefinition]) -> list[Problem]:
    """Without a key that HubSpot holds unique, a create that is interrupted could happen twice."""
    known = [key for key in mapping.correlate if key in schema]
    creates = Action.CREATE in (Policy(mapping.policy).action(at) for at in (Situation.ABSENT, Situation.MISSING))
    if (
        not creates
        or not known
        or mapping.allow_unkeyed_creates
        or any(is_unique(mapping.target, key, schema) for key in known)
    ):
        return []
    what = " and ".join(known)
    return [
        _problem(
            mapping,
            mapping.lines.get("correlate", 0),
            known[0],
            f"HubSpot may hold two records with one {what}, so a {mapping.target} could be created twice after a crash",
            "Name a property with unique values too, such as hubspoke_source_id, or write allow_unkeyed_creates = true.",
        )
    ]


def is_unique(target: str, key: str, schema: Dict[str, PropertyDefinition]) -> bool:
    """Whether HubSpot refuses a second record with the same value of a property that can be written."""
    if target == "contact" and key == "email":
        return True
    return key != RECORD_ID and key in schema and schema[key].unique


def unique_keys(target: str, schema: Dict[str, PropertyDefinition]) -> list[str]:
    """Properties that a record can be found by."""
    keys = ["email"] if target == "contact" else []
    return keys + [name for name in schema if is_unique(target, name, schema) and name not in keys]


def _problem(mapping: Mapping, line: int, field: str, message: str, remedy: str) -> Problem:
    return Problem(message=message, remedy=remedy, file=mapping.path, line=line or None, field=field)
