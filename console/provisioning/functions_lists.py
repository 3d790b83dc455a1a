"""Functions of mappings on lists, on values that may be missing, and on tables of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.provisioning.functions_text import BadArgument, text_of


def coalesce(*values: Any) -> Any:
    """The first value that is not blank; "" when all are. A field that a person does not have is a blank here."""
    return next((value for value in values if not _blank(value)), "")


def first_of(value: Any) -> Any:
    """The first element of a list that is not blank; a single value as it is: directories send either."""
    if isinstance(value, list):
        return coalesce(*value)
    return "" if value is None else value


def join_filled(values: Any, separator: Any) -> str:
    """The elements that are not blank as one text; CEL's own join() takes blanks along and refuses numbers."""
    parts = [_part("joinFilled", value) for value in _list(values)]
    return text_of("joinFilled", separator).join(part for part in parts if part)


def options(values: Any) -> str:
    """The values of a property with several choices, as HubSpot writes them: `a;b`, without blanks and repetitions."""
    parts = [_part("options", value) for value in _list(values)]
    for part in parts:
        if ";" in part and isinstance(values, list):
            raise BadArgument(f"{part[:60]!r} holds the semicolon that HubSpot parts choices with")
    chosen = (piece.strip() for part in parts for piece in part.split(";"))
    return ";".join(dict.fromkeys(piece for piece in chosen if piece))


def lookup(value: Any, table: Any, otherwise: Any) -> Any:
    """What a table has for a value, compared without case and blanks at the ends; else `otherwise`."""
    if not isinstance(table, Mapping):
        raise BadArgument(f"lookup() takes a table in braces, not {type(table).__name__}")
    if value in table and isinstance(value, str):
        return table[value]
    wanted = _part("lookup", value).casefold()
    if not wanted:
        return otherwise
    return next((found for key, found in table.items() if _part("lookup", key).casefold() == wanted), otherwise)


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _part(function: str, value: Any) -> str:
    """An element as text, in the words of HubSpot and CEL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return text_of(function, value).strip()
