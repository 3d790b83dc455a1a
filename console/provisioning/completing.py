"""What may come next in an expression: fields of the source after `source.`, functions everywhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from console.provisioning.functions import FUNCTIONS, MEMBERS

_FIELD = re.compile(r"source\.\??([A-Za-z0-9_]*)\Z")
_KEYED = re.compile(r"""source\[\??(["'])([^"']*)\Z""")
_MEMBER = re.compile(r"[\w)\]\"']\.([A-Za-z]*)\Z")
_WORD = re.compile(r"(?<![\w.])([A-Za-z]\w*)\Z")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What may be put in: `text` in place of the characters from `start` to the cursor; `shown` is how it is offered."""

    text: str
    start: int
    shown: str


def completions(text: str, cursor: int, fields: Sequence[str], limit: int = 12) -> list[Completion]:
    """What fits at the cursor, the best first; empty within a fixed text and where nothing was begun."""
    before = text[:cursor]
    if match := _KEYED.search(before):
        return _of(match[2], match.start(2), [(name, f"{name}{match[1]}]") for name in fields], limit)
    if _within_text(before):
        return []
    if match := _FIELD.search(before):
        return _fields(match[1], match.start(1), fields, limit)
    if match := _MEMBER.search(before):
        return _of(match[1], match.start(1), [(name, f"{name}(") for name in MEMBERS], limit)
    if match := _WORD.search(before):
        known = [("source", "source."), *((name, f"{name}(") for name in (*FUNCTIONS, "has"))]
        return _of(match[1], match.start(1), known, limit)
    return []


def apply(text: str, cursor: int, chosen: Completion) -> tuple[str, int]:
    """The text with the completion in it, and where the cursor stands then."""
    done = text[: chosen.start] + chosen.text
    return done + text[cursor:], len(done)


def _fields(begun: str, start: int, fields: Sequence[str], limit: int) -> list[Completion]:
    """Plain names after the dot; others are written source["name"], in place of the dot, too."""
    found = []
    for name in _sorted(begun, fields):
        if _PLAIN.match(name):
            found.append(Completion(text=name, start=start, shown=name))
        else:
            found.append(Completion(text=f'["{name}"]', start=start - 1, shown=f'["{name}"]'))
    return found[:limit] if [one.shown for one in found] != [begun] else []


def _of(begun: str, start: int, known: Sequence[tuple[str, str]], limit: int) -> list[Completion]:
    written = dict(known)
    found = [Completion(text=written[name], start=start, shown=name) for name in _sorted(begun, list(written))]
    return found[:limit]


def _sorted(begun: str, names: Sequence[str]) -> list[str]:
    """Those that begin so, then those that hold it; letter case does not count."""
    low = begun.casefold()
    begin = [name for name in names if name.casefold().startswith(low)]
    return begin + [name for name in names if low and low in name.casefold() and name not in begin]


def _within_text(before: str) -> bool:
    """Whether the cursor stands in a fixed text."""
    quote = ""
    at = 0
    while at < len(before):
        one = before[at]
        if quote and one == "\\":
            at += 1
        elif quote:
            quote = "" if one == quote else quote
        elif one in "\"'":
            quote = one
        at += 1
    return bool(quote)
