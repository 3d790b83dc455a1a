"""One record, read live: its properties in groups, found as one types; from here it is edited, copied, linked, archived."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from screens import record_words, theme, words
from screens.apology import expected
from screens.copying import copied
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.operating import operations
from screens.record_words import Shown
from screens.screens.base import ConsoleScreen
from screens.terminal.hyperlinks import linked
from screens.widgets.details import property_detail
from screens.widgets.paged_rows import PagedRows
from screens.widgets.panel import Line, Panel
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.connector.editing import Edited
    from console.connector.sheet import Field, Sheet
    from console.hubspot.record_history import Version
    from console.session import Session

WIDE = 110
"""Columns from which there is room for more than the first facts."""


class PropertyTable(RecordTable):
    """Enter edits what the cursor stands on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Edit", key_display="⏎")]


class RecordScreen(ConsoleScreen[None]):
    """A contact or a company."""

    PLACE = "record"
    CSS_PATH = theme.sheets("widgets", "records")
    HEADING = "Record"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("record"),
        Binding("b", "blanks", "Blanks"),
        Binding("ctrl+r", "again", "Read again", key_display="^r"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, object_class: str, uid: str, said: str = "") -> None:
        super().__init__()
        self._class = object_class
        self._uid = uid
        self._said = said
        self._sheet: Sheet | None = None
        self._fields: list[Field] = []
        self._history: Mapping[str, Sequence[Version]] = {}
        self._blanks = False

    # ---- looks

    def body(self) -> ComposeResult:
        """Who it is, a field to find properties, the properties, the whole value of the one under the cursor."""
        yield Line("", id="record-head")
        with Horizontal(id="record-find"):
            yield Line(row(("/", "$accent bold"), (" Find ", "$muted")), classes="label")
            field = Input(placeholder="words in names, labels and values", id="record-words", compact=True)
            field.cursor_blink = False
            yield field
            yield Line("", id="record-count", classes="label")
        with Container(id="record-main"):
            yield PropertyTable(
                Column("", 8), Column("Property", 22, grow=1), Column("", 2), Column("Value", 32, grow=4),
                Column("Kind", 8), empty="Reading …",
            )  # fmt: skip
            yield Panel("Not read", id="record-trouble")
            with VerticalScroll(id="record-value", classes="panel", can_focus=False):
                yield Line("", id="record-whole")
        yield Line(literal(self._said, "$success"), id="record-state")

    def on_mount(self) -> None:
        """Name the record; the base begins to read it."""
        self.retitle(f"{self._class.capitalize()} {self._uid}")

    # ---- reading

    def session_opened(self, session: Session) -> None:
        """Read it."""
        self.work(lambda: self._read(session), group="record", failed=self._failed)

    def action_again(self) -> None:
        """Read it again."""
        if self.session is not None:
            self._say("")
            self.session_opened(self.session)

    async def _read(self, session: Session) -> None:
        from console.connector.sheet import read_sheet

        service = await operations(session)
        sheet = await read_sheet(service, self._class, self._uid)
        self._uid = sheet.found.uid
        self.retitle(f"{self._class.capitalize()} {self._uid}")
        self._take(sheet)
        self.refresh_bindings()
        self.work(lambda: self._read_history(session), group="record-history", failed=lambda _: None)

    async def _read_history(self, session: Session) -> None:
        """What was changed lately; a record can be read without it, so its failure is told only where it is asked for."""
        from console.connector.record_history import history

        names = [field.name for field in self._fields if field.value and not field.locked]
        self._history = await history(await operations(session), self._class, self._uid, names)
        if self._sheet is not None:
            self._take(self._sheet)

    def _take(self, sheet: Sheet) -> None:
        from console.connector.sheet import fields

        self._sheet = sheet
        self._fields = fields(sheet, self._history, words.clock())
        self.query_one("#record-trouble").display = False
        self.query_one(RecordTable).display = self.query_one("#record-find").display = True
        self.query_one("#record-head", Line).show(record_words.head(sheet, self.url, wide=self.size.width >= WIDE))
        self._show()

    def _failed(self, error: BaseException) -> None:
        """What became of it, in place of its properties."""
        known = expected(error)
        if known is None:
            self.console.trouble(error)
        self._sheet, self._fields = None, []
        trouble = self.query_one("#record-trouble", Panel)
        trouble.show(record_words.not_there(known))
        trouble.display = True
        table = self.query_one(RecordTable)
        table.display = self.query_one("#record-find").display = False
        self._show()
        self.query_one("#record-count", Line).show("")
        self.refresh_bindings()

    # ---- showing

    @property
    def url(self) -> str:
        """Where HubSpot's own pages show the record."""
        from console.connector.record_links import record_url

        standing, account = self.console.standing, self.console.glance.account
        kind = self._sheet.kind.native if self._sheet is not None else self._class
        return record_url(standing.portal_id, kind, self._uid, account.ui_domain if account else "")

    def _show(self) -> None:
        from console.connector.sheet import matching

        found = matching(self._fields, self.query_one("#record-words", Input).value, blanks=self._blanks)
        table = self.query_one(RecordTable)
        if self._fields:
            hint = "" if self._blanks else " b looks among the blank ones, too."
            table.say_empty(f"No property matches.{hint}")
            count = record_words.counted(len(found), self._fields, blanks=self._blanks)
            self.query_one("#record-count", Line).show(count)
        before = self.current.name if self.current is not None else ""
        rows: PagedRows[Shown] = PagedRows.of(record_words.shown_rows(found), record_words.property_row)
        table.show(rows, keep_cursor=True)
        place = next((number for number, field in enumerate(found) if field.name == before), None)
        if place is not None:
            table.cursor = place  # the property stays under the cursor, wherever its group is now
        self._show_value()

    def _show_value(self) -> None:
        field = self.current
        self.query_one("#record-value").display = field is not None
        if field is not None:
            past = self._history.get(field.name, ())
            self.query_one("#record-whole", Line).show(property_detail(field, past))

    @property
    def current(self) -> Field | None:
        """The property under the cursor."""
        shown: Shown | None = self.query_one(RecordTable).current()
        return shown.field if shown is not None else None

    def _say(self, content: Content | str) -> None:
        self.query_one("#record-state", Line).show(content)

    def on_record_table_moved(self) -> None:
        """The whole value follows the cursor."""
        self._show_value()

    def action_blanks(self) -> None:
        """Show properties without a value, or hide them."""
        self._blanks = not self._blanks
        self._show()

    # ---- finding

    def do_search(self) -> None:
        """Find properties as one types."""
        self.query_one("#record-words", Input).focus()

    def on_input_changed(self) -> None:
        """What matches is shown at once: all of it is here."""
        if self._fields:
            self._show()

    def on_input_submitted(self) -> None:
        """To the properties."""
        self.query_one(RecordTable).focus()

    def do_back(self) -> None:
        """Give up the search first, then the screen."""
        field = self.query_one("#record-words", Input)
        if field.value or field.has_focus:
            field.value = ""
            self.query_one(RecordTable).focus()
        else:
            self.console.do_back()

    # ---- what can be done

    def offers(self, action: str) -> bool:
        """What needs the record is offered while it is there."""
        if action.startswith("record_") and action not in ("record_create", "record_open"):
            erasable = action != "record_erase" or self._class == "contact"
            return self._sheet is not None and erasable and hasattr(self, f"do_{action}")
        return super().offers(action)

    def on_record_table_chosen(self) -> None:
        """Edit the property."""
        self.do_record_edit()

    def do_record_edit(self) -> None:
        """Edit the property under the cursor."""
        field = self.current
        if field is None or self._sheet is None:
            return
        self._say("")
        if field.locked:
            self._say(row(("⊘ ", "$warning"), (f"{field.name} cannot be edited: {field.locked}.", "$warning")))
            return
        from screens.screens.record_edit import EditScreen

        self.app.push_screen(EditScreen(self._class, self._sheet, field), self._edited)

    def _edited(self, done: Edited | None) -> None:
        """What HubSpot returned stands in the sheet."""
        if done is None or self._sheet is None:
            return
        from msgspec.structs import replace

        found = self._sheet.found
        attributes = {**found.attributes, done.name: done.value}
        self._uid = done.uid
        self._say(record_words.outcome(done))
        self._take(replace(self._sheet, found=replace(found, attributes=attributes, revision=done.revision)))
        if self.session is not None:
            session = self.session
            self.work(lambda: self._read_history(session), group="record-history", failed=lambda _: None)

    def do_record_history(self) -> None:
        """Every value that the property under the cursor had."""
        field = self.current
        if field is not None:
            from screens.screens.record_history import RecordHistoryScreen

            self.app.push_screen(RecordHistoryScreen(self._class, self._uid, field.name))

    def do_record_associations(self) -> None:
        """What the record is associated with."""
        from screens.screens.associations import AssociationsScreen

        self.app.push_screen(AssociationsScreen(self._class, self._uid, self._title()))

    def do_record_create(self) -> None:
        """A new record of the same class."""
        from screens.screens.record_create import RecordCreateScreen

        self.app.push_screen(RecordCreateScreen(self._class))

    def do_record_archive(self) -> None:
        """Archive it."""
        from screens.screens.archive import ArchiveScreen

        self.app.push_screen(ArchiveScreen(self._class, [self._uid]), self._gone)

    def do_record_erase(self) -> None:
        """Erase it for good."""
        from screens.screens.gdpr import EraseScreen

        self.app.push_screen(EraseScreen(self._uid, self._title()), self._gone)

    def do_record_merge(self) -> None:
        """Merge another record into it."""
        from screens.screens.merge import MergeScreen

        self.app.push_screen(MergeScreen(self._class, self._uid), self._merged)

    def _gone(self, uids: list[str] | None) -> None:
        if uids:
            self.console.do_back()

    def _merged(self, uid: str | None) -> None:
        if uid:
            self._uid = uid
            self._say(literal("✓ Merged: this is the record that survives.", "$success"))
            if self.session is not None:
                self.session_opened(self.session)

    def do_schema(self) -> None:
        """The schema of this record's class."""
        from screens.screens.schema import SchemaScreen

        self.app.push_screen(SchemaScreen(self._class))

    def _title(self) -> str:
        return self._sheet.found.name if self._sheet is not None else ""

    # ---- copying and opening

    def do_record_copy(self) -> None:
        """The exact value under the cursor to the clipboard."""
        field = self.current
        if field is not None and field.value:
            self._copy(field.value, f"The value of {field.name}")
        elif field is not None:
            self._say(literal(f"{field.name} is blank: nothing to copy.", "$muted"))

    def do_record_copy_all(self) -> None:
        """The whole record as JSON to the clipboard."""
        from console.connector.sheet import as_json

        if self._sheet is not None:
            self._copy(as_json(self._sheet), "The record as JSON")

    def do_record_open(self) -> None:
        """HubSpot's own page of the record: in a browser of this desktop, or its address to the clipboard."""
        url = self.url
        if not url:
            self._say(literal("The account's number is not known yet, so there is no address.", "$warning"))
            return
        self.work(lambda: self._open(url), group="open")

    async def _open(self, url: str) -> None:
        from screens.terminal.desktop import has_desktop

        if has_desktop(os.environ):
            from console.cli.browser import open_browser

            if await asyncio.to_thread(open_browser, url):
                self._say(stack(literal("✓ Opened in the browser of this desktop:", "$success"), linked(url, url)))
                return
        self._say(stack(await copied(self.console, url, "The address"), linked(url, url)))

    def _copy(self, text: str, what: str) -> None:
        async def do() -> None:
            self._say(await copied(self.console, text, what))

        self.work(do, group="copy")
