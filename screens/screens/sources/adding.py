"""A source named by hand: one field, judged as it is typed, with an example of every kind."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from console.settings.paths import expanded
from screens import theme
from screens.literal import lines, literal, row, stack
from screens.screens.sources.screen import kinds_rows
from screens.terminal.survive import SurvivingModal
from screens.widgets.panel import Line


class AddSource(SurvivingModal[str | None]):
    """Enter takes what can be a source; Escape answers None."""

    CSS_PATH = theme.sheets("widgets", "sources")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Cancel")]

    def __init__(self, title: str = "Add a source", what: str = "add and test") -> None:
        super().__init__()
        self._title = title
        self._what = what

    def compose(self) -> ComposeResult:
        """The examples, the field, what is wrong."""
        with Vertical(classes="dialog panel") as box:
            box.border_title = literal(self._title)
            yield Line(stack(*kinds_rows(70)), id="source-kinds")
            field = Input(placeholder="people.csv", id="source-spec", compact=True)
            field.cursor_blink = False
            yield field
            yield Line("", id="wrong")
            yield Line(
                row((" ⏎ ", "$accent bold"), (self._what, "$muted"), ("   esc ", "$accent bold"), ("cancel", "$muted")),
                classes="dialog-keys",
            )

    def on_input_changed(self, event: Input.Changed) -> None:
        """A password in it is said at once."""
        wrong = spec_wrong(event.value) if "@" in event.value else ""
        self.query_one("#wrong", Line).show(lines(f"✗ {wrong}", "$error") if wrong else "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it, if it can be a source."""
        wrong = spec_wrong(event.value)
        if wrong:
            self.query_one("#wrong", Line).show(literal(f"✗ {wrong}", "$error"))
        else:
            self.dismiss(event.value.strip())

    def action_give_up(self) -> None:
        """None."""
        self.dismiss(None)


def spec_wrong(text: str) -> str:
    """Why this can be no source, and what to do; empty where it can be one."""
    from console.sources.errors import SourceError
    from console.sources.opening import open_source, scheme_of
    from console.sources.workbook import split_sheet

    spec = text.strip()
    try:
        open_source(spec)
    except SourceError as error:
        return f"{error.message}. {error.remedy}"
    if scheme_of(spec) or expanded(split_sheet(spec)[0]).is_file():
        return ""
    return f"there is no file {spec} here. Check the path; a relative one begins in the folder of this console."
