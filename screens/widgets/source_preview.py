"""A source at a glance: its columns with statistics, its first rows, and what is wrong at its beginning."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from screens import words
from screens.literal import literal, row, stack
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.problems import at_home, problem_rows
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session
    from console.sources.model import Column as SourceColumn
    from console.sources.model import Preview, SourceRow

ROWS = 50
"""First rows that are kept for showing."""
_WIDEST = 24


class SourcePreview(Vertical):
    """Reads the beginning of a source in a thread and shows it."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.preview: Preview | None = None

    def compose(self) -> ComposeResult:
        """What it is, its columns, its problems."""
        yield Line("", id="preview-head")
        yield RecordTable(
            Column("Column", 16, grow=1),
            Column("Filled", 6, right=True),
            Column("Distinct", 8, right=True),
            Column("Looks like", 10),
            Column("For example", 20, grow=2),
            Column("Longest", 7, right=True),
            empty="Nothing read yet.",
            id="preview-columns",
        )
        yield Line("", id="preview-problems")

    async def read(self, spec: str, base: Path | None = None, session: Session | None = None) -> Preview:
        """Read and show; a source that cannot be read raises SourceError. The session's vault has its secret."""
        self.preview = None
        self.query_one("#preview-head", Line).show(literal("Reading …", "$muted"))
        try:
            secret = await _secret(spec, session)
            found = await asyncio.to_thread(_preview, spec, base, secret)
        except Exception:
            self.query_one("#preview-head", Line).show("")
            self.columns.show(PagedRows.of([], column_row))
            self.query_one("#preview-problems", Line).show("")
            raise
        self.preview = found
        self.query_one("#preview-head", Line).show(head_line(found))
        self.columns.show(PagedRows.of(list(found.columns), column_row))
        self.query_one("#preview-problems", Line).show(problem_rows(found.problems, 4))
        return found

    @property
    def columns(self) -> RecordTable:
        """The statistics."""
        return self.query_one("#preview-columns", RecordTable)

    async def turn(self) -> bool:
        """From the statistics to the first rows, or back; says whether rows are shown now."""
        shown = self.query("#preview-rows")
        if shown:
            await shown.remove()
            self.columns.display = True
            self.columns.focus()
            return False
        if self.preview is None:
            return False
        table = rows_table(self.preview)
        self.columns.display = False
        await self.mount(table, after=self.columns)
        names = [column.name for column in self.preview.columns]
        table.show(PagedRows.of(list(self.preview.rows), lambda one: first_row(one, names)))
        table.focus()
        return True


async def _secret(spec: str, session: Session | None) -> str | None:
    from console.session import source_secret

    return await source_secret(session, spec) if session is not None else None


def _preview(spec: str, base: Path | None, secret: str | None) -> Preview:
    from console.sources.opening import open_source

    return open_source(spec, base=base, secret=secret).preview(ROWS, 1000)


def head_line(found: Preview) -> Content:
    """Name, kind, how much was looked at, what was assumed."""
    notes = [literal(f"  {note}", "$muted") for note in found.notes[:2]]
    told = f"  {found.kind}, the first {words.counted(found.examined, 'row')} looked at"
    return stack(
        row((at_home(found.name) if found.name.startswith("/") else found.name, "bold"), (told, "$muted")), *notes
    )


def rows_table(found: Preview) -> RecordTable:
    """A table with the source's own columns; the last ones go where room is short."""
    columns = [Column("Line", 5, right=True)]
    for column in found.columns:
        width = max(len(column.name), min(column.longest, _WIDEST), 4)
        columns.append(Column(column.name, min(width, _WIDEST)))
    return RecordTable(*columns, empty="There is nobody in it.", id="preview-rows")


def first_row(one: SourceRow, names: list[str]) -> Row:
    """One of the first rows."""
    values = (one.values.get(name) for name in names)
    cells = (str(one.line), *("" if value is None else str(value) for value in values))
    return Row(cells, "error" if one.problem is not None else "")


def column_row(column: SourceColumn) -> Row:
    """A column as a line of a table."""
    looks = next(
        (
            word
            for word, share in (("e-mail", column.emails), ("phone", column.phones), ("yes/no", column.booleans))
            if share > 0.8
        ),
        "text",
    )
    distinct = f"{words.number(column.distinct)}{'+' if column.distinct_is_minimum else ''}"
    return Row(
        (
            column.name,
            f"{column.filled:.0%}",
            distinct,
            looks,
            " · ".join(column.sample),
            words.number(column.longest),
        ),
        "" if column.filled else "muted",
    )
