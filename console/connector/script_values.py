"""What may leave a script: the values that JSON knows."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

DEEPEST = 50
# what the sandbox hands out for functions, modules and the like: their description as text
_DESCRIPTION = re.compile(r"<(?:[a-z_]+ )*(?:function|coroutine|method|module|generator|object)\b[^\n]*>", re.ASCII)


class NotPlain(ValueError):
    """A value, or a part of it, is not one that JSON knows; the message says which."""


def plain(value: Any, place: str = "the result", depth: int = 0) -> Any:
    """`value` of what JSON knows: dates and decimals become text, tuples and sets lists.

    Raises:
        NotPlain: a part is something else, is not finite, or lies too deep.
    """
    if depth > DEEPEST:
        raise NotPlain(f"{place} is nested more than {DEEPEST} levels deep")
    if isinstance(value, Mapping):
        return {_key(key, place): plain(each, f"{place}[{key!r}]", depth + 1) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each, f"{place}[{at}]", depth + 1) for at, each in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return [plain(each, f"an element of {place}", depth + 1) for each in sorted(value, key=repr)]
    return _scalar(value, place)


def _scalar(value: Any, place: str) -> Any:
    if isinstance(value, str) and _DESCRIPTION.fullmatch(value):
        raise NotPlain(f"{place} is {value}")
    if isinstance(value, float) and not math.isfinite(value):
        raise NotPlain(f"{place} is the number {value}, which JSON does not have")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise NotPlain(f"{place} is a {type(value).__name__.removeprefix('Monty').removesuffix('Proxy')}")


def _key(key: Any, place: str) -> str:
    if not isinstance(key, str):
        raise NotPlain(f"{place} has the key {key!r}, which is not text")
    return key
