"""What a filter means by the types of HubSpot's properties.

Text is compared without regard to case, numbers and moments by their size, choices option by option: of a
multi-checkbox any chosen option decides. A value that is no number (or moment) where one is wanted is a mistake.
Properties whose type is not known are compared as `filter_match` does.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal

from console.connector.classes import UID
from console.connector.filter_match import SECONDARY_EMAILS, matches, moment, number
from console.connector.filter_nodes import Always, And, Compare, Filter, Not, Or, Present, Value
from console.connector.filter_parser import Clause
from console.hubspot.model import PropertyDefinition

Kind = Literal["text", "phone", "number", "date", "datetime", "choice", "unknown"]
Values = Mapping[str, str | None]
Test = Callable[[Values], bool]
Schema = Mapping[str, PropertyDefinition]
SIZED = frozenset({"number", "date", "datetime"})
SIZES = {"eq": operator.eq, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}
_BY_TYPE: dict[str, Kind] = {
    "number": "number",
    "date": "date",
    "datetime": "datetime",
    "enumeration": "choice",
    "bool": "choice",
    "phone_number": "phone",
}
_FORMS = {
    "number": "a number",
    "date": 'a date: write "2025-11-03", or milliseconds since 1970',
    "datetime": 'a moment: write "2025-11-03", "2025-11-03T23:36:13Z", or milliseconds since 1970',
}

_OPTIONS_NAMED = 8


def kind_of(name: str, schema: Schema) -> Kind:
    """How HubSpot compares the values of a property."""
    if name == UID:
        return "number"
    definition = schema.get(name)
    if definition is None:
        return "choice" if name == SECONDARY_EMAILS else "unknown"
    if definition.field_type == "phonenumber":
        return "phone"
    return _BY_TYPE.get(definition.type, "text")


def several(name: str, schema: Schema) -> bool:
    """Whether a property holds a list, with semicolons between."""
    definition = schema.get(name)
    return name == SECONDARY_EMAILS or (definition is not None and definition.field_type == "checkbox")


def plain(value: Value) -> str:
    """A literal as HubSpot writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value if isinstance(value, str) else str(value)


def size(value: Value, kind: Kind) -> float | None:
    """A literal as the number that it is compared by; of a moment its whole milliseconds."""
    if isinstance(value, bool):
        return None
    found = number(value)
    if kind == "number":
        return found
    if found is None:
        found = moment(value) if isinstance(value, str) else None
    return None if found is None or not math.isfinite(found) else math.floor(found)


def mistake(clause_operator: str, value: Value | None, name: str, schema: Schema) -> str:
    """What is wrong with comparing this property with this value; empty where nothing is."""
    kind = kind_of(name, schema)
    if kind not in SIZED or clause_operator not in SIZES or value is None or size(value, kind) is not None:
        return ""
    return f"{name} is {_FORMS[kind]}"


def optionless(name: str, schema: Schema) -> bool:
    """Whether a property holds choices of which the schema tells none."""
    definition = schema.get(name)
    return definition is not None and definition.type == "enumeration" and not definition.options


def option_note(clause: Clause, schema: Schema) -> str:
    """What is to be said of a comparison with a choice that the property does not offer; empty where it does."""
    definition = schema.get(clause.attribute)
    if (
        clause.operator != "eq"
        or definition is None
        or clause.value is None
        or kind_of(definition.name, schema) != "choice"
    ):
        return ""
    offered = [option.value for option in definition.options] or (
        ["true", "false"] if definition.type == "bool" else []
    )
    wanted = plain(clause.value).lower()
    if wanted in [value.lower() for value in offered] or not offered:
        return ""
    more = " ..." if len(offered) > _OPTIONS_NAMED else ""
    return f'{definition.name} has no option "{wanted}"; there are {", ".join(offered[:_OPTIONS_NAMED])}{more}'


def predicate(node: Filter, schema: Schema) -> Test:
    """The filter as a test of one record's values; that of `hs_object_id` is the record's id."""
    if isinstance(node, Not):
        inner = predicate(node.clause, schema)
        return lambda values: not inner(values)
    if isinstance(node, And | Or):
        tests: list[Test] = []
        for clause in node.clauses:
            tests.append(predicate(clause, schema))  # noqa: PERF401 - one frame per level: filters nest up to 256 deep
        return _every(tests) if isinstance(node, And) else _any(tests)
    if isinstance(node, Always):
        answer = node.value
        return lambda _: answer
    name = node.attribute
    if isinstance(node, Present):
        return lambda values: bool(values.get(name))
    kind = kind_of(name, schema)
    if kind == "unknown":
        return lambda values: bool(values.get(name)) and matches(node, values)
    if kind in SIZED and node.operator in SIZES:
        return _sized(node, kind)
    return _texts(node, many=several(name, schema))


def _every(tests: list[Test]) -> Test:
    def test(values: Values) -> bool:
        for one in tests:  # noqa: SIM110 - one frame per level
            if not one(values):
                return False
        return True

    return test


def _any(tests: list[Test]) -> Test:
    def test(values: Values) -> bool:
        for one in tests:  # noqa: SIM110 - one frame per level
            if one(values):
                return True
        return False

    return test


def _sized(node: Compare, kind: Kind) -> Test:
    bound, compare, name = size(node.value, kind), SIZES[node.operator], node.attribute

    def test(values: Values) -> bool:
        text = values.get(name)
        found = size(text, kind) if text else None
        return found is not None and bound is not None and bool(compare(found, bound))

    return test


def _texts(node: Compare, *, many: bool) -> Test:
    """The operators on texts, lower case on both sides."""
    name, wanted, contains = node.attribute, plain(node.value).lower(), node.operator == "ca"
    too = SECONDARY_EMAILS if name == "email" and node.operator == "eq" else ""
    compare: Callable[[str], bool] = {
        "eq": lambda text: text == wanted,
        "ca": lambda text: text == wanted,
        "co": lambda text: wanted in text,
        "sw": lambda text: text.startswith(wanted),
        "ew": lambda text: text.endswith(wanted),
        "lt": lambda text: text < wanted,
        "le": lambda text: text <= wanted,
        "gt": lambda text: text > wanted,
        "ge": lambda text: text >= wanted,
    }[node.operator]

    def test(values: Values) -> bool:
        text = (values.get(name) or "").lower()
        if text and not many and compare(text):
            return True
        if (many or contains) and any(map(compare, _parts(text))):
            return True
        return bool(too) and any(map(compare, _parts((values.get(too) or "").lower())))

    return test


def _parts(text: str) -> list[str]:
    return [part for part in [one.strip() for one in text.split(";")] if part]
