"""What a mapping makes of one real person, value by value: what went in, what came out, what HubSpot would be sent."""

from __future__ import annotations

import difflib
from collections.abc import Mapping as Dict
from typing import Any, Literal

import msgspec

from console.connector.canonical import BadValue, Converter
from console.connector.filter import matches
from console.hubspot.model import PropertyDefinition
from console.journal.model import Problem
from console.provisioning.explain import Clause, clauses
from console.provisioning.expressions import ExpressionError, compile_condition, compile_expression
from console.provisioning.functions import BadArgument
from console.provisioning.lowering import references
from console.provisioning.mapping import RECORD_ID, Mapping, MappingRow
from console.sources.model import SourceRow

Fate = Literal["sent", "kept", "cleared", "created", "filled", "skipped", "draft", "key", "wrong"]
"""What becomes of a value: see FATES."""

FATES: Dict[Fate, str] = {
    "sent": "sent where HubSpot has another value",
    "kept": "blank: HubSpot keeps what it has",
    "cleared": "blank: what HubSpot has would be cleared",
    "created": "sent only when the record is created",
    "filled": "sent only where HubSpot has none",
    "skipped": "not sent: the condition is not true for this person",
    "draft": "not sent: the row is no active one",
    "key": "says which record is meant; it is not sent",
    "wrong": "this person cannot be sent",
}
_SHOWN = 200


class ValuePreview(msgspec.Struct, frozen=True, kw_only=True):
    """One property of one person.

    `inputs` are the fields that the expression reads, with what the person has there; `result` is what came out, `kind`
    in one word what that is, `canonical` how HubSpot keeps it.
    """

    name: str
    expression: str
    inputs: tuple[tuple[str, str], ...] = ()
    result: str = ""
    kind: str = ""
    canonical: str = ""
    fate: Fate = "sent"
    problem: Problem | None = None


class PersonPreview(msgspec.Struct, frozen=True, kw_only=True):
    """One person as the mapping sees them. `problem` is what is wrong with the source's row as a whole."""

    source_id: str
    label: str
    line: int
    in_scope: bool
    clauses: tuple[Clause, ...] = ()
    values: tuple[ValuePreview, ...] = ()
    problem: Problem | None = None

    @property
    def valid(self) -> bool:
        """Whether this person could be sent."""
        return self.problem is None and all(value.problem is None for value in self.values)


def preview_person(
    mapping: Mapping, row: SourceRow, schema: Dict[str, PropertyDefinition] | None, source: str = ""
) -> PersonPreview:
    """Every row of the mapping for this person; without a schema nobody knows how HubSpot would keep a value."""
    values = tuple(preview_value(one, row, schema, source, mapping.target) for one in mapping.rows)
    found = {value.name: value.canonical for value in values}
    key = mapping.correlate[0] if mapping.correlate else ""
    given = row.values.get(mapping.source_id) if mapping.source_id else found.get(key)
    name = " ".join(part for part in (found.get("firstname"), found.get("lastname")) if part)
    source_id = "" if given is None else str(given).strip()
    return PersonPreview(
        source_id=source_id,
        label=name or found.get("name") or found.get("email") or source_id,
        line=row.line,
        in_scope=mapping.filter is None or matches(mapping.filter, row.values),
        clauses=tuple(clauses(mapping.filter, row.values)) if mapping.filter is not None else (),
        values=values,
        problem=row.problem,
    )


def preview_value(
    row: MappingRow,
    person: SourceRow,
    schema: Dict[str, PropertyDefinition] | None,
    source: str = "",
    target: str = "contact",
) -> ValuePreview:
    """One row of a mapping for one person; never raises for what is wrong with either."""
    read, asked = references(row.value)
    also, more = references(row.when)
    inputs = tuple(
        (name, told(person.values, name)) for name in dict.fromkeys([*sorted(read | asked), *sorted(also | more)])
    )
    base = ValuePreview(name=row.name, expression=row.value, inputs=inputs)

    def wrong(message: str, remedy: str = "", line: int | None = None) -> ValuePreview:
        problem = Problem(message=message, remedy=remedy, field=row.name, file=source, line=line)
        return msgspec.structs.replace(base, fate="wrong", problem=problem)

    try:
        if row.when and compile_condition(row.when).eval(person.values) is not True:
            return msgspec.structs.replace(base, fate="skipped" if row.state == "active" else "draft")
        result = compile_expression(row.value).eval(person.values)
    except ExpressionError as error:
        return wrong(f"{error.message}\n{error.caret}", error.remedy)
    except BadArgument as error:
        return wrong(_missing(str(error)), "Mend the value in the source, or the expression.", person.line)
    base = msgspec.structs.replace(base, result=shown(result), kind=kind_of(result))
    try:
        canonical = _canonical(row.name, result, schema, target)
    except BadValue as error:
        return wrong(error.message, error.remedy, person.line)
    return msgspec.structs.replace(base, canonical=canonical, fate=_fate(row, canonical))


def misspelt(text: str, *, condition: bool = False) -> ExpressionError | None:
    """What is wrong with an expression (or a condition) as it is typed; None when nothing is."""
    try:
        compile_condition(text) if condition else compile_expression(text)
    except ExpressionError as error:
        return error
    return None


def _canonical(name: str, value: Any, schema: Dict[str, PropertyDefinition] | None, target: str) -> str:
    """How HubSpot keeps a value. Raises BadValue."""
    if schema is None:
        return "" if value is None else str(value).strip()
    definition = schema.get(name)
    if definition is None:
        near = difflib.get_close_matches(name, schema, 1, 0.6)
        remedy = f"Did you mean {near[0]}?" if near else f"See hubspoke schema {target}."
        raise BadValue(f"HubSpot has no {target} property {name}", remedy, kind="text")
    if not definition.writable and name != RECORD_ID:
        raise BadValue(f"{name} is read-only in HubSpot", "Remove the row.", kind="text")
    return Converter(definition).canonical(value)


def _fate(row: MappingRow, canonical: str) -> Fate:
    if row.state != "active":
        return "draft"
    if row.name == RECORD_ID:
        return "key"
    if not canonical:
        return "cleared" if row.empty == "clear" else "kept"
    fates: dict[str, Fate] = {"always": "sent", "create": "created", "if_empty": "filled"}
    return fates[row.write]


def _missing(message: str) -> str:
    """CEL's words for a missing field, as a person says them."""
    before, found, rest = message.partition('Key not found in map : "')
    return f"this person has no {rest.rstrip(chr(34))}" if found and not before else message


def told(values: Dict[str, Any], name: str) -> str:
    """What a person has in a field, in words where there is nothing to show."""
    if name not in values:
        return "(not there)"
    return shown(values[name]) or "(blank)"


def shown(value: Any) -> str:
    """A value on one line, not all of a long one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def kind_of(value: Any) -> str:
    """What a value is, in one word."""
    if value is None or value == "":
        return "blank"
    kinds = ((bool, "yes/no"), (str, "text"), (int, "number"), (float, "number"), (list, "list"), (dict, "table"))
    return next((word for kind, word in kinds if isinstance(value, kind)), type(value).__name__)
