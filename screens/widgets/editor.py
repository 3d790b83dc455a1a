"""Editors: the text of a mapping, and one expression in its place with what may come next and what is wrong."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, TextArea

from console.provisioning.completing import Completion, apply, completions
from screens.literal import lines, literal, row
from screens.terminal.survive import SurvivingPump
from screens.widgets.panel import Line

DEBOUNCE = 0.3
"""Seconds without a key before what was typed is judged."""


class Editor(SurvivingPump, TextArea):
    """TextArea as we want it; foreign characters are drawn by the gate (screens/terminal/gate.py)."""

    def __init__(self, text: str = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(text, id=id, show_line_numbers=True, tab_behavior="focus", theme="css", soft_wrap=False)
        self.cursor_blink = False


class ExpressionInput(SurvivingPump, Input):
    """One line; Tab takes the first completion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", key_display="⇥", priority=True),
        Binding("escape", "give_up", "Give up", key_display="esc", priority=True),
    ]

    class Completing(Message):
        """Tab was pressed."""

    class GivenUp(Message):
        """Escape was pressed."""

    def action_complete(self) -> None:
        """Tab."""
        self.post_message(self.Completing())

    def action_give_up(self) -> None:
        """Escape."""
        self.post_message(self.GivenUp())


class ExpressionEditor(SurvivingPump, Vertical):
    """An expression being typed: the caret under the place of an error, what may come next; Enter takes it."""

    class Typed(Message):
        """Nothing was typed for a moment: judge this."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Accepted(Message):
        """Enter."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class GivenUp(Message):
        """Escape: everything stays as it was."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._fields: tuple[str, ...] = ()
        self._offered: list[Completion] = []
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The field, the caret, what may come next."""
        field = ExpressionInput(id="expression", compact=True, select_on_focus=False)
        field.cursor_blink = False
        yield field
        yield Line("", id="expression-caret")
        yield Line("", id="expression-next")

    @property
    def field(self) -> ExpressionInput:
        """The field itself."""
        return self.query_one(ExpressionInput)

    def begin(self, text: str, fields: tuple[str, ...]) -> None:
        """Edit this; `fields` are what `source.` may be followed by."""
        self._fields = fields
        self.display = True
        self.field.value = text
        self.field.cursor_position = len(text)
        self.complain("", 0)
        self.field.focus()
        self._offer()

    def complain(self, message: str, column: int) -> None:
        """Say what is wrong, with a caret under a column that counts from 1; "" says that nothing is."""
        caret = self.query_one("#expression-caret", Line)
        if not message:
            caret.show("")
            return
        width = max(20, self.size.width - 2)
        at = max(0, min(column - 1 - round(self.field.scroll_offset.x), width - 2))
        beside = at + len(message) + 4 <= width
        caret.show(lines(f" {' ' * at}^ {message}" if beside else f" {' ' * at}^\n ✗ {message}", "$error"))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer at once, judge after a moment."""
        event.stop()
        self._offer()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DEBOUNCE, self._judge)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self.post_message(self.Accepted(event.value.strip()))

    def on_expression_input_given_up(self, event: ExpressionInput.GivenUp) -> None:
        """Escape."""
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self.post_message(self.GivenUp())

    def on_expression_input_completing(self, event: ExpressionInput.Completing) -> None:
        """Put the first completion in."""
        event.stop()
        if self._offered:
            text, cursor = apply(self.field.value, self.field.cursor_position, self._offered[0])
            self.field.value = text
            self.field.cursor_position = cursor
            self._offer()

    def _judge(self) -> None:
        self.post_message(self.Typed(self.field.value.strip()))

    def _offer(self) -> None:
        self._offered = completions(self.field.value, self.field.cursor_position, self._fields)
        shown = self.query_one("#expression-next", Line)
        if not self._offered:
            shown.show(literal(" ⏎ takes it   esc leaves it as it was", "$muted"))
            return
        first, *rest = [one.shown for one in self._offered]
        shown.show(row((" ⇥ ", "$accent bold"), (first, "bold"), (f"   {'  '.join(rest)}" if rest else "", "$muted")))
