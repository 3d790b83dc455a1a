"""Every value that one property of one record had, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from screens import theme, words
from screens.apology import expected
from screens.copying import copied
from screens.keys import bindings
from screens.literal import lines, literal, row, stack
from screens.operating import operations
from screens.screens.base import ConsoleScreen
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.read_table import ReadTable
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.hubspot.record_history import Version
    from console.session import Session


class RecordHistoryScreen(ConsoleScreen[None]):
    """When, what, whence, by whom."""

    PLACE = "versions"
    CSS_PATH = theme.sheets("widgets", "records")
    HEADING = "Property history"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("versions"),
        Binding("ctrl+r", "again", "Read again", key_display="^r"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, object_class: str, uid: str, name: str) -> None:
        super().__init__()
        self._class = object_class
        self._uid = uid
        self._property = name

    def body(self) -> ComposeResult:
        """The property, its values, the whole of the one under the cursor."""
        yield Line(row((self._property, "bold"), (f"   {self._class} {self._uid}", "$muted")))
        yield ReadTable(
            Column("When", 16), Column("Value", 20, grow=3), Column("From", 20, grow=1), Column("By", 11),
            empty="Reading …",
        )  # fmt: skip
        with VerticalScroll(id="version-value", classes="panel", can_focus=False):
            yield Line("", id="record-whole")
        yield Line("", id="history-state")

    def session_opened(self, session: Session) -> None:
        """Read them."""
        self.work(lambda: self._read(session), group="versions", failed=self._failed)

    def action_again(self) -> None:
        """Read them again."""
        if self.session is not None:
            self.session_opened(self.session)

    async def _read(self, session: Session) -> None:
        from console.connector.record_history import history

        found = await history(await operations(session), self._class, self._uid, [self._property])
        versions = list(found.get(self._property, ()))
        table = self.query_one(RecordTable)
        table.say_empty("It never had a value.")
        rows: PagedRows[Version] = PagedRows.of(versions, _row)
        table.show(rows, keep_cursor=True)
        state = f"{words.counted(len(versions), 'value')}; HubSpot keeps the last ones of each property"
        self.query_one("#history-state", Line).show(literal(state, "$muted"))
        self._show_value()

    def _failed(self, error: BaseException) -> None:
        known = expected(error)
        if known is None:
            self.console.trouble(error)
        table = self.query_one(RecordTable)
        table.say_empty("✗ not read")
        nothing: PagedRows[Version] = PagedRows.of([], _row)
        table.show(nothing)
        message, remedy = (known.message, known.remedy) if known else ("It was not read.", "")
        self.query_one("#history-state", Line).show(
            stack(
                lines(f"✗ {message}", "$error", limit=800),
                row(("→ ", "$accent"), (f"{remedy} ^r reads again.".strip(), "")),
            )
        )
        self._show_value()

    def on_record_table_moved(self) -> None:
        """The whole value follows the cursor."""
        self._show_value()

    def _show_value(self) -> None:
        version: Version | None = self.query_one(RecordTable).current()
        pane = self.query_one("#version-value")
        pane.display = version is not None
        if version is not None:
            whole = lines(version.value, limit=4000) if version.value else literal("(cleared)", "$muted")
            self.query_one("#record-whole", Line).show(whole)

    def offers(self, action: str) -> bool:
        """Copying needs a value."""
        if action == "record_copy":
            return self.is_mounted and self.query_one(RecordTable).rows.count() > 0
        return super().offers(action)

    def do_record_copy(self) -> None:
        """The exact value under the cursor to the clipboard."""
        version: Version | None = self.query_one(RecordTable).current()
        if version is not None and version.value:
            self.work(lambda: self._copy(version.value), group="copy")

    async def _copy(self, text: str) -> None:
        self.query_one("#history-state", Line).show(await copied(self.console, text, "The value"))


def _row(version: Version) -> Row:
    from console.connector.record_history import origin, who

    at = words.moment(version.at)
    return Row((at, version.value or "(cleared)", origin(version), who(version)), "" if version.value else "muted")
