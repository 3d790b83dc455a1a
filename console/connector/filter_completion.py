"""What may stand next in a query filter that is being written: properties, operators, options, `and`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from console.connector.classes import object_class
from console.connector.filter_nodes import OPERATORS
from console.connector.filter_parser import FilterError, parse
from console.connector.filter_types import SIZED, Schema, kind_of
from console.connector.query import build_query
from console.hubspot.errors import HubSpotError

State = Literal["attribute", "operator", "value", "joint"]
MOST = 40
_OPERATOR_WORDS = {
    "eq": "equals", "co": "contains", "sw": "starts with", "ew": "ends with", "lt": "less than", "le": "at most",
    "gt": "more than", "ge": "at least", "ca": "one of its values is", "pr": "has a value",
}  # fmt: skip
_JOINTS = {"and": "both", "or": "either"}


class Offer(NamedTuple):
    """One completion: what to write, and what it means."""

    text: str
    note: str = ""


class Completion(NamedTuple):
    """What is offered for the part of the text from `start` to `end`; the cursor goes behind it."""

    start: int
    end: int
    offers: tuple[Offer, ...]
    state: State = "attribute"

    def taken(self, text: str, offer: Offer) -> tuple[str, int]:
        """The text with an offer in it, and where the cursor stands then."""
        after = text[self.end :]
        put = offer.text if after.startswith((" ", ")")) else f"{offer.text} "
        return text[: self.start] + put + after, self.start + len(put)


def complete(text: str, cursor: int, schema: Schema) -> Completion:
    """What may stand where the cursor is. Nothing is offered where anything may stand, such as a text's own value."""
    state, attribute, start = _state(text[:cursor])
    end = cursor
    while end < len(text) and text[end] not in " \t()\"'":
        end += 1
    typed = text[start:cursor]
    if state == "attribute":
        offers = _attributes(typed.lstrip("!"), schema)
        start += len(typed) - len(typed.lstrip("!"))
    elif state == "operator":
        offers = _operators(typed, attribute, schema)
    elif state == "joint":
        offers = _starting(typed, _JOINTS.items()) if text[start - 1 : start] not in ('"', "'") else []
    else:
        offers = _values(typed, attribute, schema)
    return Completion(start, end, tuple(offers[:MOST]), state)


def unfinished(text: str) -> FilterError | None:
    """What is wrong with a filter that is being written; what its end may still mend is not wrong yet."""
    try:
        parse(text)
    except FilterError as error:
        return error
    return None


def at_end(error: FilterError) -> bool:
    """Whether writing on may mend it: it ends too early, in a quote or a parenthesis, or within a word."""
    text = error.text
    open_end = error.message in ("this quote is not closed", "this parenthesis is not closed")
    last_word = error.position + len(text[error.position :].split(" ")[0]) >= len(text)
    return open_end or error.position >= len(text.rstrip()) or (last_word and not text.endswith(" "))


def _state(before: str) -> tuple[State, str, int]:
    """What is being written at the end of a text, the attribute it belongs to, and where it begins."""
    state: State = "attribute"
    attribute = ""
    position = 0
    while position < len(before):
        character = before[position]
        if character in " \t\r\n":
            position += 1
            continue
        if character in "()":
            state = "attribute" if character == "(" else "joint"
            position += 1
            continue
        start = position
        position = _word_end(before, start)
        if position >= len(before) and not _closed(before, start):
            return state, attribute, start
        word = before[start:position]
        attribute = word if state == "attribute" else attribute
        state = _after(state, word)
    return state, attribute, len(before)


def _word_end(text: str, start: int) -> int:
    quote = text[start]
    position = start + 1
    if quote in "\"'":
        while position < len(text) and text[position] != quote:
            position += 2 if text[position] == "\\" else 1
        return min(len(text), position + 1)
    while position < len(text) and text[position] not in " \t\r\n()\"'":
        position += 1
    return position


def _closed(text: str, start: int) -> bool:
    """Whether the last word of a text is a quoted one that has ended."""
    return text[start] in "\"'" and len(text) > start + 1 and text[-1] == text[start] and text[-2:-1] != "\\"


def _after(state: State, word: str) -> State:
    lowered = word.lower()
    if state == "attribute":
        if word == "!":
            return "attribute"
        return "joint" if lowered in ("true", "false") else "operator"
    if state == "operator":
        return "joint" if lowered == "pr" else "value"
    if state == "value":
        return "joint"
    return "attribute" if lowered in ("and", "or") else "joint"


def _attributes(typed: str, schema: Schema) -> list[Offer]:
    """Properties that begin with what is typed, then those that have it anywhere in name or label."""
    wanted = typed.lower()
    names = sorted(schema)
    first = [name for name in names if name.startswith(wanted)]
    rest = [name for name in names if not name.startswith(wanted) and wanted]
    more = [name for name in rest if wanted in name or wanted in schema[name].label.lower()]
    return [Offer(name, schema[name].label or schema[name].type) for name in [*first, *more]]


def _operators(typed: str, attribute: str, schema: Schema) -> list[Offer]:
    kind = kind_of(attribute, schema)
    fitting = ("eq", "lt", "le", "gt", "ge", "pr") if kind in SIZED else (*OPERATORS, "pr")
    return _starting(typed, [(name, _OPERATOR_WORDS[name]) for name in fitting])


def _values(typed: str, attribute: str, schema: Schema) -> list[Offer]:
    """The options of a choice; of a date its form."""
    definition = schema.get(attribute)
    if definition is None:
        return []
    if definition.type == "bool" and not definition.options:
        return _starting(typed, [("true", ""), ("false", "")])
    wanted = typed.lstrip("\"'").lower()
    return [
        Offer(f'"{option.value}"', option.label if option.label != option.value else "")
        for option in definition.options
        if (option.value.lower().startswith(wanted) or option.label.lower().startswith(wanted))
        and not set(option.value) & {'"', "\\"}
    ]


def _starting(typed: str, pairs: Iterable[tuple[str, str]]) -> list[Offer]:
    return [Offer(text, note) for text, note in pairs if text.startswith(typed.lower())]


def wrong(cls: str, text: str, schema: Schema) -> FilterError | None:
    """What is wrong with a filter on a class; without a schema only what is wrong with any."""
    error = unfinished(text)
    if error is not None or not schema:
        return error
    try:
        build_query(object_class(cls), schema, filter=text)
    except FilterError as found:
        return found
    except HubSpotError:
        return None  # too long to be sent, or the like: the search says so
    return None
