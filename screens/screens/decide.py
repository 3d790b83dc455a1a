"""Which of several records is this person's: the source on the left, the records beside it, one of them chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from console.journal.model import Entry
from screens import theme, words
from screens.keys import bindings
from screens.literal import lines, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.entry_view import name_of
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.provisioning.choosing import Choice, Choosing
    from console.session import Session

NAME = 14
COLUMN = 19
"""Cells of a record at least; what is left over is shared out."""
_DATES = frozenset({"createdate", "lastmodifieddate"})


class DecideScreen(ConsoleScreen[str | None]):
    """Left and right choose, Enter links. Answers how people call the record that was chosen, None where none was."""

    PLACE = "decide"
    CSS_PATH = theme.sheets("widgets", "review")
    HEADING = "Whose record is it?"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("decide"),
        Binding("right,l,tab", "choose(1)", "Next record", key_display="→"),
        Binding("left,h,shift+tab", "choose(-1)", "Record before", key_display="←"),
        Binding("enter", "take", "This one", key_display="⏎"),
    ]
    AUTO_FOCUS = ""

    def __init__(self, mapping: str, object_class: str, entry: Entry) -> None:
        super().__init__()
        self._mapping = mapping
        self._object_class = object_class
        self._entry = entry
        self._choosing: Choosing | None = None
        self._cursor = 0
        self._busy = False

    @property
    def _source_id(self) -> str:
        return self._entry.payload.source_id if self._entry.payload is not None else ""

    def body(self) -> ComposeResult:
        """The person, the table, what happens on Enter."""
        with VerticalScroll(id="decide-table", classes="panel fill") as box:
            box.border_title = literal(f"{name_of(self._entry)}: which record is theirs?")
            yield Line(literal("Reading the source and the records …", "$muted"), id="decide-rows")
        yield Line("", id="decide-foot")

    def session_opened(self, session: Session) -> None:
        """Look the records up."""
        self.work(lambda: self._read(session), group="decide", failed=self._failed)

    async def _read(self, session: Session) -> None:
        self._choosing = await (await session.plans).choosing(self._mapping, self._source_id)
        free = [number for number, one in enumerate(self._choosing.choices) if not one.owned]
        self._cursor = free[0] if free else 0
        self._show()

    def on_resize(self) -> None:
        """More records fit side by side."""
        self._show()

    def _show(self) -> None:
        found = self._choosing
        if found is None:
            return
        self.query_one("#decide-rows", Line).show(self._rows(found))
        self.query_one("#decide-foot", Line).show(self._foot(found))
        self.refresh_bindings()

    def _rows(self, found: Choosing) -> Content:
        if not found.choices:
            return stack(
                literal("No record has a key or the name of this person.", "$warning"),
                literal("If there is one, give its id: hubspoke mapping link MAPPING SOURCE_ID UID", "$muted"),
            )
        space = self.app.size.width - 7 - NAME
        room = min(len(found.choices), max(1, space // COLUMN - 1))
        column = min(space // (room + 1), 2 * COLUMN)
        first = max(0, self._cursor - room + 1)
        shown = list(enumerate(found.choices))[first : first + room]
        heads = [_cell("", NAME), _cell("in the source", column, "bold")]
        heads += [self._head(number, one, column) for number, one in shown]
        keys = [_cell("", NAME), _cell(found.source_id, column, "$muted")]
        keys += [_cell(f"  by {one.key}" if one.key else "", column, "$muted") for _, one in shown]
        lines = [row(*heads), row(*keys), literal("")]
        lines += [self._line(name, found, [one for _, one in shown], column) for name in found.names]
        if len(found.choices) > room:
            left = f"{words.number(len(found.choices))} records; the arrows bring the others into view"
            lines += [literal(""), literal(left, "$muted")]
        return stack(*lines)

    def _head(self, number: int, one: Choice, width: int) -> Content:
        here = number == self._cursor
        mark = "▸ " if here else "  "
        style = "$muted" if one.owned else "$primary bold" if here else "bold"
        return _cell(f"{mark}{one.uid}{' ▲ taken' if one.owned else ''}", width, style)

    def _line(self, name: str, found: Choosing, shown: list[Choice], width: int) -> Content:
        wanted = found.wanted.get(name, "")
        cells = [_cell(name, NAME, "$muted"), _cell(wanted, width)]
        for one in shown:
            value = one.values.get(name, "")
            same = bool(wanted) and value.casefold() == wanted.casefold()
            mark = "= " if same else "≠ " if wanted and value else "  "
            said = words.moment(value) if name in _DATES else value
            cells.append(_cell(mark + said, width, "$success" if same else ""))
        return row(*cells)

    def _foot(self, found: Choosing) -> Content:
        one = self._current
        if one is None:
            return literal("")
        if one.owned:
            return row(("▲ ", "$warning bold"), (f"{one.uid} is linked to another person; unlink that one first.", ""))
        told = f"{found.label} is linked to {self._object_class} {one.uid} from now on. Nothing is written in HubSpot."
        return row(("⏎ ", "$accent bold"), (told, ""))

    @property
    def _current(self) -> Choice | None:
        choices = self._choosing.choices if self._choosing is not None else ()
        return choices[self._cursor] if self._cursor < len(choices) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be something to choose."""
        if action in ("choose", "take"):
            return self._current is not None
        return super().check_action(action, parameters)

    def action_choose(self, by: int) -> None:
        """The record beside this one."""
        if self._choosing is not None and self._choosing.choices:
            self._cursor = (self._cursor + by) % len(self._choosing.choices)
            self._show()

    def action_take(self) -> None:
        """This one it is; ask first where the person has another one."""
        one, session, found = self._current, self.session, self._choosing
        if one is None or session is None or found is None or self._busy:
            return
        if one.owned:
            self.console.say(f"{one.uid} is linked to another person.", severity="warning")
            return
        if not found.linked_to or found.linked_to == one.uid:
            self._link(session, one, replace=False)
            return
        from screens.screens.dialogs import Confirm

        text = f"{found.label} is linked to {found.linked_to}. Link {one.uid} in its place?"
        self.app.push_screen(
            Confirm("Another record?", text, "Link", "Leave it"),
            lambda yes: self._link(session, one, replace=True) if yes else None,
        )

    def _link(self, session: Session, one: Choice, *, replace: bool) -> None:
        self._busy = True
        self.work(partial(self._keep, session, one, replace), group="link", failed=self._failed)

    async def _keep(self, session: Session, one: Choice, replace: bool) -> None:
        plans = await session.plans
        uid, label = await plans.link(self._mapping, self._source_id, one.uid, replace=replace)
        self.dismiss(f"{uid} {label}".strip())

    def _failed(self, error: BaseException) -> None:
        """The reason stands where the answer would; what was shown stays."""
        self._busy = False
        told = self.console.trouble(error)
        self.query_one("#decide-foot", Line).show(row(("✗ ", "$error bold"), lines(told.text)))
        if self._choosing is None:
            self.query_one("#decide-rows", Line).show(literal("The records could not be read. esc leads back.", ""))

    def do_back(self) -> None:
        """Nothing is decided."""
        self.dismiss(None)


def _cell(text: str, width: int, style: str = "") -> Content:
    """Text in exactly `width` cells, the last of them blank."""
    shown = literal(text, style, limit=400).truncate(width - 1, ellipsis=True)
    return row(shown, " " * (width - shown.cell_length))
