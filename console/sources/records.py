"""What all sources that are servers have in common: numbered rows, a digest, statistics, and errors that count."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Any

import msgspec

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.model import CELL_LIMIT, Preview, SourceRow
from console.sources.preview import examine_rows
from console.sources.values import apply_types

Records = Generator[dict[str, Any], None, None]
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


class ServerSource(ABC):
    """A source whose records come from a server; a subclass says how, in `_records`."""

    kind = ""

    def __init__(self, name: str, types: Mapping[str, str]) -> None:
        self.name = name
        self._types = types
        self._digest = ""
        self._noted: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed or left out while reading."""
        return tuple(self._noted)

    def columns(self) -> tuple[str, ...] | None:
        """None: records may differ."""
        return None

    def test(self) -> tuple[str, ...]:
        """Sign in and read the first record; answers the notes."""
        with closing(self._records("", first=True)) as records:
            if next(records, None) is None:
                self._note("It answers, but there is nobody in it (or this user may see nobody).")
        return self.notes

    def preview(self, limit: int = 5, examine: int = 1000) -> Preview:
        """The first rows, and the fields judged by the first `examine`."""
        return examine_rows(self, limit, examine)

    def digest(self) -> str:
        """Digest of what was read, in the order in which it came."""
        self._must_be_read()
        return self._digest

    def rows(self) -> Iterator[SourceRow | Problem]:
        """Stream the records. One that cannot be used is a Problem; the good ones go on."""
        return self._rows(self._records(""))

    @abstractmethod
    def _records(self, since: str, *, first: bool = False) -> Records:
        """Connect and read; `since` is a mark, `first` says that one record is enough."""

    def _note(self, text: str) -> None:
        self._noted.setdefault(text)

    def _must_be_read(self) -> None:
        if not self._digest:
            raise SourceError(f"{self.name} has not been read to its end", file=self.name)

    def _rows(self, records: Records) -> Iterator[SourceRow | Problem]:
        digest = hashlib.sha256()
        self._digest = ""
        number = 0
        with closing(records):
            try:
                for values in records:
                    number += 1
                    yield self._row(values, number, digest)
            except SourceError as error:
                if not number:
                    raise
                raise SourceError(
                    f"{error.message} (after {number:,} records, which are not used)",
                    file=error.file or self.name,
                    field=error.field,
                    remedy=error.remedy,
                ) from None
        self._digest = digest.hexdigest()

    def _row(self, values: dict[str, Any], number: int, digest: Any) -> SourceRow | Problem:
        try:
            raw = msgspec.json.encode(values)
        except (UnicodeEncodeError, RecursionError) as error:
            digest.update(b"\0")
            if isinstance(error, RecursionError):
                return self._problem(number, "", "the record is nested too deeply", "Look at it in the source system.")
            return self._unreadable(values, number)
        digest.update(raw)
        digest.update(b"\n")
        if len(raw) > CELL_LIMIT or b"\\u0000" in raw:
            problem = self._misfit(values, number)
            if problem is not None:
                return problem
        misfit = apply_types(values, self._types, file=self.name, line=number) if self._types else None
        return SourceRow(number, values, misfit)

    def _unreadable(self, values: dict[str, Any], number: int) -> Problem:
        found = self._misfit(values, number)
        return found or self._problem(number, "", "the record is not valid text", "Look at it in the source system.")

    def _misfit(self, values: dict[str, Any], number: int) -> Problem | None:
        for name, value in values.items():
            for text in texts(name, value):
                if _UNREADABLE.search(text):
                    return self._problem(
                        number,
                        name,
                        f"{name} holds a NUL character or half a character",
                        "Remove it in the source system; the field was cut or is binary.",
                    )
                if len(text) > CELL_LIMIT:
                    return self._problem(
                        number,
                        name,
                        f"{name} is longer than {CELL_LIMIT:,} characters",
                        "Shorten it: HubSpot takes 65,536 characters.",
                    )
        return None

    def _problem(self, number: int, field: str, message: str, remedy: str) -> Problem:
        return Problem(message=message, remedy=remedy, file=self.name, line=number, field=field)


def texts(*values: Any) -> Iterator[str]:
    """All texts within JSON values, keys too."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from texts(*value)
        elif isinstance(value, dict):
            yield from texts(*value.keys(), *value.values())
