"""Contacts and companies as they are in HubSpot now: search by words, by a query filter, read on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from console.hubspot.model import Record
from screens import theme, words
from screens.keys import bindings
from screens.literal import lines, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.paged_rows import Fetched, PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session

TYPING_PAUSE = 0.3
PAGE = 100
PANE_LIMIT = 240
"""Characters of a value in the pane; the record's own screen shows more."""
SHOWN: dict[str, tuple[str, ...]] = {
    "contact": ("email", "firstname", "lastname", "company", "jobtitle", "city", "lastmodifieddate"),
    "company": ("name", "domain", "city", "country", "industry", "numberofemployees", "hs_lastmodifieddate"),
}
COLUMNS: dict[str, tuple[Column, ...]] = {
    "contact": (
        Column("E-mail", 28, grow=2),
        Column("Name", 18, grow=1),
        Column("Company", 14, grow=1),
        Column("Job title", 16, grow=1),
        Column("City", 12),
        Column("Changed", 10),
        Column("Id", 12, right=True),
    ),
    "company": (
        Column("Name", 26, grow=2),
        Column("Domain", 20, grow=1),
        Column("City", 12, grow=1),
        Column("Industry", 16, grow=1),
        Column("Country", 12),
        Column("Changed", 10),
        Column("Id", 12, right=True),
    ),
}
PLURALS = {"contact": "contacts", "company": "companies"}


