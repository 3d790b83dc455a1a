"""A TOML file changed one key at a time: the lines of that key are written anew, every other line stays as it is.

tomlkit writes the one key (it keeps its spelling and its comment); what stands around it is never parsed and put
together again, so that no blank line, no comment and no line ending of the operator's is lost.
"""

from __future__ import annotations

import copy
import itertools
import re
import tomllib
from collections.abc import Sequence
from typing import Any

import msgspec

from console.provisioning.tomlwords import toml_key, toml_text

Path = tuple[str, ...]
Value = str | bool | int | list[str] | dict[str, Any]

_HEADER = re.compile(r"\s*(\[\[?)")
_NEITHER = re.compile(r"\s*(#.*)?\r?\Z")
_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.|=|\])""")
_LONGEST = 400
"""Lines that one value may span."""


class NotEditable(ValueError):
    """A change that cannot be made by itself: the file is written in a way that only a human should change."""


class Entry(msgspec.Struct, frozen=True):
    """One key with its value: where it is, and its lines, the first to the last, both counted from 0."""

    path: Path
    first: int
    last: int


class Table(msgspec.Struct):
    """One table: its header's line, -1 for the top of the file, and the last line that is a key of it."""

    path: Path
    header: int
    last: int


class Layout:
    """Which lines of a file are what. Tables of an array are numbered: ("associate", "0")."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.entries: dict[Path, Entry] = {}
        self.tables: dict[Path, Table] = {(): Table((), -1, -1)}
        self._read()

    def _read(self) -> None:
        table, counts, at = self.tables[()], dict[Path, int](), 0
        while at < len(self.lines):
            line = self.lines[at]
            if header := _HEADER.match(line):
                table = self._table(line, header[1], counts, at)
            elif not _NEITHER.match(line):
                last = self._end(at)
                path = (*table.path, *_parts(line))
                self.entries[path] = Entry(path, at, last)
                table.last = at = last
            at += 1

    def _table(self, line: str, bracket: str, counts: dict[Path, int], at: int) -> Table:
        path = _parts(line[line.index(bracket) + len(bracket) :])
        if bracket == "[[":
            number = counts[path] = counts.get(path, -1) + 1
            path = (*path, str(number))
        table = Table(path, at, at)
        self.tables.setdefault(path, table)
        return self.tables[path]

    def _end(self, first: int) -> int:
        """The last line of the value that begins here: texts and lists may go on below."""
        for last in range(first, min(first + _LONGEST, len(self.lines))):
            try:
                tomllib.loads("\n".join(line.removesuffix("\r") for line in self.lines[first : last + 1]))
            except tomllib.TOMLDecodeError:
                continue
            return last
        raise NotEditable(f"line {first + 1} is not understood")


def put(text: str, path: Sequence[str], value: Value) -> str:
    """The text with this value. `path` leads through tables and inline tables; a new key comes after the last one.

    Raises NotEditable.
    """
    where = tuple(path)
    wanted = _put(tomllib.loads(text), where, value)
    layout = Layout(text)
    lines = list(layout.lines)
    end = "\r" if len(lines) > 1 and lines[0].endswith("\r") else ""
    if entry := layout.entries.get(where):
        lines[entry.first : entry.last + 1] = _rewritten(lines, entry, (), value)
    elif (entry := layout.entries.get(where[:-1])) is not None:
        lines[entry.first : entry.last + 1] = _rewritten(lines, entry, where[-1:], value)
    else:
        _insert(layout, lines, where, value, end)
    return _proven("\n".join(lines), wanted)


def drop(text: str, path: Sequence[str]) -> str:
    """The text without this key, or without this table and everything in it. Raises NotEditable."""
    where = tuple(path)
    wanted = _drop(tomllib.loads(text), where)
    layout = Layout(text)
    lines = list(layout.lines)
    if entry := layout.entries.get(where):
        del lines[entry.first : entry.last + 1]
    elif (entry := layout.entries.get(where[:-1])) is not None:
        lines[entry.first : entry.last + 1] = _rewritten(lines, entry, where[-1:], None)
    elif table := layout.tables.get(where):
        first = table.header
        while first and not lines[first - 1].strip():
            first -= 1
        del lines[first : table.last + 1]
    else:
        raise NotEditable(f"{'.'.join(where)} is not a key of its own")
    return _proven("\n".join(lines), wanted)


def read(data: dict[str, Any], path: Sequence[str]) -> Any:
    """What stands at a path of parsed TOML; None where nothing does."""
    found: Any = data
    for step in path:
        if isinstance(found, list):
            found = found[int(step)] if step.isdigit() and int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found


def literal(value: Value) -> str:
    """A value as it is written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{toml_key(key)} = {literal(item)}' for key, item in value.items())} }}"
    if isinstance(value, str) and "\n" in value and _is_long(value):
        return f"'''\n{value}'''"
    return toml_text(value) if isinstance(value, str) else str(value)


