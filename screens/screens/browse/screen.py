"""Contacts and companies: search by words, by a query filter, live on demand or at once from a snapshot."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from console.hubspot.model import Record
from screens import theme
from screens.keys import bindings
from screens.literal import hanging, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.screens.browse.asking import Asking
from screens.screens.browse.filter_box import FilterBox, SearchBox, below_line
from screens.screens.browse.keeping import Keeping
from screens.screens.browse.showing import PLURALS, columns_of, next_sort
from screens.screens.browse.taking import Takings
from screens.widgets.mark_table import MOST_MARKED, MarkTable
from screens.widgets.panel import Line
from screens.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from console.session import Session

TYPING_PAUSE = 0.3
PANE_SECONDS = 0.12
"""The least time between two records in the pane."""
PANE_NAME, PANE_VALUE = 17, 20
"""Cells of a name and of a value beside it; a longer value stands below its name."""
PANE_LIMIT = 240
"""Characters of a value in the pane; the record's own screen shows more."""


class Pane(Line):
    """A line of many rows and a fixed place: other content needs no new layout of the screen."""

    def show(self, content: Content | str) -> None:
        """Show this, if it is something else than what is shown."""
        new = literal(content) if isinstance(content, str) else content
        if not new.is_same(self._shown):
            self._shown = new
            self.update(new, layout=False)


