"""A mapping of IDM's sync.json carried over: which file, which mapping, and the list of what it could not say."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from console.settings.paths import expanded
from screens import theme, words
from screens.keys import bindings
from screens.literal import hanging, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.screens.dialogs import Ask
from screens.screens.mapping.dialogs import Pick
from screens.widgets.choices import Choice
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.problems import at_home
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.provisioning.sync_json import Found, LeftOut
    from console.session import Session
    from screens.screens.mapping.screen import MappingScreen


def begin_import(screen: MappingScreen, session: Session) -> None:
    """Ask for the file; where several of its mappings write to HubSpot, ask which one."""

    def answered(file: str | None) -> None:
        if file:
            screen.work(lambda: _read(screen, session, expanded(file.strip())), group="import")

    text = "IDM's conf/sync.json, or one file of its conf/mapping. Nothing of it is run."
    screen.app.push_screen(Ask("Import a mapping", text, label="sync.json", check=_file_wrong), answered)


async def _read(screen: MappingScreen, session: Session, path: Path) -> None:
    from console.provisioning.sync_json import choose, read_file

    found = await asyncio.to_thread(read_file, path)
    writing = [one for one in found if one.target]
    if len(writing) < 2:
        await _carry(screen, session, choose(found, None), path.name)
        return

    def answered(name: str | None) -> None:
        if name:
            screen.work(lambda: _carry(screen, session, choose(found, name), path.name), group="import")

    offered = [Choice(one.name, one.name, f"becomes a {one.target}") for one in writing]
    screen.app.push_screen(Pick("Which mapping?", f"{len(writing)} of the file write to HubSpot.", offered), answered)


async def _carry(screen: MappingScreen, session: Session, found: Found, file: str) -> None:
    from console.provisioning.sync_json_carry import carry
    from screens.suggesting import free_name

    mappings = await session.mappings
    first = await asyncio.to_thread(carry, found, file=file)
    name = await asyncio.to_thread(free_name, mappings, first.name)
    carried = await asyncio.to_thread(carry, found, name=name, file=file)
    path = await asyncio.to_thread(mappings.write, name, carried.text)
    screen._wanted = name
    await screen.read(session)
    screen.app.push_screen(ImportedScreen(name, path, tuple(carried.left)))


class ImportedScreen(ConsoleScreen[None]):
    """What was written, and what the mapping does not say."""

    PLACE = "imported"
    CSS_PATH = theme.sheets("widgets", "mapping")
    HEADING = "Imported"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("imported"), Binding("o", "open", "Open the mapping")]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, name: str, path: Path, left: tuple[LeftOut, ...]) -> None:
        super().__init__()
        self._called = name
        self._path = path
        self._left = sorted(left, key=lambda item: not item.decide)

    def body(self) -> ComposeResult:
        """The verdict, the list, the one under the cursor in full."""
        decide = sum(item.decide for item in self._left)
        told = (
            row(
                ("▲ ", "$warning"),
                (f"{words.counted(decide, 'thing')} could not be carried over: decide about each one.", ""),
            )
            if decide
            else literal("✓ Everything that matters was carried over.", "$success")
        )
        yield Line(
            stack(row(("✓ Written: ", "$success bold"), (at_home(self._path), "bold")), told), id="imported-head"
        )
        table = RecordTable(
            Column("", 10),
            Column("Where in the file", 24, grow=2),
            Column("Why", 30, grow=3),
            empty="Nothing was left out.",
        )
        table.border_title = "Not carried; the list stands at the end of the mapping, too"
        table.add_class("panel")
        yield table
        with VerticalScroll(id="imported-detail", classes="panel", can_focus=False):
            yield Line("", id="imported-one")

    def on_mount(self) -> None:
        """Show the list."""
        self.retitle(f"Imported {self._called}")
        self.query_one(RecordTable).show(PagedRows.of(self._left, _left_row))

    def on_record_table_moved(self) -> None:
        """The whole of it follows the cursor."""
        self._show()

    def on_resize(self) -> None:
        """Cut the rows anew."""
        self._show()

    def _show(self) -> None:
        item: LeftOut | None = self.query_one(RecordTable).current()
        width = max(20, self.size.width - 8)
        rows = [*hanging("", item.what, width), *hanging("→ ", item.why, width)] if item is not None else []
        self.query_one("#imported-one", Line).show(stack(*rows) if rows else "")

    def on_record_table_chosen(self) -> None:
        """Enter opens the mapping."""
        self.action_open()

    def action_open(self) -> None:
        """The editor, in place of this list."""
        from screens.screens.mapping.editor import MappingEditor

        self.app.switch_screen(MappingEditor(self._called))


def _left_row(item: LeftOut) -> Row:
    return Row(
        ("▲ decide" if item.decide else "· not here", item.path, item.why), "warning" if item.decide else "muted"
    )


def _file_wrong(value: str) -> str:
    path = expanded(value.strip())
    return "" if value.strip() and path.is_file() else "There is no such file."
