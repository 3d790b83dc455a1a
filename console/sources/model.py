"""Rows of a source and what can be said about its columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import msgspec

from console.journal.model import Problem

CELL_LIMIT = 1_000_000
"""Characters that one value may have. HubSpot takes 65,536; the rest is room for lists and notes."""


class SourceRow(msgspec.Struct, frozen=True):
    """One source object and the line where it begins; from a server, its number in the stream.

    `problem` is set where a value is not of its type: it is known who this is, but not what they are like.
    """

    line: int
    values: dict[str, Any]
    problem: Problem | None = None


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one column: shares are 0..1, `distinct` stops counting at its own ceiling."""

    name: str
    filled: float = 0.0
    distinct: int = 0
    distinct_is_minimum: bool = False
    sample: tuple[str, ...] = ()
    emails: float = 0.0
    phones: float = 0.0
    booleans: float = 0.0
    longest: int = 0


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of a source."""

    name: str
    kind: str
    columns: tuple[Column, ...]
    rows: tuple[SourceRow, ...]
    examined: int
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """Something that people can be read from."""

    @property
    def name(self) -> str:
        """How the operator knows it, for instance the path."""

    @property
    def kind(self) -> str:
        """What it is: csv, ldap, scim."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed while opening it, such as an encoding."""

    def columns(self) -> tuple[str, ...] | None:
        """The fields that every row has; None where rows may differ."""

    def rows(self) -> Iterator[SourceRow | Problem]:
        """Stream the source once; a row that cannot be read is a Problem, and reading goes on."""

    def digest(self) -> str:
        """Digest of what `rows` read to its end; raises SourceChanged when the file is not what it was."""

    def test(self) -> tuple[str, ...]:
        """Open it and read its beginning; raises SourceError, answers the notes."""

    def preview(self, limit: int = 5, examine: int = 1000) -> Preview:
        """Show the first rows and judge the columns by the first `examine`."""


@runtime_checkable
class Incremental(Protocol):
    """A source that can be asked what changed. Whoever left is not among the changes: only `rows` tells that."""

    def changes(self, since: str) -> Iterator[SourceRow | Problem]:
        """Stream what changed since a mark, some of it once more: marks overlap where clocks may differ.

        Raises SourceError when the mark is of another server or the system cannot tell.
        """

    def mark(self) -> str:
        """Where the next `changes` begin; valid after `rows` or `changes` reached its end. Empty: everything anew."""
