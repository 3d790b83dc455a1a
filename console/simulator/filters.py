"""Search filters as predicates over records. Facts: operators and case rules of section 5."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from console.simulator.associations import CONTACTS
from console.simulator.objects import Objects
from console.simulator.problems import invalid
from console.simulator.schema import ALIASES, Definition
from console.simulator.store import Record
from console.simulator.values import milliseconds

Predicate = Callable[[Record], bool]
Key = str | float
OPERATORS = (
    "LT",
    "LTE",
    "GT",
    "GTE",
    "EQ",
    "NEQ",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
)
ASSOCIATED = "associations."
_TOKEN = re.compile(r"[^\W_]+")


class Filter(msgspec.Struct, rename="camel"):
    """One condition of a group."""

    property_name: str = ""
    operator: str = ""
    value: Any = None
    high_value: Any = None
    values: list[Any] | None = None


class Group(msgspec.Struct):
    """Conditions that must all hold."""

    filters: list[Filter]


def compile_filter(objects: Objects, condition: Filter) -> Predicate:
    """The predicate of one condition; ApiError 400 if it makes no sense."""
    if condition.property_name.startswith(ASSOCIATED):
        return _associated(objects, condition)
    definition = objects.definitions.get(condition.property_name)
    if definition is None:
        raise invalid(f"There was a problem with the request. Unknown property '{condition.property_name}' in a filter")
    if condition.operator not in OPERATORS:
        raise invalid(f"Invalid input JSON: operator '{condition.operator}' is not one of {', '.join(OPERATORS)}")
    name, operator = definition.name, condition.operator
    text = text_of(objects, name)
    if operator.endswith("HAS_PROPERTY"):
        wanted = operator == "HAS_PROPERTY"
        return lambda record: bool(text(record)) is wanted
    if operator in ("IN", "NOT_IN"):
        return _member(objects, definition, condition)
    value = _given(condition.value, condition)
    if operator.endswith("CONTAINS_TOKEN"):
        matches = token_matcher(value)
        wanted = operator == "CONTAINS_TOKEN"
        return lambda record: (found := text(record)) is not None and matches(found) is wanted
    return _comparison(objects, definition, condition, value)


def _associated(objects: Objects, condition: Filter) -> Predicate:
    """`associations.company` EQ or IN ids: the records associated with one of them."""
    name = condition.property_name.removeprefix(ASSOCIATED)
    if ALIASES.get(name) in (None, objects.type):
        raise invalid(f"There was a problem with the request. Unknown property '{condition.property_name}' in a filter")
    if condition.operator not in ("EQ", "IN"):
        raise invalid(f"Operator {condition.operator} is not supported for '{condition.property_name}'")
    given = (condition.values or []) if condition.operator == "IN" else [condition.value]
    others = [int(text) for text in map(str, given) if text.isascii() and text.isdigit()]
    associations = objects.portal.associations
    if objects.type == CONTACTS:
        ids = {id_ for other in others for id_ in associations.contacts_of(other)}
    else:
        ids = {id_ for other in others for id_, _ in associations.companies_of(other)}
    return lambda record: record.id in ids


def text_of(objects: Objects, name: str) -> Callable[[Record], str | None]:
    """The quickest way to a property's text."""
    if name not in objects.computed_names:
        return lambda record: record.values.get(name)
    return lambda record: objects.value(record, name)


def key_of(objects: Objects, definition: Definition) -> Callable[[Record], Key | None]:
    """The value as it is compared and sorted: numbers and moments as numbers, text in lower case."""
    name = definition.name
    if name == "hs_object_id":
        return lambda record: record.id
    if name in ("createdate", "hs_createdate"):
        return lambda record: record.created
    if name in ("lastmodifieddate", "hs_lastmodifieddate"):
        return lambda record: record.updated
    text, convert = text_of(objects, name), _converter(definition)

    def key(record: Record) -> Key | None:
        found = text(record)
        return convert(found) if found else None

    return key


def _comparison(objects: Objects, definition: Definition, condition: Filter, value: str) -> Predicate:
    key, convert, operator = key_of(objects, definition), _converter(definition), condition.operator
    low = convert(value)
    if low is None:
        raise invalid(f"Invalid value '{value}' for property '{definition.name}' of type {definition.type}")
    if operator == "BETWEEN":
        high = convert(_given(condition.high_value, condition))
        if high is None:
            raise invalid(f"Invalid highValue for property '{definition.name}' of type {definition.type}")
        return lambda record: (k := key(record)) is not None and low <= k <= high  # type: ignore[operator]
    if definition.type == "enumeration" and operator in ("EQ", "NEQ"):
        return _has_option(text_of(objects, definition.name), frozenset((value,)), wanted=operator == "EQ")
    compare = _COMPARE[operator]
    return lambda record: (k := key(record)) is not None and compare(k, low)


def _member(objects: Objects, definition: Definition, condition: Filter) -> Predicate:
    """IN and NOT_IN: text is kept in lower case, so values with capitals never match."""
    if not condition.values:
        raise invalid(f"Operator {condition.operator} of property '{definition.name}' needs values")
    wanted = condition.operator == "IN"
    if definition.type == "enumeration":
        options = frozenset(str(value) for value in condition.values)
        return _has_option(text_of(objects, definition.name), options, wanted=wanted)
    key, text_like = key_of(objects, definition), definition.type in ("string", "phone_number")
    convert = _converter(definition)
    members = {str(value) if text_like else convert(str(value)) for value in condition.values}
    return lambda record: (k := key(record)) is not None and (k in members) is wanted


def _has_option(text: Callable[[Record], str | None], options: frozenset[str], *, wanted: bool) -> Predicate:
    """A multi-checkbox has an option if it is one of its values."""

    def has(record: Record) -> bool:
        found = text(record)
        return bool(found) and (not options.isdisjoint((found or "").split(";"))) is wanted

    return has


def token_matcher(value: str) -> Callable[[str], bool]:
    """Whether a text has the token, or all tokens; `*` stands for any characters."""
    lowered = value.strip().lower()
    if "*" in lowered:
        pattern = re.compile(".*".join(re.escape(part) for part in lowered.split("*")) + r"\Z", re.DOTALL)
        return lambda text: any(pattern.match(token) for token in _tokens(text.lower()))
    wanted = _TOKEN.findall(lowered) or [lowered]

    def matches(text: str) -> bool:
        low = text.lower()
        return low == lowered or set(wanted) <= set(_TOKEN.findall(low))

    return matches


def _tokens(text: str) -> list[str]:
    return [text, *text.split(), *_TOKEN.findall(text)]


def _given(value: Any, condition: Filter) -> str:
    if value is None or value == "":
        raise invalid(f"Operator {condition.operator} of property '{condition.property_name}' needs a value")
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _converter(definition: Definition) -> Callable[[str], Key | None]:
    if definition.type == "number":
        return _number
    if definition.type in ("date", "datetime"):
        return milliseconds
    if definition.type in ("enumeration", "bool"):
        return lambda text: text
    return str.lower


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
    "EQ": lambda a, b: a == b,
    "NEQ": lambda a, b: a != b,
}
