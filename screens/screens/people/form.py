"""A person as a form: the usual attributes, whatever else they have, and room for more."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input

from console.repository.editing import RESERVED, BadField, attributes_of, fields_of
from console.repository.errors import BadPerson, RepositoryError
from console.repository.people import People
from console.repository.person import Person, encoded
from screens import theme
from screens.literal import literal, row
from screens.terminal.survive import SurvivingModal
from screens.widgets.panel import Line

NAME = "userName"


class PersonForm(SurvivingModal[Person | None]):
    """Dismissed with the person as saved, None when given up. `^s` saves from any field."""

    CSS_PATH = theme.sheets("widgets", "people")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", key_display="^s"),
        Binding("ctrl+n", "more", "Another attribute", key_display="^n"),
        Binding("escape", "give_up", "Cancel"),
    ]

    def __init__(self, people: People, person: Person | None) -> None:
        super().__init__()
        self._people = people
        self._person = person
        self._fields = fields_of(person.attributes if person is not None else {})
        self._order = [NAME, *self._fields]
        self._busy = False

    def compose(self) -> ComposeResult:
        """A field a line; beneath each, room for what is wrong with it."""
        with Vertical(classes="dialog panel", id="person-form") as box:
            box.border_title = literal(f"Edit {self._person.user_name}" if self._person else "A new person")
            with VerticalScroll(id="person-fields", can_focus=False):
                yield from self._line(NAME, self._person.user_name if self._person else "")
                for name, text in self._fields.items():
                    yield from self._line(name, text)
            yield Line("", id="person-wrong")
            yield Line(
                row(
                    (" ^s ", "$accent bold"), ("save", "$muted"), ("   ^n ", "$accent bold"), ("another attribute", "$muted"),
                    ("   esc ", "$accent bold"), ("cancel", "$muted"),
                ),
                classes="dialog-keys",
            )  # fmt: skip

    def _line(self, name: str, text: str) -> ComposeResult:
        number = self._order.index(name)
        with Horizontal(classes="form-row"):
            yield Line(literal(name[:22], "$muted"), classes="form-label")
            field = Input(text, id=f"person-field-{number}", compact=True)
            field.cursor_blink = False
            yield field

    def _typed(self) -> dict[str, str]:
        return {name: self._field(name).value for name in self._order}

    def _field(self, name: str) -> Input:
        return self.query_one(f"#person-field-{self._order.index(name)}", Input)

    def on_input_changed(self) -> None:
        """What was wrong may be right now."""
        self._say("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field, and saves from the last one."""
        number = int((event.input.id or "person-field-0").rsplit("-", 1)[1])
        if number + 1 < len(self._order):
            self._field(self._order[number + 1]).focus()
        else:
            self.action_save()

    def action_more(self) -> None:
        """An attribute that is not here yet."""
        from screens.screens.dialogs import Ask

        def check(name: str) -> str:
            if not name.strip() or name.strip() in RESERVED:
                return "This name cannot be used."
            return "It is here already." if name.strip() in self._order else ""

        def named(name: str | None) -> None:
            if name is None:
                return
            self._order.append(name.strip())
            box = self.query_one("#person-fields")

            async def grow() -> None:
                line = Horizontal(classes="form-row")
                await box.mount(line)
                await line.mount(Line(literal(name.strip()[:22], "$muted"), classes="form-label"))
                field = Input(id=f"person-field-{len(self._order) - 1}", compact=True)
                field.cursor_blink = False
                await line.mount(field)
                field.focus()

            self.run_worker(grow(), exit_on_error=False)

        self.app.push_screen(Ask("Another attribute", "Its name, as the mapping will call it.", check=check), named)

    def action_save(self) -> None:
        """Check, then write; what is wrong is said and the form stays."""
        if self._busy:
            return
        typed = self._typed()
        name = typed.pop(NAME)
        before = self._person.attributes if self._person is not None else {}
        try:
            attributes = attributes_of(typed, before)
            encoded(name, attributes)
        except BadPerson as error:
            self._wrong(error, error.field if isinstance(error, BadField) else NAME)
            return
        self._busy = True
        self.run_worker(self._write(name, attributes), exit_on_error=False)

    async def _write(self, name: str, attributes: dict[str, object]) -> None:
        try:
            if self._person is None:
                saved = await self._people.add(name.strip(), attributes)
            else:
                saved = await self._people.replace(
                    self._person.uid, user_name=name.strip(), attributes=attributes, if_change=self._person.change
                )
        except RepositoryError as error:
            self._busy = False
            self._wrong(error, NAME)
            return
        self.dismiss(saved)

    def _wrong(self, error: RepositoryError, field: str) -> None:
        self._say(f"✗ {error.message}", error.remedy)
        if field in self._order:
            self._field(field).focus()

    def _say(self, message: str, remedy: str = "") -> None:
        told = row((f"{message} ", "$error"), (remedy, "$muted")) if message else ""
        self.query_one("#person-wrong", Line).show(told)

    def action_give_up(self) -> None:
        """Nothing is saved."""
        self.dismiss(None)
