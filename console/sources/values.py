"""Text made into the types that a mapping asks for: `[types] active = "bool"`."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from console.journal.model import Problem

TRUE = frozenset({"true", "yes", "y", "1", "on", "t"})
FALSE = frozenset({"false", "no", "n", "0", "off", "f"})


def _bool(text: str) -> bool:
    lowered = text.lower()
    if lowered in TRUE:
        return True
    if lowered in FALSE:
        return False
    raise ValueError("is neither true nor false")


_INT = re.compile(r"[+-]?[0-9]+\Z")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")


def _int(text: str) -> int:
    if len(text) > 20 or not _INT.match(text):
        raise ValueError("is not a whole number")
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise ValueError("is too large")
    return value


def _number(text: str) -> float | int:
    if _INT.match(text):
        return _int(text)
    if not _NUMBER.match(text):
        raise ValueError("is not a number")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("is not a finite number")
    return value


def _date(text: str) -> str:
    return dt.date.fromisoformat(text).isoformat()


def _list(text: str) -> list[str]:
    return [item.strip() for item in text.split(";") if item.strip()]


CONVERTERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "bool": _bool,
    "int": _int,
    "number": _number,
    "date": _date,
    "list": _list,
}
EXPECTED = {
    "bool": "true or false (also yes/no, 1/0)",
    "int": "a whole number such as 42",
    "number": "a number such as 42 or 3.5, without thousands separators",
    "date": "a date such as 2026-11-21",
    "list": "values separated by semicolons",
    "string": "text",
}


def apply_types(values: dict[str, Any], types: Mapping[str, str], *, file: str, line: int) -> Problem | None:
    """Convert the typed fields of a row in place; a blank becomes None. Answers the first misfit."""
    for name, kind in types.items():
        value = values.get(name)
        if not isinstance(value, str) or kind == "string":
            continue
        text = value.strip()
        if not text:
            values[name] = [] if kind == "list" else None
            continue
        try:
            values[name] = CONVERTERS[kind](text)
        except ValueError:
            return Problem(
                message=f"{name} is not of type {kind}: {text[:80]!r}",
                remedy=f"Write {EXPECTED[kind]}, or change the type in the mapping's [types].",
                file=file,
                line=line,
                field=name,
            )
    return None
