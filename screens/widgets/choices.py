"""A few choices, one below the other, each with a line of explanation."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from screens.literal import literal, row
from screens.terminal.survive import SurvivingPump


class Choice(NamedTuple):
    """`value` is ours; title and description may be foreign."""

    value: str
    title: str
    description: str = ""


READING = "Reading …"
"""What stands there until the choices are known."""


class Choices(SurvivingPump, Widget, can_focus=True):
    """Up and down, Enter picks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("enter", "pick", "Choose", key_display="⏎"),
    ]
    cursor: reactive[int] = reactive(0)

    class Picked(Message):
        """Enter on a choice."""

        def __init__(self, choices: Choices, choice: Choice) -> None:
            super().__init__()
            self.choices = choices
            self.choice = choice

        @property
        def control(self) -> Choices:
            """The widget."""
            return self.choices

    class Moved(Message):
        """The cursor stands on another choice."""

        def __init__(self, choices: Choices, choice: Choice) -> None:
            super().__init__()
            self.choices = choices
            self.choice = choice

        @property
        def control(self) -> Choices:
            """The widget."""
            return self.choices

    def __init__(self, *choices: Choice, id: str | None = None, empty: str = "Nothing here.") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._choices = list(choices)
        self._empty = empty if choices else READING
        self._none = empty

    def offer(self, choices: list[Choice]) -> None:
        """Offer others, keeping the cursor on the same value where it still exists."""
        before = self.current
        self._choices = choices
        self._empty = self._none
        values = [choice.value for choice in choices]
        self.cursor = values.index(before.value) if before and before.value in values else 0
        self.refresh(layout=True)

    @property
    def current(self) -> Choice | None:
        """The choice under the cursor."""
        return self._choices[self.cursor] if 0 <= self.cursor < len(self._choices) else None

    def pick(self, value: str) -> None:
        """Put the cursor on a value, where it is offered."""
        values = [choice.value for choice in self._choices]
        if value in values:
            self.cursor = values.index(value)

    def action_move(self, by: int) -> None:
        """Up or down."""
        if self._choices:
            self.cursor = max(0, min(len(self._choices) - 1, self.cursor + by))
            self.post_message(self.Moved(self, self._choices[self.cursor]))

    def action_pick(self) -> None:
        """Take it."""
        if self.current is not None:
            self.post_message(self.Picked(self, self.current))

    def on_click(self, event: events.Click) -> None:
        """A click moves, a second one picks."""
        index = self._at(event.y)
        if index is not None:
            self.action_move(index - self.cursor)
            if event.chain == 2:
                self.action_pick()

    def _at(self, y: int) -> int | None:
        top = 0
        for index, choice in enumerate(self._choices):
            top += 2 if choice.description else 1
            if y < top:
                return index
        return None

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """One or two lines each."""
        return max(1, sum(2 if choice.description else 1 for choice in self._choices))

    def render(self) -> Content:
        """The list."""
        if not self._choices:
            return literal(self._empty, "$muted")
        rows = []
        for index, choice in enumerate(self._choices):
            here = index == self.cursor
            mark = row(("▸ " if here else "  ", "$accent bold"))
            style = ("$primary bold" if self.has_focus else "bold") if here else ""
            rows.append(row(mark, (choice.title, style)))
            if choice.description:
                rows.append(row(("  ", ""), (choice.description, "$muted")))
        return Content("\n").join(rows)
