"""A value for a property of a record that is not there yet, and the choice of a further property."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.connector.editing import judge
from console.connector.sheet import Field, Sheet
from screens import theme
from screens.literal import literal, row
from screens.screens.record_edit import complaint
from screens.terminal.survive import SurvivingModal
from screens.widgets.options import OptionTable, Pick
from screens.widgets.panel import Line
from screens.widgets.value_editor import ValueEditor


class ValueScreen(SurvivingModal[str]):
    """Gives back the value as it would be sent, "" for none; None where it was left as it was."""

    CSS_PATH = theme.sheets("widgets", "records")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel"),
        Binding("ctrl+s", "take", "Take"),
    ]
    AUTO_FOCUS = None

    def __init__(self, sheet: Sheet, field: Field) -> None:
        super().__init__()
        self._sheet = sheet
        self._field = field

    def compose(self) -> ComposeResult:
        """The property, the editor, what is wrong, the keys."""
        with VerticalScroll(classes="sheet-dialog", can_focus=False) as box:
            box.border_title = literal(self._field.name).markup
            yield Line(literal(" · ".join(filter(None, (self._field.label, self._field.kind))), "$muted"))
            yield ValueEditor(self._field)
            yield Line("", id="wrong")
            yield Line("", classes="dialog-keys", id="edit-keys")

    def on_mount(self) -> None:
        """Write at once."""
        editor = self.query_one(ValueEditor)
        editor.focus_value()
        self.query_one("#edit-keys", Line).show(_keys(*editor.keys, ("esc", "cancel")))

    def on_value_editor_changed(self) -> None:
        """What is wrong with it is said as it is typed."""
        judged = judge(self._sheet, self._field.name, self.query_one(ValueEditor).value, creating=True)
        said = complaint(judged) if judged.wrong else literal(judged.note, "$warning", limit=400)
        self.query_one("#wrong", Line).show(said)

    def on_value_editor_submitted(self) -> None:
        """Take it."""
        self.action_take()

    def action_take(self) -> None:
        """Take it, if it is right."""
        judged = judge(self._sheet, self._field.name, self.query_one(ValueEditor).value, creating=True)
        if judged.wrong:
            self.query_one("#wrong", Line).show(complaint(judged))
        else:
            self.dismiss(judged.value or "")

    def action_give_up(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)


class ChooseTable(OptionTable):
    """Properties to choose one of; none is marked before."""

    BLANK_ROW = False

    def _mark(self, here: bool) -> str:
        return "▸" if here else " "


class ChooseProperty(SurvivingModal[str]):
    """Gives back the name of a property, found as one types."""

    CSS_PATH = theme.sheets("widgets", "records")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel"),
        Binding("down", "to_list", "To the list", show=False),
    ]
    AUTO_FOCUS = "Input"

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__()
        self._fields = fields

    def compose(self) -> ComposeResult:
        """Words and what they find."""
        with VerticalScroll(classes="sheet-dialog", can_focus=False) as box:
            box.border_title = "Another property"
            words = Input(placeholder="words in the name or the label", compact=True)
            words.cursor_blink = False
            yield words
            yield ChooseTable([Pick(field.name, field.label) for field in self._fields], ())
            yield Line(_keys(("↑↓", "move"), ("⏎", "add it"), ("esc", "cancel")), classes="dialog-keys")

    def on_input_changed(self, event: Input.Changed) -> None:
        """What matches is shown at once."""
        self.query_one(ChooseTable).filter(event.value)

    def on_input_submitted(self) -> None:
        """The first that matches, or the one under the cursor."""
        self._take()

    def action_to_list(self) -> None:
        """From the words to what they found."""
        self.query_one(ChooseTable).focus()

    def on_record_table_chosen(self) -> None:
        """This one."""
        self._take()

    def _take(self) -> None:
        pick: Pick | None = self.query_one(ChooseTable).current()
        if pick is not None:
            self.dismiss(pick.value)

    def action_give_up(self) -> None:
        """None."""
        self.dismiss(None)


def _keys(*keys: tuple[str, str]) -> Content:
    return Content("").join([row((f"{key} ", "$accent bold"), (f"{text}   ", "$muted")) for key, text in keys])
