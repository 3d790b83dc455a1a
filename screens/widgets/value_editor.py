"""An editor for the value of one property, fitted to what the property takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, TextArea

from screens.widgets.editor import Editor
from screens.widgets.options import CheckTable, OptionTable, Pick
from screens.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from console.connector.sheet import Field

FILTERED = 8
"""More options than this and a field to find them stands above."""
HINTS = {
    "text": "text; nothing clears it",
    "number": "a number: 1234.5",
    "date": "a date: 2026-11-21",
    "time": "a time: 2026-11-21T08:30:00Z",
}
KEYS = {
    "lines": (("^s", "go on"),),
    "choice": (("↑↓", "move"), ("⏎", "take")),
    "yes/no": (("↑↓", "move"), ("⏎", "take")),
    "choices": (("space", "tick"), ("⏎", "go on")),
}


class ValueEditor(Vertical):
    """A field, a text, one of some options or several of them."""

    class Changed(Message):
        """The value is another one."""

    class Submitted(Message):
        """The operator is done with it."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._field = field

    def compose(self) -> ComposeResult:
        """What fits the property."""
        kind, value = self._field.kind, self._field.value or ""
        if kind == "lines" or "\n" in value:
            yield Editor(value)
        elif kind in ("choice", "choices", "yes/no"):
            picks = self._picks()
            if len(picks) > FILTERED:
                words = Input(placeholder="words, to find an option", id="option-words", compact=True)
                words.cursor_blink = False
                yield words
            several = kind == "choices"
            chosen = [part for part in (value.split(";") if several else [value]) if part]
            yield CheckTable(picks, chosen) if several else OptionTable(picks, chosen)
        else:
            field = Input(value, placeholder=HINTS[kind], id="value", compact=True, select_on_focus=False)
            field.cursor_blink = False
            yield field

    def _picks(self) -> list[Pick]:
        definition = self._field.definition
        options = definition.options if definition is not None else ()
        present = set((self._field.value or "").split(";"))
        found = [Pick(one.value, one.label) for one in options if not one.hidden or one.value in present]
        return found or [Pick("true"), Pick("false")]

    def on_mount(self) -> None:
        """The whole list where it is short."""
        for table in self.query(OptionTable):
            table.styles.height = min(10, len(self._picks()) + 2)
        for text in self.query(TextArea):
            text.move_cursor(text.document.end)

    @property
    def value(self) -> str:
        """What is there now."""
        for table in self.query(OptionTable):
            return table.value
        for text in self.query(TextArea):
            return text.text
        return self.query_one("#value", Input).value

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """The keys that it has of its own."""
        if self.query(TextArea):
            return KEYS["lines"]
        return KEYS.get(self._field.kind, (("⏎", "go on"),))

    def focus_value(self) -> None:
        """The operator writes in it."""
        for widget in self.query("Input, TextArea, RecordTable"):
            widget.focus()
            return

    def on_input_changed(self, event: Input.Changed) -> None:
        """Typed text is the value, or words to find an option."""
        event.stop()
        if event.input.id == "option-words":
            self.query_one(OptionTable).filter(event.value)
        else:
            self.post_message(self.Changed())

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Another text."""
        event.stop()
        self.post_message(self.Changed())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Done; or to the options that were found."""
        event.stop()
        if event.input.id == "option-words":
            self.query_one(OptionTable).focus()
        else:
            self.post_message(self.Submitted())

    def on_record_table_moved(self, event: RecordTable.Moved) -> None:
        """A tick changes the value."""
        event.stop()
        self.post_message(self.Changed())

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        """Enter takes the option, or goes on with those that are ticked."""
        event.stop()
        table = self.query_one(OptionTable)
        if not isinstance(table, CheckTable):
            table.take()
        self.post_message(self.Submitted())