def _is_long(value: str) -> bool:
    """Whether a text of several lines can be written as it is."""
    plain = all(line.replace("\t", " ").isprintable() for line in value.split("\n"))
    return plain and "'''" not in value and not value.endswith("'")


def _parts(text: str) -> Path:
    """The names of a dotted key, up to its = or ]."""
    found: list[str] = []
    at = 0
    while match := _PART.match(text, at):
        found.append(next(group for group in match.groups()[:3] if group is not None))
        at = match.end()
        if match[4] != ".":
            return tuple(found)
    raise NotEditable(f"the key in {text.strip()[:60]!r} is not understood")


def _rewritten(lines: list[str], entry: Entry, inner: Path, value: Value | None) -> list[str]:
    """The lines of one key with another value, or with another value of its inline table."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    chunk = "\n".join(line.removesuffix("\r") for line in lines[entry.first : entry.last + 1])
    end = "\r" if lines[entry.first].endswith("\r") else ""
    names = _parts(chunk)
    if inner:
        table = read(tomllib.loads(chunk), names)
        if not isinstance(table, dict):
            raise NotEditable(f"{'.'.join(names)} is not a table")
        value = {key: one for key, one in {**table, inner[-1]: value}.items() if one is not None}
    try:
        document: Any = tomlkit.parse(chunk)
        holder = document
        for step in names[:-1]:
            holder = holder[step]
        holder[names[-1]] = tomlkit.parse(f"x = {literal(value)}")["x"] if value is not None else ""
        written = tomlkit.dumps(document).rstrip("\n")
    except (TOMLKitError, KeyError, TypeError) as error:
        raise NotEditable(f"{'.'.join(names)} cannot be changed by itself: {error}") from None
    return [line + end for line in written.split("\n")]


def _insert(layout: Layout, lines: list[str], where: Path, value: Value, end: str) -> None:
    table = layout.tables.get(where[:-1])
    written = [line + end for line in f"{toml_key(where[-1])} = {literal(value)}".split("\n")]
    if table is not None:
        after = table.last if table.last >= 0 else _leading_comments(lines)
        lines[after + 1 : after + 1] = written
        return
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and end and not lines[-1].endswith("\r"):
        lines[-1] += end
    *names, last = where[:-1]
    numbered = last.isdigit() and bool(names)
    name = ".".join(toml_key(step) for step in (names if numbered else [*names, last]))
    lines += [end, (f"[[{name}]]" if numbered else f"[{name}]") + end, *written, ""]


def _leading_comments(lines: list[str]) -> int:
    """The last line of the comments that a file without top-level keys begins with."""
    at = -1
    while at + 1 < len(lines) and lines[at + 1].lstrip().startswith("#"):
        at += 1
    return at


def _proven(text: str, wanted: dict[str, Any]) -> str:
    """The text, if it says exactly what was meant."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotEditable(f"the change would not be TOML: {error}") from None
    if found != wanted:
        raise NotEditable("the file is written in a way that cannot be changed line by line")
    return text


def _put(data: dict[str, Any], path: Path, value: Value) -> dict[str, Any]:
    holder: Any = data
    for step, following in itertools.pairwise(path):
        if isinstance(holder, list):
            number = int(step)
            if number == len(holder):
                holder.append({})
            holder = holder[number]
        else:
            holder = holder.setdefault(step, [] if following.isdigit() and step == "associate" else {})
    if not isinstance(holder, dict):
        raise NotEditable(f"{'.'.join(path[:-1])} is not a table")
    holder[path[-1]] = copy.deepcopy(value)
    return data


def _drop(data: dict[str, Any], path: Path) -> dict[str, Any]:
    holder = read(data, path[:-1])
    if isinstance(holder, list) and path[-1].isdigit() and int(path[-1]) < len(holder):
        del holder[int(path[-1])]
        if not holder:
            _drop(data, path[:-1])
    elif isinstance(holder, dict) and path[-1] in holder:
        del holder[path[-1]]
    else:
        raise NotEditable(f"there is no {'.'.join(path)}")
    return data
