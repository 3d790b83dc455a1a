"""One record, read live, with every property that has a value, or all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from console.hubspot.model import PropertyDefinition, Record
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row
from screens.screens.base import ConsoleScreen
from screens.widgets.details import value_detail
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session


class Field(NamedTuple):
    """One property of the record."""

    name: str
    label: str
    value: str | None


class RecordScreen(ConsoleScreen[None]):
    """A contact or a company."""

    PLACE = "record"
    CSS_PATH = theme.sheets("browse")
    HEADING = "Record"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("record"),
        Binding("e", "blanks", "Blank ones too"),
        Binding("ctrl+r", "again", "Read again", key_display="^r"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, object_class: str, uid: str) -> None:
        super().__init__()
        self._class = object_class
        self._uid = uid
        self._fields: list[Field] = []
        self._blanks = False

    def body(self) -> ComposeResult:
        """Names and values; the whole value of the one under the cursor below."""
        yield Line("", id="record-head")
        yield RecordTable(
            Column("Property", 24, grow=1), Column("Value", 40, grow=3), Column("Label", 20, grow=1), empty="Reading …"
        )
        with VerticalScroll(id="record-value", classes="panel"):
            yield Line("", id="record-whole")

    def on_mount(self) -> None:
        """Name the record."""
        super().on_mount()
        self.retitle(f"{self._class.capitalize()} {self._uid}")

    def session_opened(self, session: Session) -> None:
        """Read it."""
        self.work(lambda: self._read(session), group="record", failed=self._failed)

    def action_again(self) -> None:
        """Read it again."""
        if self.session is not None:
            self.session_opened(self.session)

    def action_blanks(self) -> None:
        """Show properties without a value, or hide them."""
        self._blanks = not self._blanks
        self._show()

    async def _read(self, session: Session) -> None:
        connector = await session.connector
        schema = await connector.schema(self._class)
        record = await connector.get(self._class, self._uid, list(schema))
        self._fields = _fields(record, schema)
        head = row(("read just now", "$muted"), ("   changed ", "$muted"), (words.moment(record.updated_at), ""))
        created = row(("   created ", "$muted"), (words.moment(record.created_at), ""))
        self.query_one("#record-head", Line).show(row(head, created))
        self._show()

    def _failed(self, error: BaseException) -> None:
        said = getattr(error, "message", "")
        self.query_one(RecordTable).say_empty(f"✗ {said}" if isinstance(said, str) and said else "✗ not read")
        self.console.trouble(error)

    def _show(self) -> None:
        shown = [field for field in self._fields if self._blanks or field.value]
        self.query_one(RecordTable).say_empty("No property has a value.")
        self.query_one(RecordTable).show(PagedRows.of(shown, _row), keep_cursor=True)
        self._show_value()

    def on_record_table_moved(self) -> None:
        """The whole value follows the cursor."""
        self._show_value()

    def _show_value(self) -> None:
        field: Field | None = self.query_one(RecordTable).current()
        whole = value_detail(field.name, field.label, field.value) if field else literal("")
        self.query_one("#record-whole", Line).show(whole)


def _fields(record: Record, schema: dict[str, PropertyDefinition]) -> list[Field]:
    names = sorted({*record.properties, *schema})
    return [Field(name, schema[name].label if name in schema else "", record.properties.get(name)) for name in names]


def _row(field: Field) -> Row:
    return Row((field.name, field.value or "", field.label), "" if field.value else "muted")
