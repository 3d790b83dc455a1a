"""A table of records whose rows can be marked and whose columns can be chosen, to sort by one."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from screens.widgets.record_table import Column, RecordTable, fitted

MOST_MARKED = 10_000
"""More than this at once is for an export of all that match, or for a run."""
_AT_ONCE = 200


class MarkTable(RecordTable):
    """Items have an `id`: that is what is marked, and it stays marked where rows come anew."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark"),
        Binding("shift+down", "extend(1)", "Mark down", show=False),
        Binding("shift+up", "extend(-1)", "Mark up", show=False),
        Binding("asterisk", "mark_all", "Mark all that is shown", show=False),
        Binding("left", "choose(-1)", "Column left", show=False),
        Binding("right", "choose(1)", "Column right", show=False),
    ]

    class Marked(Message):
        """Other rows are marked than before. `refused` where there are too many."""

        def __init__(self, table: MarkTable, *, refused: bool = False) -> None:
            super().__init__()
            self.table = table
            self.refused = refused

        @property
        def control(self) -> MarkTable:
            """The table."""
            return self.table

    class Headed(Message):
        """A heading was clicked."""

        def __init__(self, table: MarkTable) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> MarkTable:
            """The table."""
            return self.table

    def __init__(self, *columns: Column, empty: str = "Nothing here.", id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(*columns, empty=empty, id=id)
        self.marks: dict[str, None] = {}
        self.sort = ""
        self._chosen = 0

    # ---- marks

    def action_mark(self) -> None:
        """Mark the row under the cursor, or let go of it; then the next one."""
        item = self.current()
        if item is None:
            return
        if item.id in self.marks:
            del self.marks[item.id]
        elif not self._mark(item):
            return
        self._repaint(self.cursor)
        self.post_message(self.Marked(self))
        self.action_move(1)

    def action_extend(self, by: int) -> None:
        """Mark this row and the next one that way."""
        for move in (0, by):
            if move:
                self.action_move(move)
            item = self.current()
            if item is not None:
                self._mark(item)
        self._repaint(self.cursor)
        self.post_message(self.Marked(self))

    async def action_mark_all(self) -> None:
        """Mark every row that is here, or let go of all when all are marked; more than can be marked is refused."""
        count = self.rows.count()
        if count > MOST_MARKED:
            self.post_message(self.Marked(self, refused=True))
            return
        found: list[Any] = []
        for start in range(0, count, _AT_ONCE):
            found += [self.rows.item(index) for index in range(start, min(count, start + _AT_ONCE))]
            await asyncio.sleep(0)
        ids = dict.fromkeys([item.id for item in found if item is not None])
        self.marks = {} if ids.keys() <= self.marks.keys() else {**self.marks, **ids}
        self.refresh()
        self.post_message(self.Marked(self))

    def let_go(self) -> bool:
        """Nothing is marked any more; whether something was."""
        held = bool(self.marks)
        self.marks = {}
        if held:
            self.refresh()
            self.post_message(self.Marked(self))
        return held

    def _mark(self, item: Any) -> bool:
        if len(self.marks) >= MOST_MARKED:
            self.post_message(self.Marked(self, refused=True))
            return False
        self.marks[item.id] = None
        return True

    def lead(self, index: int) -> str:
        """A mark before a marked row."""
        if not self.marks:
            return " "
        item = self.rows.item(index)
        return "●" if item is not None and item.id in self.marks else " "

    # ---- columns

    @property
    def chosen(self) -> Column | None:
        """The column that left and right chose."""
        return self.columns[self._chosen] if self._chosen < len(self.columns) else None

    def set_columns(self, *columns: Column) -> None:
        """Other columns; the chosen one stays where it still is."""
        before = self.chosen
        super().set_columns(*columns)
        names = [column.name for column in columns]
        self._chosen = names.index(before.name) if before is not None and before.name in names else 0

    def sorted_by(self, sort: str) -> None:
        """Show by which column rows are sorted: `a`, `-a`, or none."""
        if sort != self.sort:
            self.sort = sort
            self.refresh()

    def action_choose(self, by: int) -> None:
        """Another column; those that have no room come into view."""
        self._choose(max(0, min(len(self.columns) - 1, self._chosen + by)))

    def _choose(self, place: int) -> None:
        self._chosen = place
        skipped = 0
        self.skip(0)
        while place and not self._widths(self.size.width)[place] and skipped < place:
            skipped += 1
            self.skip(skipped)
        self.refresh()

    def heading_clicked(self, x: int) -> None:
        """Choose the column under the mouse, and sort by it."""
        at = 1
        for place, size in enumerate(self._widths(self.size.width)):
            if size and at <= x < at + size:
                self._chosen = place
                self.refresh()
                self.post_message(self.Headed(self))
            at += size + 2 if size else 0

    def on_focus(self) -> None:
        """The chosen column shows with the focus."""
        self.refresh(Region(0, 0, self.size.width, 1))

    def on_blur(self) -> None:
        """And hides without it."""
        self.refresh(Region(0, 0, self.size.width, 1))

    def heading_line(self, width: int) -> Strip:
        """The headings; an arrow at the one that is sorted by, the chosen one underlined."""
        plain = self.rich_style + self._part("header")
        chosen = plain + self._part("chosen")
        segments = [Segment("◂" if self._skipped else " ", plain)]
        for place, (column, size) in enumerate(zip(self.columns, self._widths(width), strict=True)):
            if size:
                title = fitted(self._titled(column, size), size, right=column.right)
                segments += [Segment(title, chosen if place == self._chosen and self.has_focus else plain)]
                segments += [Segment("  ", plain)]
        used = sum(cell_len(segment.text) for segment in segments)
        return Strip([*segments, Segment(" " * max(0, width - used), plain)]).adjust_cell_length(width, plain)

    def _titled(self, column: Column, size: int) -> str:
        if column.name and self.sort.lstrip("-") == column.name:
            arrow = "▼" if self.sort.startswith("-") else "▲"
            return f"{column.title[: max(0, size - 2)]} {arrow}"
        return column.title
