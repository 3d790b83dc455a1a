"""The fields of a source as a suggestion sees them: columns, and what stands within nested values (SCIM, JSON)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from console.sources.model import Column, Preview

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RESERVED = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "null",
        "package",
        "namespace",
        "return",
        "true",
        "var",
        "void",
        "while",
    ]
)
_SAME_EVERYWHERE = ("csv", "excel", "sql", "unix")
"""Kinds of sources in which every record has every field."""
_OTHERS = re.compile(r"(?i)manager|assistant|supervisor|owner|creator|emergency")
_DETAILS = ("type", "primary", "display", "$ref")
_DEEPEST = 20


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field: what was seen of it, the expression that reads it, and the names it may go by, the exact one first.

    `whole` reads all values of a list. `plain` is one that every person has, as a single value; `top` one that can be a source_id.
    """

    column: Column
    value: str
    whole: str = ""
    words: tuple[str, ...]
    plain: bool = True
    top: bool = True

    @property
    def name(self) -> str:
        """How it is called."""
        return self.column.name

    @property
    def own(self) -> bool:
        """Whether it says something about the person, not about the manager."""
        return _OTHERS.search(self.name) is None


def fields(preview: Preview) -> list[Field]:
    """Every field of a preview; a nested value gives one for each part of it."""
    found: list[Field] = []
    for column in preview.columns:
        values = [row.values.get(column.name) for row in preview.rows]
        if any(_nested(value) for value in values):
            found += _parts(column.name, values)
        else:
            found.append(_flat(column, values, preview.kind))
    return found


def fold(name: str) -> str:
    """A name without case and signs."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def source_path(*names: str) -> str:
    """The expression that reads a field."""
    return "source" + "".join(_step(name) for name in names)


def _step(name: str) -> str:
    if _IDENTIFIER.match(name) and name not in _RESERVED:
        return f".{name}"
    escaped = "".join(
        f"\\u{ord(one):04x}" if not one.isprintable() and ord(one) < 0x10000 else f"\\{one}" if one in '\\"' else one
        for one in name
    )
    return f'["{escaped}"]'


def _flat(column: Column, values: list[Any], kind: str) -> Field:
    value = source_path(column.name)
    certain = column.filled >= 1.0 or kind in _SAME_EVERYWHERE
    several = any(isinstance(one, list) for one in values)
    if not certain:
        value = f'coalesce({value}, "")'
    whole = value
    if several:
        value = f"firstOf({value})"
    last = re.split(r"[./:\[\]]+", column.name.rstrip("]"))[-1]
    return Field(
        column=column,
        value=value,
        whole=whole,
        words=tuple(dict.fromkeys((fold(column.name), fold(last)))),
        plain=certain and not several,
    )


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


def _parts(name: str, values: list[Any]) -> Iterator[Field]:
    """What stands within a nested field; of a list, within its first element."""
    inner = [value[0] if isinstance(value, list) and value else value for value in values]
    index = "[0]" if any(isinstance(value, list) for value in values) else ""
    keys = dict.fromkeys(key for item in inner if isinstance(item, dict) for key in item if key not in _DETAILS)
    for key in list(keys)[:_DEEPEST]:
        seen = [item.get(key) if isinstance(item, dict) else None for item in inner]
        texts = [str(one) for one in seen if one not in (None, "")]
        if not texts or any(isinstance(one, dict | list) for one in seen):
            continue
        column = Column(name=f"{name}{index}.{key}", filled=len(texts) / len(values), distinct=len(set(texts)))
        path = f"{source_path(name)}{index}{_step(key)}"
        yield Field(
            column=column,
            value=path if column.filled >= 1.0 else f'coalesce({path}, "")',
            words=(fold(name),) if key == "value" else (fold(f"{name}{key}"), fold(key)),
            plain=False,
            top=False,
        )
