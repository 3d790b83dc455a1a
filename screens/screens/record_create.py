"""A new record: what it needs and what one wants it to have, its unique key looked up before it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.operating import class_below, operations
from screens.screens.base import ConsoleScreen
from screens.screens.record_edit import failure
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.connector.new_record import Blank
    from console.session import Session


class Wanted(NamedTuple):
    """One row: a property of the new record."""

    name: str
    label: str
    kind: str
    value: str
    required: bool
    holder: str
    """The uid that has the value already; "-" where it is free, "" where nobody looked."""


class ValuesTable(RecordTable):
    """Enter gives the property under the cursor a value."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Value", key_display="⏎")]


class RecordCreateScreen(ConsoleScreen[None]):
    """A new contact or company."""

    PLACE = "record_create"
    CSS_PATH = theme.sheets("widgets", "records")
    HEADING = "New record"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("record_create"),
        Binding("plus,a", "add", "Add a property", key_display="+"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, object_class: str = "") -> None:
        super().__init__()
        self._class = object_class
        self._blank: Blank | None = None
        self._names: list[str] = []
        self._values: dict[str, str] = {}
        self._holders: dict[str, str] = {}
        self._busy = False

    # ---- looks

    def body(self) -> ComposeResult:
        """The properties with their values, and what stands in the way."""
        self._class = self._class or class_below(self.console)
        yield Line(row((f"A new {self._class}", "bold"), ("   Enter gives a value, F9 creates it", "$muted")))
        yield ValuesTable(
            Column("", 1), Column("Property", 22, grow=1), Column("Value", 30, grow=3), Column("", 14, grow=1),
            Column("Kind", 8), empty="Reading …", id="create-table",
        )  # fmt: skip
        yield Line("", id="create-state")

    def on_mount(self) -> None:
        """Name the class; the base begins to read what it takes."""
        self.retitle(f"New {self._class}")

    def session_opened(self, session: Session) -> None:
        """Read what it takes."""
        if self._blank is None:
            self.work(lambda: self._read(session), group="create", failed=self._failed)

    async def _read(self, session: Session) -> None:
        from console.connector.new_record import blank_record

        self._blank = await blank_record(await operations(session), self._class)
        self._names = self._blank.offered
        self._show()
        self.refresh_bindings()

    def _failed(self, error: BaseException) -> None:
        self.query_one(RecordTable).say_empty("✗ not read")
        self._say(failure(self.console, error))

    def _show(self) -> None:
        rows: PagedRows[Wanted] = PagedRows.of([self._wanted(name) for name in self._names], _row)
        self.query_one(RecordTable).show(rows, keep_cursor=True)
        self._show_state()

    def _wanted(self, name: str) -> Wanted:
        from console.connector.new_record import field

        assert self._blank is not None
        made, value = field(self._blank.sheet, name), self._values.get(name, "")
        holder = self._holders.get(name, "") if value else ""
        return Wanted(name, made.label, made.kind, value, name in self._blank.required, holder)

    def _show_state(self) -> None:
        taken = {name: holder for name, holder in self._holders.items() if holder != "-" and self._values.get(name)}
        rows: list[Content] = [
            row(("✗ ", "$error"), (f"{name}: {self._class} {holder} has that value already.", "$error"))
            for name, holder in taken.items()
        ]
        missing = [name for name in self._blank.required if not self._values.get(name)] if self._blank else []
        if missing:
            rows.append(row(("● ", "$warning"), (f"needed: {', '.join(missing)}", "$muted")))
        self._say(stack(*rows))

    def _say(self, content: Content | str) -> None:
        self.query_one("#create-state", Line).show(content)

    # ---- values

    def on_record_table_chosen(self) -> None:
        """A value for the property under the cursor."""
        self.do_record_edit()

    def do_record_edit(self) -> None:
        """A value for the property under the cursor."""
        wanted: Wanted | None = self.query_one(RecordTable).current()
        if wanted is None or self._blank is None:
            return
        from console.connector.new_record import field
        from screens.screens.value_dialogs import ValueScreen

        made = field(self._blank.sheet, wanted.name, self._values.get(wanted.name))

        def taken(value: str | None) -> None:
            if value is not None:
                self._take(wanted.name, value)

        self.app.push_screen(ValueScreen(self._blank.sheet, made), taken)

    def _take(self, name: str, value: str) -> None:
        self._values[name] = value
        self._holders.pop(name, None)
        self._show()
        if value and self.session is not None:
            session = self.session
            self.work(lambda: self._look_up(session, name), group="holders", failed=lambda _: None)
        table = self.query_one(RecordTable)
        table.action_move(1)

    async def _look_up(self, session: Session, name: str) -> None:
        """Whose a unique value is, while the operator goes on; HubSpot is asked again by the create itself."""
        from console.connector.new_record import holders, unique

        assert self._blank is not None
        value = self._values[name]
        if not unique(self._blank.sheet, [name]):
            return
        found = await holders(await operations(session), self._blank.sheet, {name: value})
        if self._values.get(name) == value:
            self._holders[name] = found.get(name, "-")
            self._show()

    def action_add(self) -> None:
        """Another property."""
        if self._blank is None:
            return
        from console.connector.new_record import field
        from screens.screens.value_dialogs import ChooseProperty

        sheet = self._blank.sheet
        left = [field(sheet, name) for name in self._blank.others if name not in self._names]

        def chosen(name: str | None) -> None:
            if name is not None:
                self._names.append(name)
                self._show()
                self.query_one(RecordTable).action_last()
                self.do_record_edit()

        self.app.push_screen(ChooseProperty(left), chosen)

    # ---- making it

    def offers(self, action: str) -> bool:
        """Creating needs to know what it takes."""
        if action in ("record_create", "record_edit"):
            return self._blank is not None and not self._busy
        return super().offers(action)

    def do_record_create(self) -> None:
        """Show what would be made, and ask."""
        values = {name: value for name, value in self._values.items() if value}
        assert self._blank is not None
        missing = [name for name in self._blank.required if not values.get(name)]
        if missing:
            self._say(row(("✗ ", "$error"), (f"A {self._class} needs {', '.join(missing)}.", "$error")))
            return
        from screens.screens.dialogs import Confirm
        from screens.screens.sure import portal_line

        rows = [
            row(("+ ", "$success"), (f"{name[:22]:<23}", "$muted"), literal(value, limit=200))
            for name, value in values.items()
        ]
        text = stack(
            *rows, literal(""), portal_line(self.console), literal("It can start workflows in HubSpot.", "$muted")
        )

        def answered(yes: bool | None) -> None:
            if yes and self.session is not None:
                self._create(self.session, values)

        self.app.push_screen(Confirm(f"Create this {self._class}?", text, "Create", "Back"), answered)

    def _create(self, session: Session, values: dict[str, str]) -> None:
        async def do() -> None:
            made = await (await operations(session)).create(self._class, values)
            from screens.screens.record import RecordScreen

            said = "\n".join([f"✓ Created {self._class} {made.uid}.", *made.notes])
            self.app.switch_screen(RecordScreen(self._class, made.uid, said))

        self._busy = True
        self._say(literal("▶ creating …", "$primary"))
        self.work(do, group="create", failed=self._not_created)

    def _not_created(self, error: BaseException) -> None:
        self._busy = False
        holder = getattr(error, "existing_id", None)
        if holder and self._blank is not None:
            self._holders[self._blank.required[0]] = str(holder)
        self._show()
        self._say(failure(self.console, error))
        self.refresh_bindings()

    def do_back(self) -> None:
        """Leave; what was typed is not lost without a question."""
        if not any(self._values.values()):
            self.console.do_back()
            return
        from screens.screens.dialogs import Confirm

        def answered(yes: bool | None) -> None:
            if yes:
                self.console.do_back()

        given = words.counted(sum(1 for value in self._values.values() if value), "value")
        self.app.push_screen(
            Confirm("Leave it?", f"{given} would be lost; nothing was written.", "Leave", "Stay"), answered
        )


def _row(wanted: Wanted) -> Row:
    state = {"": "", "-": "✓ free"}.get(wanted.holder, f"✗ {wanted.holder}")
    tone = "error" if wanted.holder not in ("", "-") else "" if wanted.value or wanted.required else "muted"
    return Row(("●" if wanted.required else "", wanted.name, wanted.value, state, wanted.kind), tone)
