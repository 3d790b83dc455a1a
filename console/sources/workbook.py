"""People from a spreadsheet: Excel (.xlsx, .xlsm, .xlsb, .xls) or LibreOffice (.ods), one sheet of it.

    people.xlsx            the first sheet that is not hidden
    people.xlsx#Staff      the sheet of that name

A workbook is no stream: all of the sheet is in memory while it is read. For very many people, save it as CSV.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.journal.model import Problem
from console.sources.errors import SourceChanged, SourceError
from console.sources.model import CELL_LIMIT, Preview, SourceRow
from console.sources.preview import examine_rows
from console.sources.text_file import CHANGED_REMEDY
from console.sources.values import apply_types

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
UNPACKED_LIMIT = 2 << 30
"""Bytes that a workbook may have when it is unpacked: a small file can hold a huge one."""
FILE_LIMIT = 512 << 20
_SHEET = re.compile(r"(.*\.(?:xlsx|xlsm|xlsb|xls|ods))#(.*)\Z", re.IGNORECASE | re.DOTALL)
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_State = tuple[int, int, int, int]


def split_sheet(spec: str) -> tuple[str, str]:
    """The path of a workbook and the name of its sheet; empty where none is named."""
    match = _SHEET.match(spec)
    return (match[1], match[2]) if match else (spec, "")


class WorkbookSource:
    """One sheet of a workbook, its first row that is not empty being the header."""

    kind = "excel"

    def __init__(self, path: Path, name: str, sheet: str, types: Mapping[str, str]) -> None:
        self.name = f"{name}#{sheet}" if sheet else name
        self._path = path
        self._file = name
        self._sheet = sheet
        self._types = types
        self._columns: tuple[str, ...] | None = None
        self._before: _State | None = None
        self._sum = ""
        self._digest = ""
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Which sheet was taken where none is named."""
        return tuple(self._notes)

    def columns(self) -> tuple[str, ...]:
        """The header's names, in order."""
        if self._columns is None:
            self._begin(iter(enumerate(self._open().iter_rows(), 1)))
        return self._columns or ()

    def test(self) -> tuple[str, ...]:
        """Read the header; answers the notes."""
        self.columns()
        return self.notes

    def preview(self, limit: int = 5, examine: int = 1000) -> Preview:
        """The first rows, and the columns judged by the first `examine`."""
        return examine_rows(self, limit, examine)

    def digest(self) -> str:
        """Digest of the file as it was read; refuses one that is no longer what it was."""
        if not self._digest:
            raise SourceError(f"{self.name} has not been read to its end", file=self.name)
        if self._identity() != self._before:
            raise SourceChanged(f"{self.name} was changed while it was read", file=self.name, remedy=CHANGED_REMEDY)
        return self._digest

    def rows(self) -> Iterator[SourceRow | Problem]:
        """Read the rows. Every bad one is a Problem with its row number; the good ones go on."""
        self._digest = ""
        rows = iter(enumerate(self._open().iter_rows(), 1))
        header = self._begin(rows)
        for number, cells in rows:
            if any(cell not in ("", None) for cell in cells):
                yield self._row(number, cells, header)
        self._digest = hashlib.sha256(f"{self._sheet}\0{self._sum}".encode()).hexdigest()

    def _row(self, number: int, cells: Sequence[Any], header: Sequence[str]) -> SourceRow | Problem:
        values: dict[str, Any] = {}
        for at, cell in enumerate(cells):
            name = header[at] if at < len(header) else ""
            if not name:
                if cell in ("", None):
                    continue
                return self._problem(
                    number,
                    "",
                    f"the cell in column {_letters(at)} stands below no column name",
                    "Name the column in the first row, or empty the cell.",
                )
            value = values[name] = _plain(cell)
            if isinstance(value, str) and (len(value) > CELL_LIMIT or _UNREADABLE.search(value)):
                return self._problem(
                    number, name, f"{name} is too long or holds a NUL character", "Correct the cell and save it again."
                )
        misfit = apply_types(values, self._types, file=self.name, line=number) if self._types else None
        return SourceRow(number, values, misfit)

    def _begin(self, rows: Iterator[tuple[int, list[Any]]]) -> list[str]:
        """Read up to and with the header."""
        for number, cells in rows:
            header = [str(_plain(cell) or "").strip() for cell in cells]
            if not any(header):
                continue
            twice = [name for name, count in Counter(header).items() if name and count > 1]
            if twice:
                raise SourceError(
                    f"the column {twice[0]!r} appears {header.count(twice[0])} times",
                    file=self.name,
                    line=number,
                    field=twice[0],
                    remedy="Rename or remove the second one, so that it is certain which values are meant.",
                )
            self._columns = tuple(name for name in header if name)
            return header
        raise SourceError(
            "the sheet is empty: there is not even a header row",
            file=self.name,
            line=1,
            remedy="Write the column names into the first row, or name another sheet: people.xlsx#Sheet.",
        )

    def _open(self) -> CalamineSheet:
        """Load the sheet; remembers what the file was like."""
        book = self._load()
        sheet = self._sheet
        if not sheet:
            shown = [meta.name for meta in book.sheets_metadata if str(meta.visible).endswith("Visible")]
            names = shown or list(book.sheet_names)
            if not names:
                raise SourceError("the workbook has no sheet", file=self.name, remedy="Save the people into one.")
            sheet = names[0]
            if len(names) > 1:
                self._notes.setdefault(
                    f"Read is the sheet {sheet} of {', '.join(names[:10])}; another one: {self._file}#{names[1]}"
                )
        elif sheet not in book.sheet_names:
            raise SourceError(
                f"there is no sheet {sheet} in {self._file}",
                file=self.name,
                remedy=f"Its sheets: {', '.join(book.sheet_names[:20])}.",
            )
        return book.get_sheet_by_name(sheet)

    def _load(self) -> CalamineWorkbook:
        try:
            import python_calamine as calamine
        except ImportError:
            raise SourceError(
                "workbooks are read by python-calamine, which is not installed",
                file=self.name,
                remedy="Install it: pip install 'hubspoke[excel]'; or save the sheet as CSV UTF-8.",
            ) from None
        try:
            self._before = self._identity()
            self._check_size()
            with self._path.open("rb") as file:
                self._sum = hashlib.file_digest(file, "sha256").hexdigest()
            return calamine.load_workbook(self._path)
        except OSError as error:
            raise _unreadable(self.name, error) from None
        except calamine.PasswordError:
            raise SourceError(
                "the workbook is protected by a password", file=self.name, remedy="Save it without one, or as CSV."
            ) from None
        except (calamine.CalamineError, zipfile.BadZipFile) as error:
            raise SourceError(
                f"this is no workbook that can be read: {error}",
                file=self.name,
                remedy="Open it in the spreadsheet program and save it again, or as CSV UTF-8.",
            ) from None

    def _identity(self) -> _State | None:
        status = self._path.stat()
        if not os.path.isfile(self._path):  # noqa: PTH113 - a folder or a pipe that would never answer
            raise SourceError(f"{self.name} is not a regular file", file=self.name, remedy="Name a workbook.")
        return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def _check_size(self) -> None:
        """Refuse what would not fit into the memory, before it is unpacked."""
        size = self._path.stat().st_size
        if zipfile.is_zipfile(self._path):
            with zipfile.ZipFile(self._path) as archive:
                size = max(size, sum(item.file_size for item in archive.infolist()))
            limit = UNPACKED_LIMIT
        else:
            limit = FILE_LIMIT
        if size > limit:
            raise SourceError(
                f"the workbook holds {size >> 20:,} MiB, and at most {limit >> 20:,} are read",
                file=self.name,
                remedy="Save the sheet as CSV UTF-8, which is read as a stream.",
            )

    def _problem(self, line: int, field: str, message: str, remedy: str) -> Problem:
        return Problem(message=message, remedy=remedy, file=self.name, line=line, field=field)


def _plain(cell: Any) -> Any:
    """A cell as JSON could hold it: whole numbers as such, dates and times as ISO 8601."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, dt.timedelta) else cell


def _letters(at: int) -> str:
    """The column as a spreadsheet names it: 0 is A, 26 is AA."""
    text = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _unreadable(name: str, error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        remedy = "Check the path; a relative path is relative to the mapping file."
        return SourceError(f"{name} does not exist", file=name, remedy=remedy)
    return SourceError(f"{name} cannot be opened: {error.strerror}", file=name, remedy="Check the path and its mode.")
