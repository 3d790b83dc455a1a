"""One of a few, in a frame above the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from screens import theme
from screens.literal import literal, row
from screens.terminal.survive import SurvivingModal
from screens.widgets.choices import Choice, Choices
from screens.widgets.panel import Line


class PickScreen(SurvivingModal[str]):
    """Gives back the value of the choice, or None."""

    CSS_PATH = theme.sheets("widgets", "records")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Cancel")]
    AUTO_FOCUS = "Choices"

    def __init__(self, title: str, choices: list[Choice]) -> None:
        super().__init__()
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        """The choices and the keys."""
        with VerticalScroll(classes="sheet-dialog", can_focus=False) as box:
            box.border_title = literal(self._title).markup
            yield Choices(*self._choices)
            yield Line(
                row(("⏎ ", "$accent bold"), ("take it   ", "$muted"), ("esc ", "$accent bold"), ("cancel", "$muted")),
                classes="dialog-keys",
            )

    def on_choices_picked(self, event: Choices.Picked) -> None:
        """This one."""
        self.dismiss(event.choice.value)

    def action_give_up(self) -> None:
        """None of them."""
        self.dismiss(None)
