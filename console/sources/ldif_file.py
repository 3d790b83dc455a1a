"""People from an LDIF file (RFC 2849), as directory servers export them; read as a stream.

As from the directory itself: one value is a text, several are a list, passwords are dropped.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.ldap_values import NEVER
from console.sources.ldif_lines import ENTRY_LIMIT, LdifLine, ldif_lines
from console.sources.model import CELL_LIMIT, SourceRow
from console.sources.text_source import TextSource
from console.sources.values import apply_types

_NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)(?:;[A-Za-z0-9-]+)*\Z")
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_TRAILER = frozenset({"search", "result", "matcheddn", "text", "ref", "numresponses", "numentries"})
"""Words that ldapsearch without -LLL leaves at the end of its output."""
_CHANGES = {
    "delete": "is the deletion of {dn}",
    "modify": "is a modification of {dn}",
    "modrdn": "is a renaming of {dn}",
    "moddn": "is a renaming of {dn}",
}


class _Bad(Exception):
    """An entry that cannot be used; `line` and `field` say where."""

    def __init__(self, message: str, remedy: str, line: int, field: str = "") -> None:
        super().__init__(message)
        self.message, self.remedy, self.line, self.field = message, remedy, line, field


class LdifSource(TextSource):
    """An LDIF file: every entry becomes an object with `dn` and its attributes."""

    kind = "ldif"

    def __init__(self, path: Path, name: str, types: Mapping[str, str]) -> None:
        super().__init__(path, name, types)
        self._lists = frozenset(name.lower() for name, kind in types.items() if kind == "list")
        self._spelling: dict[str, str] = {name.lower(): name for name in types}
        self._binary: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed about the encoding, and which attributes are binary and not read."""
        binary = (f"Binary values are not read: {', '.join(self._binary)}.",) if self._binary else ()
        return (*super().notes, *binary)

    def rows(self) -> Iterator[SourceRow | Problem]:
        """Stream the entries. Every bad one is a Problem with its line; the good ones go on."""
        if self._file.inspect().size == 0:
            raise SourceError(
                "the file is empty",
                file=self.name,
                line=1,
                remedy="Export the people again: ldapsearch -LLL ... > people.ldif",
            )
        with self._file.open() as stream:
            for lines, whole in _entries(stream):
                row = self._row(lines, whole=whole)
                if row is not None:
                    yield row
            self._file.finished()

    def _row(self, lines: list[LdifLine], *, whole: bool) -> SourceRow | Problem | None:
        begun = lines[0].number
        try:
            values = self._values(lines) if whole else _no_room(begun)
        except _Bad as bad:
            return Problem(message=bad.message, remedy=bad.remedy, file=self.name, line=bad.line, field=bad.field)
        if not values:
            return None
        misfit = apply_types(values, self._types, file=self.name, line=begun) if self._types else None
        return SourceRow(begun, values, misfit)

    def _values(self, lines: list[LdifLine]) -> dict[str, Any]:
        first = _split(lines[0])
        if first[0].lower() == "version":
            _check_version(first[1], first[2], lines[0].number)
            if len(lines) == 1:
                return {}
            lines = lines[1:]
            first = _split(lines[0])
        if first[0].lower() != "dn":
            return _trailer(lines)
        values: dict[str, Any] = {"dn": self._dn(first, lines[0])}
        for line in lines[1:]:
            name, mark, text = _split(line)
            lowered = name.lower()
            if lowered == "changetype":
                _refuse_change(text.strip().lower(), values["dn"], line.number)
                continue
            if lowered.partition(";")[0] in NEVER:
                continue
            value = self._value(name, mark, text, line)
            if value is not None:
                self._add(values, self._spelling.setdefault(lowered, name), lowered, value)
        return values

    def _dn(self, pair: tuple[str, str, str], line: LdifLine) -> str:
        name, mark, text = pair
        found = self._value(name, mark, text, line)
        if not found:
            raise _Bad(
                "the entry's dn is empty or no text",
                "Export the entry again: the first line names it.",
                line.number,
                name,
            )
        return found

    def _value(self, name: str, mark: str, text: str, line: LdifLine) -> str | None:
        """The text of a value; None for a binary one, whose attribute is noted."""
        if mark == "<":
            raise _Bad(
                f"{name} is to be read from an address ({text.strip()[:80]}), which is not done",
                "Export the value itself; a source never makes Hubspoke open other files.",
                line.number,
                name,
            )
        if mark == ":":
            found = None if line.cut or ";binary" in name.lower() else _decoded(name, text, line.number)
            if found is None:
                self._binary.setdefault(name)
                return None
            text = found
        elif line.cut:
            raise _too_long(name, line.number)
        if len(text) > CELL_LIMIT:
            raise _too_long(name, line.number)
        if not text.isprintable() and (bad := _UNREADABLE.search(text)):
            nul = bad[0] == "\0"
            raise _Bad(
                f"{name} holds a NUL character" if nul else f"{name} holds bytes that are not valid text",
                "Remove it from the directory."
                if nul
                else "LDIF is UTF-8: export again, or write the value in base64.",
                line.number,
                name,
            )
        return text

    def _add(self, values: dict[str, Any], name: str, lowered: str, value: str) -> None:
        present = values.get(name)
        if present is None:
            values[name] = [value] if lowered in self._lists else value
        elif isinstance(present, list):
            present.append(value)
        else:
            values[name] = [present, value]


