"""A query filter as a tree. Every node's `str` is a filter that parses to the same tree."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Union

import msgspec

Value = str | bool | int | float
OPERATORS = ("eq", "co", "sw", "ew", "lt", "le", "gt", "ge", "ca")
_KEYWORDS = frozenset({"and", "or", "true", "false", "not"})
_PLAIN = re.compile(r"[^\s()\"'/%~!]+")
_UNSAFE = re.compile(r"[\s()\"'/%~\x00-\x20\x7f]")


class Compare(msgspec.Struct, frozen=True, tag=True):
    """`attribute operator value`; `path` has one part per level of the attribute."""

    path: tuple[str, ...]
    operator: str
    value: Value

    @property
    def attribute(self) -> str:
        """The attribute's name, levels separated by a slash."""
        return "/".join(self.path)

    def __str__(self) -> str:
        return f"{_pointer(self.path)} {self.operator} {_literal(self.value)}"

    def __eq__(self, other: object) -> bool:
        # 1, 1.0 and True are equal to Python and three different filters
        return (
            isinstance(other, Compare)
            and (self.path, self.operator, self.value) == (other.path, other.operator, other.value)
            and type(self.value) is type(other.value)
        )

    def __hash__(self) -> int:
        return hash((self.path, self.operator, self.value))


class Present(msgspec.Struct, frozen=True, tag=True):
    """`attribute pr`: it has a value."""

    path: tuple[str, ...]

    @property
    def attribute(self) -> str:
        """The attribute's name, levels separated by a slash."""
        return "/".join(self.path)

    def __str__(self) -> str:
        return f"{_pointer(self.path)} pr"


class Always(msgspec.Struct, frozen=True, tag=True):
    """`true` or `false`."""

    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


class Not(msgspec.Struct, frozen=True, tag=True):
    """`!(clause)`."""

    clause: Filter

    def __str__(self) -> str:
        return _render(self)


class And(msgspec.Struct, frozen=True, tag=True):
    """`clause and clause ...`."""

    clauses: tuple[Filter, ...]

    def __str__(self) -> str:
        return _render(self)


class Or(msgspec.Struct, frozen=True, tag=True):
    """`clause or clause ...`."""

    clauses: tuple[Filter, ...]

    def __str__(self) -> str:
        return _render(self)


Filter = Union[And, Or, Not, Compare, Present, Always]  # noqa: UP007 - the nodes above name it before it exists


def attributes(node: Filter) -> Iterator[str]:
    """The attributes that a filter looks at, each as often as it does."""
    pending = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, And | Or):
            pending.extend(node.clauses)
        elif isinstance(node, Not):
            pending.append(node.clause)
        elif isinstance(node, Compare | Present):
            yield node.attribute


def renamed(node: Filter, name: Callable[[str], str]) -> Filter:
    """The same filter with every attribute of one level named anew."""
    if isinstance(node, And | Or):
        clauses: list[Filter] = []
        for clause in node.clauses:
            clauses.append(renamed(clause, name))  # noqa: PERF401 - one frame per level: filters nest up to 256 deep
        return type(node)(tuple(clauses))
    if isinstance(node, Not):
        return Not(renamed(node.clause, name))
    if isinstance(node, Compare) and len(node.path) == 1:
        return Compare((name(node.path[0]),), node.operator, node.value)
    if isinstance(node, Present) and len(node.path) == 1:
        return Present((name(node.path[0]),))
    return node


def _render(node: Filter) -> str:
    """The text, without recursion: filters nest up to 256 deep."""
    pieces: list[str] = []
    pending: list[Filter | str] = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            pieces.append(one)
        elif isinstance(one, Not):
            pending += [")", one.clause, "!("]
        elif isinstance(one, And | Or):
            word, grouped = (" and ", And | Or) if isinstance(one, And) else (" or ", Or)
            for position, clause in enumerate(reversed(one.clauses)):
                pending += [word] if position else []
                pending += [")", clause, "("] if isinstance(clause, grouped) else [clause]
        else:
            pieces.append(str(one))
    return "".join(pieces)


def _pointer(path: tuple[str, ...]) -> str:
    if len(path) == 1 and _PLAIN.fullmatch(path[0]) and path[0].lower() not in _KEYWORDS:
        return path[0]
    return "".join([f"/{_UNSAFE.sub(_escaped, part)}" for part in path])


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character in "~/":
        return "~0" if character == "~" else "~1"
    return "".join([f"%{byte:02X}" for byte in character.encode()])


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        raise ValueError("a query filter has no infinite numbers")
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")
