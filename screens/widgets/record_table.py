"""A table of records on Textual's Line API: it draws what is visible, however many rows there are.

DataTable measures every cell of every row; this one draws one styled segment a row, moves the
cursor by repainting two lines, and asks its rows (paged_rows.py) for pages as they come near.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import Worker

from console.text import safe
from screens.terminal.survive import SurvivingPump
from screens.widgets.paged_rows import PagedRows, Row, RowSource

KEPT_LINES = 400
"""Drawn lines that are remembered: a few screenfuls."""
AHEAD = 30
"""Rows before the end at which the next page is asked for."""


class Column(NamedTuple):
    """One column: at least `width` cells, `grow` shares of what is left; the last ones go when room is short."""

    title: str
    width: int
    grow: int = 0
    right: bool = False
    name: str = ""
    """What it shows, where somebody can choose by it."""


class RecordTable(SurvivingPump, ScrollView, can_focus=True):
    """Rows of text with a cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "record-table--header",
        "record-table--chosen",
        "record-table--cursor",
        "record-table--cursor-blurred",
        "record-table--muted",
        "record-table--success",
        "record-table--warning",
        "record-table--error",
        "record-table--primary",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("enter", "select", "Open", key_display="⏎"),
    ]
    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, table: RecordTable, index: int) -> None:
            super().__init__()
            self.table = table
            self.index = index

        @property
        def control(self) -> RecordTable:
            """The table."""
            return self.table

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor is now is of interest."""
            return isinstance(message, RecordTable.Moved) and message.table is self.table

    class Chosen(Message):
        """Enter or a double click on a row."""

        def __init__(self, table: RecordTable, index: int) -> None:
            super().__init__()
            self.table = table
            self.index = index

        @property
        def control(self) -> RecordTable:
            """The table."""
            return self.table

    class Loaded(Message):
        """More rows are here, or there was an `error`."""

        def __init__(self, table: RecordTable, error: BaseException | None = None) -> None:
            super().__init__()
            self.table = table
            self.error = error

        @property
        def control(self) -> RecordTable:
            """The table."""
            return self.table

    def __init__(self, *columns: Column, empty: str = "Nothing here.", id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        self._strips: dict[tuple[Row, str, str, int], Strip] = {}
        super().__init__(id=id)
        self._columns: tuple[Column, ...] = columns
        self._skipped = 0
        self._empty = empty
        self._rows: RowSource = PagedRows.of([], lambda _: Row(()))
        self._loading = False
        self._asked = -1
        self._worker: Worker[None] | None = None

    # ---- content

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the rows' cells are."""
        return self._columns

    def set_columns(self, *columns: Column) -> None:
        """Other columns; the rows that fit them come with the next `show`."""
        if columns != self._columns:
            self._columns = columns
            self._skipped = 0
            self._strips.clear()
            self.refresh()

    def skip(self, columns: int) -> None:
        """Leave out so many columns after the first, so that later ones have room."""
        columns = max(0, min(columns, len(self._columns) - 2))
        if columns != self._skipped:
            self._skipped = columns
            self._strips.clear()
            self.refresh()

    @property
    def rows(self) -> RowSource:
        """What is shown."""
        return self._rows

    @property
    def loading_rows(self) -> bool:
        """Whether a page is under way."""
        return self._loading

    def show(self, rows: RowSource, *, keep_cursor: bool = False) -> None:
        """Show other rows."""
        self._rows = rows
        self._asked = -1
        if not keep_cursor:
            self.set_reactive(RecordTable.cursor, 0)
            self.scroll_to(y=0, animate=False)
        elif rows.count():
            self.set_reactive(RecordTable.cursor, min(self.cursor, rows.count() - 1))
        self._sized()
        if rows.wants(self.cursor) and not rows.count():
            self._ask(self.cursor)
        self.refresh()

    def grew(self) -> None:
        """The rows that are shown are more by now; they stay where they are."""
        before = self.virtual_size.height
        self._sized()
        if before < round(self.scroll_offset.y) + self.size.height or not self._rows.count():
            self.refresh()

    def say_empty(self, text: str) -> None:
        """What stands in place of rows when there are none."""
        if text != self._empty:
            self._empty = text
            self.refresh()

    def current(self) -> Any | None:
        """What the row under the cursor stands for."""
        return self._rows.item(self.cursor)

    def _sized(self) -> None:
        more = 0 if self._rows.complete else 1
        self.virtual_size = Size(0, self._rows.count() + more + 1)

    def _ask(self, index: int) -> None:
        if self._loading and index <= self._asked:
            return
        self._asked = index
        self._loading = True
        job: Callable[[], Coroutine[Any, Any, None]] = partial(self._bring, self._rows, index)
        worker: Worker[None] = self.run_worker(job, group="rows", exclusive=True, exit_on_error=False)
        self._worker = worker

    async def _bring(self, rows: RowSource, index: int) -> None:
        error: BaseException | None = None
        try:
            await rows.need(index)
        except Exception as failure:  # noqa: BLE001 - handed to the screen, which says it in words
            error = failure
        if rows is not self._rows:
            return
        self._loading = False
        if error is not None:
            rows.complete = True
        if self.cursor >= rows.count():
            self.set_reactive(RecordTable.cursor, max(0, rows.count() - 1))
        self._sized()
        self.refresh()
        self.post_message(self.Loaded(self, error))

    # ---- movement

    @property
    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def action_move(self, by: int) -> None:
        """Down and up."""
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """A screenful."""
        self._go(self.cursor + by * self._height)

    def action_first(self) -> None:
        """The first row."""
        self._go(0)

    def action_last(self) -> None:
        """The last row that is known; the ones after it are asked for."""
        self._go(self._rows.count() - 1)

    def action_select(self) -> None:
        """Open what the cursor stands on."""
        if self._rows.count():
            self.post_message(self.Chosen(self, self.cursor))

    def _go(self, index: int) -> None:
        count = self._rows.count()
        if not count:
            return
        self.cursor = max(0, min(count - 1, index))
        if self._rows.wants(min(index, count) + AHEAD):
            self._ask(max(index, self.cursor) + AHEAD)

    def watch_cursor(self, old: int, new: int) -> None:
        """Bring the cursor into view; repaint only the two lines that changed."""
        top = round(self.scroll_offset.y)
        if new < top:
            self.scroll_to(y=new, animate=False)
        elif new >= top + self._height:
            self.scroll_to(y=new - self._height + 1, animate=False)
        for index in (old, new):
            self._repaint(index)
        self.post_message(self.Moved(self, new))

    def _repaint(self, index: int) -> None:
        self.refresh(Region(0, index - round(self.scroll_offset.y) + 1, self.size.width, 1))

    def on_focus(self) -> None:
        """The cursor looks different with the focus."""
        self._repaint(self.cursor)

    def on_blur(self) -> None:
        """And without it."""
        self._repaint(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens."""
        index = round(self.scroll_offset.y) + event.y - 1
        if event.y == 0:
            self.heading_clicked(event.x)
        if event.y > 0 and 0 <= index < self._rows.count():
            self._go(index)
            if event.chain == 2:
                self.action_select()

    def heading_clicked(self, x: int) -> None:
        """A click on the headings, for those who sort by them."""

    # ---- drawing

    def render_line(self, y: int) -> Strip:
        """The header on the first line, rows below it."""
        base = self.rich_style
        width = self.size.width
        if y == 0:
            return self.heading_line(width)
        index = round(self.scroll_offset.y) + y - 1
        count = self._rows.count()
        if index >= count:
            return self._line(self._beyond(index, count), base + self._part("muted"), width)
        row = self._rows.row(index)
        if row is None:
            self.call_later(self._ask, index)
            return self._line(" …", base + self._part("muted"), width)
        look = row.tone
        if index == self.cursor:
            look = "cursor" if self.has_focus else "cursor-blurred"
        return self._row_line(row, look, self.lead(index), width)

    def _row_line(self, row: Row, look: str, lead: str, width: int) -> Strip:
        """A row as it was drawn before, where it was: scrolling moves lines, and a strip keeps its own rendering."""
        key = (row, look, lead, width)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= KEPT_LINES:
                self._strips.clear()
            style = self.rich_style + self._part(look) if look else self.rich_style
            strip = self._strips[key] = self._line(self._text(row, width, lead), style, width)
        return strip

    def notify_style_update(self) -> None:
        """Lines in other colours are drawn anew."""
        self._strips.clear()
        super().notify_style_update()

    def heading_line(self, width: int) -> Strip:
        """The first line."""
        return self._line(self._headings(width), self.rich_style + self._part("header"), width)

    def lead(self, index: int) -> str:  # noqa: ARG002 - for tables that mark rows
        """One cell before a row."""
        return " "

    def _beyond(self, index: int, count: int) -> str:
        if count == 0 and index == 0:
            return " Loading …" if self._loading else f" {self._empty}"
        return " … more below" if index == count and not self._rows.complete else ""

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(f"record-table--{name}", partial=True)

    @staticmethod
    def _line(text: str, style: Style, width: int) -> Strip:
        return Strip([Segment(set_cell_size(text, width), style)], width)

    def _headings(self, width: int) -> str:
        return self._join([column.title for column in self._columns], width, lambda text: text)

    def _text(self, row: Row, width: int, lead: str = " ") -> str:
        return self._join(row.cells, width, lambda text: safe(text, limit=max(8, width)), lead)

    def _join(self, cells: Any, width: int, clean: Callable[[str], str], lead: str = " ") -> str:
        parts = []
        for column, size, text in zip(self._columns, self._widths(width), cells, strict=False):
            if size:
                parts.append(fitted(clean(text), size, right=column.right))
        return lead + "  ".join(parts)

    def _widths(self, width: int) -> list[int]:
        """Cells for each column; 0 for one that has no room, or is left out."""
        room = width - 1
        sizes: list[int] = []
        full = False
        for place, column in enumerate(self._columns):
            left_out = 0 < place <= self._skipped
            full = full or (not left_out and column.width + 1 > room)
            sizes.append(0 if full or left_out else column.width)
            room -= column.width + 2 if sizes[-1] else 0
        shares = sum(column.grow for column, size in zip(self._columns, sizes, strict=True) if size)
        spare = max(0, room)
        if shares:
            unit, rest = divmod(spare, shares)
            for place, column in enumerate(self._columns):
                if sizes[place] and column.grow:
                    sizes[place] += unit * column.grow + (rest or 0)
                    rest = 0
        return sizes


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """Text in exactly `width` cells, with an ellipsis where it was cut."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(0, width - 1)) + "…"
    return " " * (width - length) + text if right else text + " " * (width - length)
