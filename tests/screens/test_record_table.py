"""The virtual table: flat in the number of rows, pages as they come near, foreign text tamed."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from screens.widgets.mark_table import MOST_MARKED, MarkTable
from screens.widgets.paged_rows import KEPT_PAGES, Fetched, PagedRows, Row
from screens.widgets.record_table import Column, RecordTable


class Server:
    """Items 0..count-1 in pages."""

    def __init__(self, count: int, page: int = 100) -> None:
        self.count, self.page, self.asked = count, page, []  # type: ignore[var-annotated]

    async def fetch(self, after: Any | None) -> Fetched:
        start = int(after or 0)
        self.asked.append(start)
        items = list(range(start, min(start + self.page, self.count)))
        return Fetched(items, start + self.page if start + self.page < self.count else None)


def row(number: int) -> Row:
    return Row((str(number), f"person {number}"))


class TableApp(App[None]):
    def __init__(self, rows: PagedRows[Any]) -> None:
        super().__init__()
        self.rows = rows
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield RecordTable(Column("No", 8, right=True), Column("Person", 20, grow=1), empty="Nobody.")

    def on_mount(self) -> None:
        self.query_one(RecordTable).show(self.rows)
        self.query_one(RecordTable).focus()

    def on_record_table_chosen(self, message: RecordTable.Chosen) -> None:
        self.chosen.append(message.index)


def drawn(app: App[None]) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def test_pages_come_as_the_cursor_nears_them_and_not_before() -> None:
    server = Server(1000)
    app = TableApp(PagedRows(server.fetch, row))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause(0.1)
        assert server.asked == [0]
        assert "person 0" in drawn(app)[1]
        await pilot.press("end")
        await pilot.pause(0.1)
        table = app.query_one(RecordTable)
        assert table.cursor == 99
        assert server.asked == [0, 100]
        assert table.rows.count() == 200
        assert any("person 99" in line for line in drawn(app))


async def test_enter_chooses_the_row_under_the_cursor() -> None:
    app = TableApp(PagedRows.of(list(range(10)), row))
    async with app.run_test() as pilot:
        await pilot.press("down", "down", "enter", "home", "enter")
        assert app.chosen == [2, 0]
        assert app.query_one(RecordTable).current() == 0


async def test_an_empty_table_says_so() -> None:
    app = TableApp(PagedRows.of([], row))
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("down", "enter", "end")
        assert "Nobody." in drawn(app)[1]
        assert app.chosen == []


async def test_a_page_that_does_not_come_is_told_and_ends_the_table() -> None:
    async def broken(_: Any | None) -> Fetched:
        raise OSError("no route")

    told: list[BaseException | None] = []

    class Told(TableApp):
        def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
            told.append(message.error)

    app = Told(PagedRows(broken, row))
    async with app.run_test() as pilot:
        await pilot.pause(0.1)
        assert [type(error) for error in told] == [OSError]
        assert app.query_one(RecordTable).rows.complete


async def test_wide_characters_and_hostile_cells_keep_the_columns() -> None:
    cells = ["plain", "美玲 欧阳", "\x1b]52;c;YQ==\x07", "[@click=app.quit]x[/]", "\u202eevil", "x" * 65_000]
    app = TableApp(PagedRows.of(cells, lambda text: Row(("1", text))))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        lines = drawn(app)
        assert "[@click=app.quit]x[/]" in lines[4]
        assert "\\x1b]52" in lines[3]
        assert "\\u202e" in lines[5]
        assert all(character.isprintable() for line in lines for character in line)
        strips = app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {40}


async def test_a_million_rows_cost_no_more_than_a_screenful() -> None:
    class Million:
        """Rows made on demand, like pages of a local file."""

        complete = True

        def count(self) -> int:
            return 1_000_000

        def item(self, index: int) -> int | None:
            return index if 0 <= index < 1_000_000 else None

        def row(self, index: int) -> Row:
            return row(index)

        def wants(self, index: int) -> bool:
            return False

    app = TableApp(Million())  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("end")
        await pilot.pause()
        assert any("person 999999" in line for line in drawn(app))
        began = time.perf_counter()
        for _ in range(20):
            await pilot.press("up")
        assert (time.perf_counter() - began) / 20 < 0.25
        assert app.query_one(RecordTable).cursor == 999_979


@given(
    counts=st.lists(st.integers(0, 7), min_size=1, max_size=60),
    looks=st.lists(st.integers(0, 250), max_size=30),
)
async def test_rows_are_the_servers_whatever_is_looked_at(counts: list[int], looks: list[int]) -> None:
    """Pages of any length, empty ones too, looked at in any order: row i is always item i."""
    items = list(range(sum(counts)))
    starts = [sum(counts[:number]) for number in range(len(counts) + 1)]

    async def fetch(after: int | None) -> Fetched:
        number = after or 0
        page = items[starts[number] : starts[number + 1]]
        return Fetched(page, number + 1 if number + 1 < len(counts) else None)

    rows = PagedRows(fetch, row)
    for index in looks:
        if rows.wants(index):
            await rows.need(index)
        assert rows.item(index) == (items[index] if index < len(items) else None)
        assert len(rows._pages) <= KEPT_PAGES
    await rows.need(len(items))
    assert rows.complete
    assert rows.count() == len(items)


class Thing:
    def __init__(self, number: int) -> None:
        self.id = str(number)


class MarkApp(App[None]):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.told: list[MarkTable.Marked] = []
        self.headed = 0

    def compose(self) -> ComposeResult:
        yield MarkTable(*(Column(f"Column {n}", 12, name=f"c{n}") for n in range(8)))

    def on_mount(self) -> None:
        rows = PagedRows.of([Thing(n) for n in range(self.count)], lambda one: Row((one.id,) * 8))
        self.query_one(MarkTable).show(rows)
        self.query_one(MarkTable).focus()

    def on_mark_table_marked(self, message: MarkTable.Marked) -> None:
        self.told.append(message)

    def on_mark_table_headed(self) -> None:
        self.headed += 1


async def test_rows_are_marked_one_by_one_by_range_and_all() -> None:
    app = MarkApp(30)
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(MarkTable)
        await pilot.press("space", "down", "space", "up", "space")
        assert list(table.marks) == ["0"], "marked once more is let go"
        await pilot.press("home", "down", "down", "down", "shift+down", "shift+down", "shift+up")
        assert sorted(table.marks, key=int) == ["0", "3", "4", "5"]
        assert [line[0] for line in drawn(app)[1:7]] == ["●", " ", " ", "●", "●", "●"]
        await pilot.press("asterisk")
        await pilot.pause()
        assert len(table.marks) == 30
        await pilot.press("asterisk")
        await pilot.pause()
        assert not table.marks
        assert not any(message.refused for message in app.told)


async def test_more_than_can_be_marked_is_refused() -> None:
    app = MarkApp(MOST_MARKED + 1)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("asterisk")
        await pilot.pause()
        assert app.told[-1].refused
        assert not app.query_one(MarkTable).marks


async def test_columns_without_room_come_into_view_when_they_are_chosen() -> None:
    app = MarkApp(3)
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(MarkTable)
        assert "Column 3" in drawn(app)[0]
        assert "Column 7" not in drawn(app)[0]
        await pilot.press(*["right"] * 9)
        await pilot.pause()
        assert table.chosen is not None
        assert table.chosen.name == "c7"
        assert "Column 7" in drawn(app)[0]
        assert "Column 0" in drawn(app)[0], "the first column stays"
        await pilot.press(*["left"] * 9)
        await pilot.pause()
        assert drawn(app)[0].split()[:4] == ["Column", "0", "Column", "1"]
        table.sorted_by("-c1")
        await pilot.pause()
        assert "Column 1 ▼" in drawn(app)[0]
        await pilot.click(MarkTable, offset=(30, 0))
        assert app.headed == 1
        assert table.chosen.name == "c2"