class BrowseScreen(Takings, Keeping, Asking, ConsoleScreen[None]):
    """One object class at a time."""

    PLACE = "browse"
    CSS_PATH = theme.sheets("widgets", "browse")
    HEADING = "Contacts"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("browse"),
        Binding("f", "filter", "Filter"),
        Binding("ctrl+r", "again", "", show=False, key_display="^r"),
    ]
    AUTO_FOCUS = "MarkTable"

    def __init__(self, object_class: str = "contact") -> None:
        super().__init__()
        self.object_class = object_class
        self._pause: Timer | None = None
        self._pane_timer: Timer | None = None
        self._pane_at = 0.0

    def body(self) -> ComposeResult:
        """Two fields, what may stand next or is wrong, how much is shown, the records, a pane where there is room."""
        with Horizontal(id="browse-fields"):
            with Horizontal(classes="browse-field"):
                yield Line(row(("/", "$accent bold"), (" Search ", "$muted")), classes="label")
                yield SearchBox("words in any field", id="browse-text")
            with Horizontal(classes="browse-field"):
                yield Line(row(("f", "$accent bold"), (" Filter ", "$muted")), classes="label")
                yield FilterBox('email sw "a" and !(city eq "Galle")', id="browse-filter")
        yield below_line()
        yield Line("", id="browse-state")
        with Horizontal(id="browse-records"):
            yield MarkTable(*columns_of(self.names, {}), empty="Not connected yet.", id="browse-table")
            with VerticalScroll(id="browse-detail", classes="panel wide-only", can_focus=False):
                yield Pane("", id="browse-record")

    def on_mount(self) -> None:
        """Show the class that was asked for."""
        self.retitle(PLURALS[self.object_class].capitalize())

    def session_opened(self, session: Session) -> None:
        """Read the first page."""
        self.recall(session)
        self.read_anew()
        self.look_for_snapshot(session)

    def on_unmount(self) -> None:
        """Whatever was being found locally is for nobody now."""
        self.leave_snapshot()

    @property
    def table(self) -> MarkTable:
        """The list."""
        table: MarkTable = self.query_one("#browse-table", MarkTable)
        return table

    def offers(self, action: str) -> bool:
        """The class that is shown is no place to go to."""
        here = action == f"browse_{PLURALS[self.object_class]}"
        return not here and super().offers(action)

    # ---- which class

    def do_browse_contacts(self) -> None:
        """The contacts."""
        self.switch("contact")

    def do_browse_companies(self) -> None:
        """The companies."""
        self.switch("company")

    def switch(self, object_class: str) -> None:
        """Another class, from the beginning: it has other properties."""
        if object_class == self.object_class:
            return
        self.object_class = object_class
        self.leave_snapshot()
        self.clear_fields()
        self.sort, self.schema = "", {}
        self.retitle(PLURALS[object_class].capitalize())
        self.refresh_bindings()
        self.table.let_go()
        self.table.focus()
        if self.session is not None:
            self.session_opened(self.session)

    # ---- reading

    def action_again(self) -> None:
        """Read again: from HubSpot, or the snapshot's file."""
        self.read_anew()

    def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
        """A page is here, or did not come."""
        if message.error is not None:
            self.not_loaded(message.error)
        self.show_state()
        self.show_pane()

    def on_record_table_moved(self) -> None:
        """The pane follows the cursor, though not through every row of a key that is held."""
        wait = self._pane_at + PANE_SECONDS - time.monotonic()
        if wait <= 0:
            self.show_pane()
        elif self._pane_timer is None:
            self._pane_timer = self.set_timer(wait, self.show_pane)

    def on_mark_table_marked(self, message: MarkTable.Marked) -> None:
        """How many are marked is said."""
        if message.refused:
            self.console.say(f"At most {MOST_MARKED:,} can be marked. Export takes all that match without marks.")
        self.show_state()

    def show_pane(self) -> None:
        """What is known of the record under the cursor."""
        if self._pane_timer is not None:
            self._pane_timer.stop()
            self._pane_timer = None
        if not self.query_one("#browse-detail").display:
            return
        self._pane_at = time.monotonic()
        record: Record | None = self.table.current()
        if record is None:
            content = literal("")
        else:
            shown = [_shown(name, value) for name, value in sorted(record.properties.items()) if value]
            content = stack(row((f"{'id':<{PANE_NAME}} ", "$muted"), (record.id, "bold")), *shown)
        self.query_one("#browse-record", Pane).show(content)

    def on_resize(self) -> None:
        """The pane may have come."""
        self.call_after_refresh(self.show_pane)

    # ---- typing

    def do_search(self) -> None:
        """Search by words as you type."""
        self.query_one("#browse-text", Input).focus()

    def action_filter(self) -> None:
        """Write a query filter."""
        self.learn_schema()
        self.query_one("#browse-filter", Input).focus()

    def on_input_changed(self) -> None:
        """Wait until typing pauses; what was being read for the text before is given up."""
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(TYPING_PAUSE, self.typed)

    def on_input_submitted(self) -> None:
        """To the records."""
        if self._pause is not None:
            self._pause.stop()
        self.typed(at_once=True)
        if self.filter_box.error is None:
            self.table.focus()

    def on_search_box_left(self) -> None:
        """To the records."""
        self.table.focus()

    def on_filter_box_offered(self) -> None:
        """Show what may stand next, or what is wrong."""
        self.show_below()

    def on_descendant_focus(self) -> None:
        """Offers stand there only while the filter is written."""
        self.show_below()

    def on_descendant_blur(self) -> None:
        """And go with it."""
        self.call_after_refresh(self.show_below)

    def do_back(self) -> None:
        """Out of the field first, then let go of marks, of the search, of the snapshot, then of the screen."""
        if isinstance(self.focused, Input):
            self.clear_fields()
            self.table.focus()
            self.typed(at_once=True)
        elif self.table.let_go():
            return
        elif self.clear_fields():
            self.typed(at_once=True)
        elif self.snapshot is not None:
            self.go_live()
        else:
            self.console.do_back()

    # ---- order

    def do_sort(self) -> None:
        """Sort by the chosen column: up, down, not at all."""
        column = self.table.chosen
        if column is not None:
            self.sort = next_sort(self.sort, column.name)
            self.read_anew()

    def on_mark_table_headed(self) -> None:
        """A heading was clicked: as the key."""
        self.do_sort()

    # ---- opening and acting

    def on_record_table_chosen(self) -> None:
        """One record in full."""
        self.do_record()

    def do_record(self) -> None:
        """Read the record under the cursor, live."""
        record: Record | None = self.table.current()
        if record is not None:
            from screens.screens.record import RecordScreen

            self.app.push_screen(RecordScreen(self.object_class, record.id))

    def acted_on(self) -> list[str]:
        """The uids that an action is for: the marked ones, else the one under the cursor."""
        record: Record | None = self.table.current()
        return list(self.table.marks) or ([record.id] if record is not None else [])

    def do_record_create(self) -> None:
        """A new record of the class that is shown."""
        from screens.screens.record_create import RecordCreateScreen

        self.app.push_screen(RecordCreateScreen(self.object_class))

    def do_record_archive(self) -> None:
        """Archive what is marked, or the record under the cursor."""
        uids = self.acted_on()
        if not uids:
            return
        from screens.screens.archive import ArchiveScreen

        def archived(gone: list[str] | None) -> None:
            if gone:
                self.table.let_go()
                self.read_anew()

        self.app.push_screen(ArchiveScreen(self.object_class, uids), archived)


def _shown(name: str, value: str) -> Content:
    """A property of the pane."""
    if len(name) <= PANE_NAME and len(value) <= PANE_VALUE and "\n" not in value:
        return row((f"{name:<{PANE_NAME}} ", "$muted"), literal(value))
    return stack(literal(name, "$muted"), *hanging("  ", value[:PANE_LIMIT], PANE_NAME + PANE_VALUE))
