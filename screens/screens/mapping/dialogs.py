"""Questions of the mapping screens: one of several answers, and several short fields at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from screens import theme
from screens.literal import lines, literal, row
from screens.terminal.survive import SurvivingModal, SurvivingPump
from screens.widgets.choices import Choice, Choices
from screens.widgets.panel import Line


class Pick(SurvivingModal[str | None]):
    """One of several answers; Escape answers None."""

    CSS_PATH = theme.sheets("widgets", "mapping")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Cancel")]

    def __init__(self, title: str, text: str | Content, choices: Sequence[Choice], *, at: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._choices = list(choices)
        self._at = at

    def compose(self) -> ComposeResult:
        """The question, the answers, the keys."""
        with Vertical(classes="dialog panel") as box:
            box.border_title = literal(self._title)
            if self._text:
                yield Line(self._text)
            with VerticalScroll(classes="pick-list", can_focus=False):
                offered = Choices(*self._choices, id="pick")
                values = [choice.value for choice in self._choices]
                offered.cursor = values.index(self._at) if self._at in values else 0
                yield offered
            yield Line(
                row((" ⏎ ", "$accent bold"), ("take it", "$muted"), ("   esc ", "$accent bold"), ("cancel", "$muted")),
                classes="dialog-keys",
            )

    def on_mount(self) -> None:
        """The answers have the focus."""
        self.query_one(Choices).focus()

    def on_choices_picked(self, message: Choices.Picked) -> None:
        """This one."""
        self.dismiss(message.choice.value)

    def action_give_up(self) -> None:
        """None."""
        self.dismiss(None)


class Fields(SurvivingModal[dict[str, str] | None]):
    """Several short fields; `choices` say what a field may hold, and left and right go through them.

    `check` says what is wrong with the answers, "" when nothing is.
    """

    CSS_PATH = theme.sheets("widgets", "mapping")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel"),
        Binding("down", "app.focus_next", "Down", show=False),
        Binding("up", "app.focus_previous", "Up", show=False),
    ]

    def __init__(
        self,
        title: str,
        text: str | Content,
        fields: Mapping[str, str],
        *,
        choices: Mapping[str, Sequence[str]],
        helps: Mapping[str, str],
        check: Callable[[dict[str, str]], str] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._fields = dict(fields)
        self._choices = choices
        self._helps = helps
        self._check = check

    def compose(self) -> ComposeResult:
        """A line for each field, its help below, the keys."""
        with Vertical(classes="dialog panel") as box:
            box.border_title = literal(self._title)
            if self._text:
                yield Line(self._text)
            for name, value in self._fields.items():
                with Horizontal(classes="pick-row"):
                    yield Line(literal(name, "$muted"), classes="pick-label")
                    yield Turning(value, tuple(self._choices.get(name, ())), id=f"field-{name}")
            yield Line("", id="fields-help")
            yield Line("", id="wrong")
            yield Line(
                row((" ⏎ ", "$accent bold"), ("take it", "$muted"), ("   esc ", "$accent bold"), ("cancel", "$muted")),
                classes="dialog-keys",
            )

    def on_descendant_focus(self) -> None:
        """Help for the field that has the focus."""
        name = (self.focused.id or "").removeprefix("field-") if self.focused is not None else ""
        offered = self._choices.get(name, ())
        more = f"   ←→ {' | '.join(offered[:8])}" if offered else ""
        self.query_one("#fields-help", Line).show(lines(f"{self._helps.get(name, '')}{more}", "$muted"))

    def on_input_submitted(self) -> None:
        """Check, and close when all is right."""
        answers = {name: self.query_one(f"#field-{name}", Input).value.strip() for name in self._fields}
        wrong = self._check(answers) if self._check is not None else ""
        for name, offered in self._choices.items():
            if answers.get(name) and answers[name] not in offered:
                wrong = f"{name} is one of {', '.join(offered)}."
        if wrong:
            self.query_one("#wrong", Line).show(lines(f"✗ {wrong}", "$error"))
        else:
            self.dismiss(answers)

    def action_give_up(self) -> None:
        """None."""
        self.dismiss(None)


class Turning(SurvivingPump, Input):
    """A field whose value left and right change where there are only a few."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "turn(1)", "Next", show=False),
        Binding("left", "turn(-1)", "Before", show=False),
    ]

    def __init__(self, value: str, choices: tuple[str, ...], *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(value, id=id, compact=True)
        self._choices = choices
        self.cursor_blink = False

    def action_turn(self, by: int) -> None:
        """The next of the choices, or the cursor where anything may be typed."""
        if not self._choices:
            self.action_cursor_right() if by > 0 else self.action_cursor_left()
            return
        at = self._choices.index(self.value) if self.value in self._choices else 0
        self.value = self._choices[(at + by) % len(self._choices)]
        self.cursor_position = len(self.value)
