"""People from a CSV file: comma, semicolon or tab; any of the encodings that exports come in."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.lines import Lines, LineTooLong
from console.sources.model import CELL_LIMIT, SourceRow
from console.sources.text_source import TextSource
from console.sources.values import apply_types

DELIMITERS = (",", ";", "\t")
SAMPLE = 1 << 16
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_NO_NAME = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ARCHIVE = "PK\x03\x04"
"""How a ZIP file begins, and with it every workbook of Excel and LibreOffice."""


class CsvSource(TextSource):
    """A CSV file with a header line."""

    kind = "csv"

    def __init__(self, path: Path, name: str, types: Mapping[str, str]) -> None:
        super().__init__(path, name, types)
        self._columns: tuple[str, ...] | None = None
        self._delimiter = ","

    def columns(self) -> tuple[str, ...]:
        """The header's names, in order."""
        if self._columns is None:
            sample = self._sample()
            with self._file.open() as stream:
                self._begin(stream, sample)
        return self._columns or ()

    def test(self) -> tuple[str, ...]:
        """Read the header; answers the notes."""
        self.columns()
        return self.notes

    def rows(self) -> Iterator[SourceRow | Problem]:
        """Stream the rows. Every bad one is a Problem with its line; the good ones go on."""
        self._file.inspect()
        csv.field_size_limit(CELL_LIMIT)
        sample = self._sample()
        with self._file.open() as stream:
            lines, reader, header = self._begin(stream, sample)
            keep = tuple(index for index, name in enumerate(header) if name)
            names = tuple(header[index] for index in keep)
            plain = len(keep) == len(header)
            checked = self._file.encoding is not None and (
                self._file.encoding.has_nul or self._file.encoding.has_bad_bytes
            )
            width = len(header)
            while True:
                line = lines.begin()
                try:
                    cells = next(reader)
                except StopIteration:
                    break
                except (csv.Error, LineTooLong) as error:
                    yield self._broken(error, line, lines)
                    lines.resync()
                    continue
                if not cells:
                    continue
                if len(cells) != width and (problem := self._ragged(cells, header, line)):
                    yield problem
                    continue
                if checked and (problem := self._unreadable(cells, header, line)):
                    yield problem
                    continue
                values: dict[str, Any] = dict(
                    zip(names, cells if plain else [cells[index] for index in keep], strict=False)
                )
                misfit = apply_types(values, self._types, file=self.name, line=line) if self._types else None
                yield SourceRow(line, values, misfit)
            self._file.finished()

    def _begin(self, stream: io.TextIOWrapper, sample: str) -> tuple[Lines, Any, list[str]]:
        """Find the delimiter, read the header and stand before the first row."""
        if sample.startswith(_ARCHIVE):
            raise SourceError(
                "this is a spreadsheet's own file (or another ZIP archive), not a CSV file",
                file=self.name,
                line=1,
                remedy="Open it in the spreadsheet program and save it as CSV UTF-8.",
            )
        if not sample.strip():
            raise SourceError(
                "the file is empty: there is not even a header line",
                file=self.name,
                line=1,
                remedy="Export the people again, with the column names in the first line.",
            )
        hint = re.match(r"sep=([,;\t])\r?\n", sample)
        self._delimiter = hint[1] if hint else sniff(sample)
        lines = Lines(stream, self._delimiter)
        if hint:
            next(lines)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        header = self._header(reader, lines)
        return lines, reader, header

    def _sample(self) -> str:
        with self._file.open() as stream:
            return stream.read(SAMPLE)

    def _header(self, reader: Iterator[list[str]], lines: Lines) -> list[str]:
        csv.field_size_limit(CELL_LIMIT)
        line = lines.begin()
        try:
            header = next((cells for cells in reader if cells), [])
        except (csv.Error, LineTooLong) as error:
            problem = self._broken(error, line, lines)
            raise SourceError(
                f"the header line cannot be read: {problem.message}", file=self.name, line=line, remedy=problem.remedy
            ) from None
        header = [name.strip() for name in header]
        column = next((number for number, name in enumerate(header, 1) if _NO_NAME.search(name)), None)
        if column is not None:
            raise SourceError(
                f"the name of column {column} holds bytes that are no text",
                file=self.name,
                line=line,
                remedy="Save the file as UTF-8, with the column names in the first line; or is it no CSV file at all?",
            )
        twice = [name for name, count in Counter(header).items() if name and count > 1]
        if twice:
            raise SourceError(
                f"the column {twice[0]!r} appears {header.count(twice[0])} times",
                file=self.name,
                line=line,
                field=twice[0],
                remedy="Rename or remove the second one, so that it is certain which values are meant.",
            )
        if not any(header):
            raise SourceError(
                f"the first line of {self.name} names no column",
                file=self.name,
                line=line,
                remedy="Write the column names into the first line.",
            )
        self._columns = tuple(name for name in header if name)
        return header

    def _ragged(self, cells: list[str], header: list[str], line: int) -> Problem | None:
        width = len(header)
        if len(cells) > width:
            if not any(cells[width:]):
                del cells[width:]
                return None
            return Problem(
                message=f"the row has {len(cells)} cells, the header has {width}: the first one too many is "
                f"{cells[width][:80]!r}",
                remedy=f"Put quotes around a cell that holds {_name(self._delimiter)}.",
                file=self.name,
                line=line,
                field=next(name for name in reversed(header) if name),
            )
        return Problem(
            message=f"the row has {len(cells)} cells, the header has {width}: {header[len(cells)]!r} is missing",
            remedy=f"Write every column, also empty ones, and look for a lost {_name(self._delimiter)} or line break.",
            file=self.name,
            line=line,
            field=header[len(cells)],
        )

    def _unreadable(self, cells: list[str], header: list[str], line: int) -> Problem | None:
        for name, cell in itertools.zip_longest(header, cells, fillvalue=""):
            found = _UNREADABLE.search(cell)
            if found is None:
                continue
            nul = found[0] == "\0"
            return Problem(
                message=f"{name} holds a NUL character" if nul else f"{name} holds bytes that are not valid text",
                remedy="Remove it from the source system; the field was cut or is binary."
                if nul
                else "Save the file as UTF-8, or mend this row: it was written in another encoding.",
                file=self.name,
                line=line,
                field=name,
            )
        return None

    def _broken(self, error: Exception, line: int, lines: Lines) -> Problem:
        if isinstance(error, LineTooLong) or "field limit" in str(error):
            return Problem(
                message=f"a cell is longer than {CELL_LIMIT:,} characters, or a quote that opens here is never closed",
                remedy="Shorten the cell (HubSpot takes 65,536 characters), or close the quote.",
                file=self.name,
                line=line,
            )
        if "unexpected end of data" in str(error):
            return Problem(
                message="a quote that opens in this row is never closed; everything after it was swallowed",
                remedy='Close the quote, and double quotes within a cell: "".',
                file=self.name,
                line=line,
            )
        where = f" (seen at line {lines.number})" if lines.number > line else ""
        return Problem(
            message=f"the quotes of this row do not match{where}: {error}",
            remedy='Put the whole cell into quotes and double the quotes within it: "5"" pipe".',
            file=self.name,
            line=line,
        )


def sniff(sample: str) -> str:
    """The delimiter by which the header has several names and the rows have as many cells."""
    cut = max(sample.rfind("\n"), sample.rfind("\r"))
    text = sample[: cut + 1] if len(sample) >= SAMPLE and cut > 0 else sample

    def score(delimiter: str) -> tuple[bool, float, int]:
        widths: list[int] = []
        try:
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            widths.extend(len(row) for row in itertools.islice(rows, 200) if row)
        except csv.Error:
            pass  # A sample may end within a cell; what was read before still tells.
        if not widths:
            return False, 0.0, 0
        alike = sum(1 for width in widths if width == widths[0])
        return widths[0] > 1, alike / len(widths), widths[0]

    return max(DELIMITERS, key=score)


def _name(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab"}[delimiter]