def _entries(stream: Any) -> Iterator[tuple[list[LdifLine], bool]]:
    """The logical lines of each entry; false where the entry passed its limit and is not whole."""
    lines: list[LdifLine] = []
    held = 0
    for line in ldif_lines(stream):
        if line.text:
            held += len(line.text)
            if held <= ENTRY_LIMIT:
                lines.append(line)
        elif lines:
            yield lines, held <= ENTRY_LIMIT
            lines, held = [], 0
    if lines:
        yield lines, held <= ENTRY_LIMIT


def _split(line: LdifLine) -> tuple[str, str, str]:
    """Attribute, mark (`:` base64, `<` address, empty plain) and what stands behind it."""
    name, colon, rest = line.text.partition(":")
    if not colon or not _NAME.match(name):
        fold = line.text[:1] in (" ", "\t")
        raise _Bad(
            "a folded line has nothing that it continues"
            if fold
            else f"the line is no attribute with a value: {line.text[:60]!r}",
            "Begin a continuation right below its line, with one blank."
            if fold
            else "Write attribute: value; a value that goes on in the next line begins there with one blank.",
            line.number,
        )
    if rest[:1] in (":", "<"):
        return name, rest[0], rest[1:]
    return name, "", rest.lstrip(" ")


def _decoded(name: str, text: str, line: int) -> str | None:
    """The text behind base64; None where it is binary."""
    try:
        raw = base64.b64decode(text.strip().encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise _Bad(
            f"{name} is not valid base64", "Export the entry again; the file may have been cut.", line, name
        ) from None
    try:
        found = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in found else found


def _check_version(mark: str, text: str, line: int) -> None:
    if mark or text.strip() != "1":
        raise _Bad(f"this is LDIF version {text.strip()[:20]}, and only version 1 is known", "Export it again.", line)


def _refuse_change(kind: str, dn: str, line: int) -> None:
    if kind == "add":
        return  # an entry as a whole, only announced
    told = _CHANGES.get(kind, "has the unknown changetype of {dn}").format(dn=dn[:200])
    raise _Bad(
        f"the record {told}: the file is a list of changes, not the people",
        "Export the entries themselves (ldapsearch, slapcat, ldifde); who is not in them has left.",
        line,
        "changetype",
    )


def _no_room(line: int) -> dict[str, Any]:
    raise _Bad(
        f"the entry is longer than {ENTRY_LIMIT:,} characters",
        "Export without binary attributes such as jpegPhoto.",
        line,
    )


def _trailer(lines: list[LdifLine]) -> dict[str, Any]:
    """What ldapsearch says at the end: nothing to read, unless it says that entries are missing."""
    pairs = [_split(line) for line in lines]
    if not {name.lower() for name, _, _ in pairs} <= _TRAILER:
        raise _Bad(
            f"the entry does not begin with its dn but with {pairs[0][0]}",
            "Export it again; entries are separated by an empty line and begin with dn:",
            lines[0].number,
            pairs[0][0],
        )
    for (name, _, text), line in zip(pairs, lines, strict=True):
        if name.lower() == "result" and not text.strip().startswith("0"):
            raise _Bad(
                f"the search that wrote this file did not end well: {text.strip()[:80]}; people may be missing",
                "Search with paging (ldapsearch -E pr=1000/noprompt), or raise the server's size limit.",
                line.number,
                "result",
            )
    return {}


def _too_long(name: str, line: int) -> _Bad:
    return _Bad(
        f"{name} is longer than {CELL_LIMIT:,} characters", "Shorten it: HubSpot takes 65,536 characters.", line, name
    )
