"""The values of a write, made what HubSpot takes and judged against the schema before anything is sent."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from console.connector.canonical import BadValue, Converter
from console.hubspot.model import Properties, PropertyDefinition

ValueKind = Literal[
    "unknown", "read-only", "required", "option", "owner", "number", "bool", "date", "datetime", "email", "phone",
    "several", "text",
]  # fmt: skip
"""What is wrong with a value: the kind that it is not, or why no value can be given at all."""

_DIGIT = re.compile(r"\d")
_EXACT = 2**53


class ValueProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One property whose value cannot be sent, or may be refused. `message` and `nearest` may hold foreign text."""

    field: str
    kind: ValueKind
    message: str
    remedy: str = ""
    nearest: str = ""


class CheckedValues(NamedTuple):
    """What would be sent (None clears), what forbids sending it, and what HubSpot may say no to."""

    properties: Properties
    problems: tuple[ValueProblem, ...]
    warnings: tuple[ValueProblem, ...]


def check_values(
    schema: Mapping[str, PropertyDefinition],
    properties: Mapping[str, Any],
    *,
    creating: bool,
    strict: bool,
    required: Collection[str] = (),
) -> CheckedValues:
    """Judge the values of one write; blank texts, empty lists and None clear.

    `strict` is for the account's own schema: what is not in it does not exist. With the built-in one, properties and
    options that it does not know are let through with a warning. `required` are the properties that a new record needs.
    """
    judge = _Judge(schema, strict)
    sent: Properties = {}
    for name, value in properties.items():
        judge.take(name, value, sent)
    if creating:
        for name in required:
            if not sent.get(name) and not judge.named(name):
                judge.problem(name, "required", f"{name} is required", f"Give a value: {name}=...")
        sent = {name: value for name, value in sent.items() if value is not None}
    return CheckedValues(sent, tuple(judge.problems), tuple(judge.warnings))


class _Judge:
    def __init__(self, schema: Mapping[str, PropertyDefinition], strict: bool) -> None:
        self._schema = schema
        self._strict = strict
        self.problems: list[ValueProblem] = []
        self.warnings: list[ValueProblem] = []

    def take(self, name: str, value: Any, sent: Properties) -> None:
        """Put the value into `sent`, or say why not."""
        definition = self._schema.get(name)
        if definition is None:
            self._unknown(name)
            if self._strict:
                return
            definition = PropertyDefinition(name=name)
        elif not definition.writable:
            why = "calculated by HubSpot" if definition.calculated else "read-only"
            self.problem(name, "read-only", f"{name} is {why}: its value cannot be set", "Leave it out.")
            return
        try:
            sent[name] = self._text(definition, value) or None
        except BadValue as bad:
            self._bad(definition, bad, value, sent)
            return
        if _is_phone(definition) and sent[name] and not _DIGIT.search(sent[name] or ""):
            self._warn(
                name, "phone", f"{name} has no digit in it", "HubSpot keeps it as it is; a phone number has digits."
            )

    def problem(self, name: str, kind: ValueKind, message: str, remedy: str, nearest: str = "") -> None:
        """Something that must not be sent."""
        self.problems.append(ValueProblem(field=name, kind=kind, message=message, remedy=remedy, nearest=nearest))

    def named(self, name: str) -> bool:
        """Whether a problem speaks of that property already."""
        return any(problem.field == name for problem in self.problems)

    def _warn(self, name: str, kind: ValueKind, message: str, remedy: str, nearest: str = "") -> None:
        self.warnings.append(ValueProblem(field=name, kind=kind, message=message, remedy=remedy, nearest=nearest))

    def _text(self, definition: PropertyDefinition, value: Any) -> str:
        if isinstance(value, float) and value.is_integer() and abs(value) > _EXACT:
            raise BadValue(f"{value!r} is a number whose last digits were lost", "Give it as text.", kind="number")
        if definition.name in self._schema:
            return Converter(definition).canonical(value)
        if isinstance(value, list | tuple):  # nobody knows whether it takes several: HubSpot's form of them is this
            return ";".join(filter(None, (Converter(definition).canonical(item) for item in value)))
        return Converter(definition).canonical(value)

    def _unknown(self, name: str) -> None:
        near = difflib.get_close_matches(name, self._schema, 1, 0.6)
        nearest = near[0] if near else ""
        if self._strict:
            advice = f"Did you mean {nearest}?" if nearest else "List them with: hubspoke schema CLASS"
            self.problem(name, "unknown", f"there is no property {name}", advice, nearest)
            return
        meant = f"Did you mean {nearest}? " if nearest else ""
        self._warn(
            name,
            "unknown",
            f"the built-in schema does not know {name}",
            f"{meant}readSchema=true reads the properties that the account has.",
            nearest,
        )

    def _bad(self, definition: PropertyDefinition, bad: BadValue, value: Any, sent: Properties) -> None:
        name = definition.name
        if bad.kind != "option" or self._strict:
            self.problem(name, bad.kind, bad.message, bad.remedy, bad.nearest)
            return
        free = msgspec.structs.replace(definition, options=())
        try:
            sent[name] = self._text(free, value) or None
        except BadValue as worse:
            self.problem(name, worse.kind, worse.message, worse.remedy)
            return
        meant = f"Did you mean {bad.nearest}? " if bad.nearest else ""
        advice = f"{meant}readSchema=true reads the options that the account has."
        self._warn(name, "option", f"{bad.message} in the built-in schema", advice, bad.nearest)


def _is_phone(definition: PropertyDefinition) -> bool:
    return definition.type == "phone_number" or definition.field_type == "phonenumber"
