"""What a record is associated with: the companies of a contact, the contacts of a company, with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from screens import theme, words
from screens.copying import copied
from screens.keys import bindings
from screens.literal import literal, row
from screens.operating import OTHER, PLURALS, operations
from screens.screens.base import ConsoleScreen
from screens.screens.record_edit import failure
from screens.widgets.choices import Choice
from screens.widgets.paged_rows import Fetched, PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.connector.linked import Linked
    from console.hubspot.associations import Association, AssociationType
    from console.session import Session


class AssociationsScreen(ConsoleScreen[None]):
    """One record's associations with records of the other class."""

    PLACE = "linked"
    CSS_PATH = theme.sheets("widgets", "records")
    HEADING = "Associations"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("linked"),
        Binding("ctrl+r", "again", "Read again", key_display="^r"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, object_class: str, uid: str, name: str = "") -> None:
        super().__init__()
        self._class = object_class
        self._uid = uid
        self._called = name
        self._other = OTHER.get(object_class, "company")

    def body(self) -> ComposeResult:
        """Whose, which, and how many."""
        who = row((self._called or "(no name)", "bold"), (f"  {self._class} {self._uid}", "$muted"))
        yield Line(row(who, (f"   and its {PLURALS[self._other]}", "")))
        yield RecordTable(
            Column("Name", 22, grow=2), Column("", 16, grow=1), Column("Labels", 14, grow=1),
            Column("Id", 12, right=True), empty="Reading …",
        )  # fmt: skip
        yield Line("", id="linked-state")

    def session_opened(self, session: Session) -> None:
        """Read them."""
        self.work(lambda: self._read(session), group="linked", failed=self._failed)

    def action_again(self) -> None:
        """Read them again."""
        if self.session is not None:
            self.session_opened(self.session)

    async def _read(self, session: Session) -> None:
        service = await operations(session)
        found = await service.associations(self._class, self._uid, self._other)

        async def fetch(after: int | None) -> Fetched:
            from console.connector.linked import PAGE, named

            start = after or 0
            page: list[Association] = found[start : start + PAGE]
            items = await named(service, self._other, page) if page else []
            end = start + PAGE
            return Fetched(items, end if end < len(found) else None)

        table = self.query_one(RecordTable)
        table.say_empty(f"No {PLURALS[self._other]} yet. n associates one.")
        rows: PagedRows[Linked] = PagedRows(fetch, _row)
        table.show(rows, keep_cursor=True)
        self._say(literal(f"{words.counted(len(found), self._other, PLURALS[self._other])} associated", "$muted"))

    def _failed(self, error: BaseException) -> None:
        table = self.query_one(RecordTable)
        table.say_empty("✗ not read; ^r reads again")
        nothing: PagedRows[Linked] = PagedRows.of([], _row)
        table.show(nothing)
        self._say(failure(self.console, error))

    def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
        """The names of a page are here, or did not come."""
        self.refresh_bindings()
        if message.error is not None:
            message.table.say_empty("✗ not read; ^r reads again")
            self._say(failure(self.console, message.error))

    def _say(self, content: Content) -> None:
        self.query_one("#linked-state", Line).show(content)

    @property
    def current(self) -> Linked | None:
        """The record under the cursor."""
        found: Linked | None = self.query_one(RecordTable).current()
        return found

    def offers(self, action: str) -> bool:
        """What is done with another record needs one."""
        if action in ("record", "record_copy", "record_unlink"):
            return self.is_mounted and self.query_one(RecordTable).rows.count() > 0
        return super().offers(action)

    # ---- opening and copying

    def on_record_table_chosen(self) -> None:
        """The other record in full."""
        self.do_record()

    def do_record(self) -> None:
        """Open the record under the cursor."""
        if self.current is not None:
            from screens.screens.record import RecordScreen

            self.app.push_screen(RecordScreen(self._other, self.current.uid))

    def do_record_copy(self) -> None:
        """The uid under the cursor to the clipboard."""
        if self.current is not None:
            uid = self.current.uid
            self.work(lambda: self._copy(uid), group="copy")

    async def _copy(self, uid: str) -> None:
        self._say(await copied(self.console, uid, f"The uid {uid}"))

    # ---- associating

    @work(exit_on_error=False, exclusive=True, group="link")
    async def do_record_link(self) -> None:
        """Associate another record: its uid, then a label."""
        from screens.screens.dialogs import Ask

        text = f"The uid of the {self._other} to associate:"
        uid = await self.app.push_screen_wait(Ask("Associate", text, label="uid", check=_uid_wrong))
        if uid is None or self.session is None:
            return
        types = await self._types(self.session)
        label = await self._label("Which label?", types) if types is not None else None
        if label is None or self.session is None:
            return
        session, other = self.session, uid.strip()
        self._write(session, f"Associated with {self._other} {other}.", "associate", other, label)

    @work(exit_on_error=False, exclusive=True, group="link")
    async def do_record_unlink(self) -> None:
        """Separate the two, or take one label off."""
        linked = self.current
        if linked is None:
            return
        choices = [Choice("", "All of it", "the two are separated")]
        choices += [Choice(label, label, "only this label goes; the two stay associated") for label in linked.labels]
        label = await self._picked(f"Separate from {linked.name or linked.uid}?", choices)
        if label is None or self.session is None:
            return
        said = (
            f"Took {label} off {self._other} {linked.uid}." if label else f"Separated from {self._other} {linked.uid}."
        )
        self._write(self.session, said, "dissociate", linked.uid, label)

    def _write(self, session: Session, said: str, what: str, other: str, label: str) -> None:
        async def do() -> None:
            service = await operations(session)
            operation = service.associate if what == "associate" else service.dissociate
            await operation(self._class, self._uid, self._other, other, label=_label_of(label))
            await self._read(session)
            self._say(literal(f"✓ {said}", "$success"))

        self._say(literal("▶ writing …", "$primary"))
        self.work(do, group="linked", failed=lambda error: self._say(failure(self.console, error)))

    async def _types(self, session: Session) -> Sequence[AssociationType] | None:
        try:
            return await (await operations(session)).labels(self._class, self._other)
        except Exception as error:  # noqa: BLE001 - told below the list, which stays
            self._say(failure(self.console, error))
            return None

    async def _label(self, title: str, types: Sequence[AssociationType]) -> str | None:
        known = [Choice(str(each.type_id), each.label, each.category) for each in types if each.label]
        return await self._picked(title, [Choice("", "No label", "associated, no more"), *known])

    async def _picked(self, title: str, choices: list[Choice]) -> str | None:
        from screens.screens.pick import PickScreen

        picked: Any = await self.app.push_screen_wait(PickScreen(title, choices))
        return picked if picked is None else str(picked)


def _row(linked: Linked) -> Row:
    name = linked.name or ("(no name)" if linked.there else "(not there any more)")
    return Row((name, linked.detail, ", ".join(linked.labels), linked.uid), "" if linked.there else "muted")


def _uid_wrong(typed: str) -> str:
    uid = typed.strip()
    return "" if uid.isascii() and uid.isdigit() else "A uid is a whole number: copy it from the list with y."


def _label_of(value: str) -> str | int | None:
    """A type by its number, a label by its name, none."""
    if not value:
        return None
    return int(value) if value.isascii() and value.isdigit() else value
