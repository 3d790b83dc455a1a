"""A query filter on one object: a HubSpot record's properties, or what a source delivered.

Texts are compared as HubSpot's search does, without regard to case; numbers and moments by their size where both
sides are such. Of an attribute with several values any one decides. What is not there matches nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence

from console.connector.filter_nodes import Always, And, Compare, Filter, Not, Or, Present, Value

SECONDARY_EMAILS = "hs_additional_emails"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")


def matches(node: Filter, values: Mapping[str, object]) -> bool:
    """Whether the object with these attributes is one that the filter means."""
    if isinstance(node, And):
        for clause in node.clauses:  # noqa: SIM110 - one frame per level: filters nest up to 256 deep
            if not matches(clause, values):
                return False
        return True
    if isinstance(node, Or):
        for clause in node.clauses:  # noqa: SIM110 - the same
            if matches(clause, values):
                return True
        return False
    if isinstance(node, Not):
        return not matches(node.clause, values)
    if isinstance(node, Always):
        return node.value
    found = _found(node.path, values)
    if isinstance(node, Present):
        return any(one not in (None, "") for one in found)
    return any(_compare(node, one) for one in [*found, *_secondary(node, values)] if one is not None)


def _found(path: Sequence[str], values: Mapping[str, object]) -> list[object]:
    """The attribute's values, of which there may be none."""
    whole = "/".join(path)
    if whole in values:
        return _several(values[whole])
    present: list[object] = [values]
    for part in path:
        following: list[object] = []
        for one in present:
            if isinstance(one, Mapping) and part in one:
                following += _several(one[part])
        present = following
    return present


def _several(value: object) -> list[object]:
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    return [value]


def _secondary(node: Compare, values: Mapping[str, object]) -> Iterable[str]:
    """A contact is found by each of its addresses."""
    if node.path == ("email",) and node.operator == "eq":
        more = values.get(SECONDARY_EMAILS)
        if isinstance(more, str):
            return [address.strip() for address in more.split(";")]
    return ()


def _compare(node: Compare, found: object) -> bool:
    if node.operator == "eq":
        return _equal(found, node.value)
    text, wanted = _text(found).lower(), _text(node.value).lower()
    if node.operator == "co":
        return wanted in text
    if node.operator == "sw":
        return text.startswith(wanted)
    if node.operator == "ew":
        return text.endswith(wanted)
    if node.operator == "ca":
        return _equal(found, node.value) or wanted in [part.strip() for part in text.split(";")]
    order = _order(found, node.value)
    if node.operator in ("lt", "le"):
        return order < 0 or (order == 0 and node.operator == "le")
    return order > 0 or (order == 0 and node.operator == "ge")


def _equal(found: object, wanted: Value) -> bool:
    if isinstance(wanted, bool) or isinstance(found, bool):
        return _text(found).lower() == _text(wanted).lower()
    if isinstance(wanted, int | float) or isinstance(found, int | float):
        left, right = number(found), number(wanted)
        return left is not None and left == right
    text, other = _text(found), _text(wanted)
    if text.lower() == other.lower():
        return True
    left_moment, right_moment = moment(text), moment(other)
    return left_moment is not None and left_moment == right_moment


def _order(found: object, wanted: Value) -> int:
    """Below 0, 0, above 0: what was found is smaller than, like, larger than what is wanted."""
    if not isinstance(found, bool) and not isinstance(wanted, bool):
        left, right = number(found), number(wanted)
        if left is None or right is None:
            # HubSpot's own form of a moment may be milliseconds on one side and a date on the other
            left_moment, right_moment = moment(_text(found)), moment(_text(wanted))
            left = left if left_moment is None else left_moment
            right = right if right_moment is None else right_moment
        if left is not None and right is not None:
            return (left > right) - (left < right)
    text, other = _text(found).lower(), _text(wanted).lower()
    return (text > other) - (text < other)


def number(value: object) -> float | None:
    """The number that a value is or writes."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return float(text) if _NUMBER.fullmatch(text) and text.isascii() else None


def moment(text: str) -> float | None:
    """Milliseconds since 1970 of an ISO date or date and time; without a zone it is UTC, as in HubSpot."""
    text = text.strip()
    if not _MOMENT.fullmatch(text):
        return None
    try:
        # Python 3.11 takes six digits of a second at most
        parsed = dt.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=dt.UTC)
    return (parsed - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(milliseconds=1)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, str) else str(value)