class BrowseScreen(ConsoleScreen[None]):
    """One object class at a time."""

    PLACE = "browse"
    CSS_PATH = theme.sheets("widgets", "browse")
    HEADING = "Contacts"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("browse"),
        Binding("f", "filter", "Filter"),
        Binding("ctrl+r", "again", "Read again", key_display="^r"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, object_class: str = "contact") -> None:
        super().__init__()
        self._class = object_class
        self._total: int | None = None
        self._residual = ""
        self._pause: Timer | None = None
        self._asked: tuple[str, str] = ("", "")

    def body(self) -> ComposeResult:
        """Two fields, what they mean or what is wrong with them, the records, a pane where there is room."""
        with Horizontal(id="browse-fields"):
            yield Line(row(("/", "$accent bold"), (" Search ", "$muted")), classes="label")
            yield _field("browse-text", "words in any field")
            yield Line(row(("f", "$accent bold"), (" Filter ", "$muted")), classes="label")
            yield _field("browse-filter", 'email sw "a" and !(city eq "Galle")')
        yield Line("", id="browse-state")
        with Horizontal(id="browse-records"):
            for name, columns in COLUMNS.items():
                yield RecordTable(*columns, empty="Not connected yet.", id=f"browse-{name}")
            with VerticalScroll(id="browse-detail", classes="panel wide-only", can_focus=False):
                yield Line("", id="browse-record")

    def on_mount(self) -> None:
        """Show the class that was asked for."""
        self._show_class()
        super().on_mount()

    def session_opened(self, session: Session) -> None:
        """Read the first page."""
        self._read(session)

    @property
    def table(self) -> RecordTable:
        """The list of the class that is shown."""
        return self.query_one(f"#browse-{self._class}", RecordTable)

    def _show_class(self) -> None:
        self.retitle(PLURALS[self._class].capitalize())
        for name in COLUMNS:
            self.query_one(f"#browse-{name}", RecordTable).display = name == self._class
        self.table.focus()

    def do_browse_contacts(self) -> None:
        """The contacts."""
        self._switch("contact")

    def do_browse_companies(self) -> None:
        """The companies."""
        self._switch("company")

    def _switch(self, object_class: str) -> None:
        if object_class != self._class:
            self._class = object_class
            self._clear_fields()  # the other class has other properties
            self._show_class()
            self.action_again()

    # ---- reading

    def action_again(self) -> None:
        """Read from HubSpot again."""
        if self.session is not None:
            self._read(self.session)

    def _read(self, session: Session) -> None:
        text = self.query_one("#browse-text", Input).value.strip()
        wanted = self.query_one("#browse-filter", Input).value.strip()
        self._asked = (text, wanted)
        object_class = self._class
        complaint = self._complaint(wanted)
        if complaint is not None:
            self.query_one("#browse-state", Line).show(complaint)
            return

        async def fetch(after: Any | None) -> Fetched:
            browse = await session.browse
            page = await browse.page(
                object_class, filter=wanted, text=text, after=after, properties=SHOWN[object_class], limit=PAGE
            )
            self._total, self._residual = page.total, page.residual
            return Fetched(page.records, page.after)

        self._total, self._residual = None, ""
        self.table.say_empty(f"No {PLURALS[object_class]} match." if text or wanted else f"No {PLURALS[object_class]}.")
        self.table.show(PagedRows(fetch, _maker(object_class)))
        self._show_state()

    def _complaint(self, wanted: str) -> Content | None:
        """What is wrong with the filter, with a caret under the place."""
        if not wanted:
            return None
        from console.connector.filter import FilterError, parse

        try:
            parse(wanted)
        except FilterError as error:
            return stack(
                lines(error.caret(), "$warning", limit=400), literal(f"✗ {error.message}", "$error", limit=300)
            )
        return None

    def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
        """A page is here, or did not come."""
        if message.error is not None:
            said = getattr(message.error, "message", "")
            if isinstance(said, str) and said:
                message.table.say_empty(f"✗ {said}")
            self.console.trouble(message.error)
        self._show_state()
        self._show_pane()

    def on_record_table_moved(self) -> None:
        """The pane follows the cursor."""
        self._show_pane()

    def _show_state(self) -> None:
        table = self.table
        count = table.rows.count()
        noun = PLURALS[self._class]
        if table.loading_rows and not count:
            text = row(("Reading …", "$muted"))
        elif table.rows.complete:
            text = row((words.number(count), "bold"), (f" {noun}", "$muted"))
        else:
            total = f" of {words.number(self._total)}" if self._total is not None else ""
            text = row(
                (words.number(count), "bold"), (f"{total} {noun} loaded, the rest comes as you go down", "$muted")
            )
        if self._residual:
            text = row(text, ("   ", ""), (self._residual, "$warning"))
        self.query_one("#browse-state", Line).show(text)

    def _show_pane(self) -> None:
        record: Record | None = self.table.current()
        if record is None:
            content = literal("")
        else:
            shown = [
                row((f"{name:<20} ", "$muted"), literal(value, limit=PANE_LIMIT))
                for name, value in sorted(record.properties.items())
                if value
            ]
            content = stack(row(("Id ", "$muted"), (record.id, "bold")), literal(""), *shown)
        self.query_one("#browse-record", Line).show(content)

    # ---- typing

    def do_search(self) -> None:
        """Search by words as you type."""
        self.query_one("#browse-text", Input).focus()

    def action_filter(self) -> None:
        """Write a query filter."""
        self.query_one("#browse-filter", Input).focus()

    def on_input_changed(self) -> None:
        """Wait until typing pauses; what was being read for the text before is given up."""
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(TYPING_PAUSE, self._typed)

    def _typed(self) -> None:
        text = self.query_one("#browse-text", Input).value.strip()
        wanted = self.query_one("#browse-filter", Input).value.strip()
        if (text, wanted) != self._asked:
            self.action_again()

    def on_input_submitted(self) -> None:
        """To the records."""
        self._typed()
        self.table.focus()

    def do_back(self) -> None:
        """Give up the search first, then the screen; Enter keeps a search."""
        searching = isinstance(self.focused, Input) or self._clear_fields()
        if not searching:
            self.console.do_back()
            return
        self._clear_fields()
        self.table.focus()
        self._typed()

    def _clear_fields(self) -> bool:
        """Empty both fields; whether one held something."""
        fields = [self.query_one(f"#browse-{name}", Input) for name in ("text", "filter")]
        held = any(field.value for field in fields)
        for field in fields:
            field.value = ""
        return held

    # ---- opening

    def on_record_table_chosen(self) -> None:
        """One record in full."""
        self.do_record()

    def do_record(self) -> None:
        """Read the record under the cursor, live."""
        record: Record | None = self.table.current()
        if record is not None:
            from screens.screens.record import RecordScreen

            self.app.push_screen(RecordScreen(self._class, record.id))


def _maker(object_class: str) -> Any:
    return contact_row if object_class == "contact" else company_row


def contact_row(record: Record) -> Row:
    """A contact as a line of a table."""
    have = record.properties
    name = " ".join(part for part in (have.get("firstname"), have.get("lastname")) if part)
    cells = (have.get("email"), name, have.get("company"), have.get("jobtitle"), have.get("city"))
    return Row((*(value or "" for value in cells), _day(have.get("lastmodifieddate")), record.id))


def company_row(record: Record) -> Row:
    """A company as a line of a table."""
    have = record.properties
    cells = (have.get("name"), have.get("domain"), have.get("city"), have.get("industry"), have.get("country"))
    return Row((*(value or "" for value in cells), _day(have.get("hs_lastmodifieddate")), record.id))


def _day(value: str | None) -> str:
    return (value or "")[:10]


def _field(name: str, placeholder: str) -> Input:
    field = Input(placeholder=placeholder, id=name, compact=True)
    field.cursor_blink = False
    return field
