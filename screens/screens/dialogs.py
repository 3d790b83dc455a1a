"""Small questions in a frame above the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from screens import theme
from screens.literal import literal, row
from screens.terminal.survive import SurvivingModal
from screens.widgets.panel import Line


class Confirm(SurvivingModal[bool]):
    """A question with two answers; Escape is the safe one."""

    CSS_PATH = theme.sheets("widgets")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
    ]

    def __init__(self, title: str, text: str | Content, yes: str = "Yes", no: str = "No") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._yes = yes
        self._no = no

    def compose(self) -> ComposeResult:
        """The question and its keys."""
        with Vertical(classes="dialog panel") as box:
            box.border_title = literal(self._title)
            yield Line(self._text)
            yield Line(
                row((" y ", "$accent bold"), (self._yes, "$muted"), ("   esc ", "$accent bold"), (self._no, "$muted")),
                classes="dialog-keys",
            )

    def action_answer(self, yes: bool) -> None:
        """Answer and close."""
        self.dismiss(yes)


class Ask(SurvivingModal[str | None]):
    """A question with one line as its answer; Escape answers None.

    `check` says what is wrong with an answer, "" when nothing is. `complete`: the answer is a path, completed as it is typed.
    """

    CSS_PATH = theme.sheets("widgets")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Cancel")]

    def __init__(
        self,
        title: str,
        text: str | Content,
        *,
        label: str = "",
        value: str = "",
        secret: bool = False,
        check: Callable[[str], str] | None = None,
        complete: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._label = label
        self._value = value
        self._secret = secret
        self._check = check
        self._complete = complete

    def compose(self) -> ComposeResult:
        """The question, the field, what is wrong, the keys."""
        with Vertical(classes="dialog panel") as box:
            box.border_title = literal(self._title)
            yield Line(self._text)
            field = Input(self._value, placeholder=self._label, password=self._secret, compact=True)
            if self._complete:
                from screens.widgets.path_input import PathSuggester

                field.suggester = PathSuggester()
            field.cursor_blink = False
            yield field
            yield Line("", id="wrong")
            more = row(("   → ", "$accent bold"), ("completes the path", "$muted")) if self._complete else literal("")
            yield Line(
                row(
                    (" ⏎ ", "$accent bold"),
                    ("go on", "$muted"),
                    ("   esc ", "$accent bold"),
                    ("cancel", "$muted"),
                    more,
                ),
                classes="dialog-keys",
            )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Check the answer; close when it is right."""
        wrong = self._check(event.value) if self._check is not None else ""
        if wrong:
            self.query_one("#wrong", Line).show(literal(f"✗ {wrong}", "$error"))
        else:
            self.dismiss(event.value)

    def action_give_up(self) -> None:
        """No answer."""
        self.dismiss(None)
