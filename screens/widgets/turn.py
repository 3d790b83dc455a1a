"""One of a few words on one line: space and the arrows turn to the next."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from screens.literal import row
from screens.terminal.survive import SurvivingPump


class Turn(SurvivingPump, Widget, can_focus=True):
    """The chosen word stands out by brackets and weight, not by colour alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", "Next", show=False),
        Binding("left", "turn(-1)", "Before", show=False),
    ]

    class Turned(Message):
        """Another word is chosen."""

        def __init__(self, turn: Turn) -> None:
            super().__init__()
            self.turn = turn

        @property
        def control(self) -> Turn:
            """The widget."""
            return self.turn

    def __init__(self, *choices: str, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._choices = choices
        self._place = 0

    @property
    def value(self) -> str:
        """The word that is chosen."""
        return self._choices[self._place]

    def action_turn(self, by: int) -> None:
        """The next one."""
        self._place = (self._place + by) % len(self._choices)
        self.refresh()
        self.post_message(self.Turned(self))

    def on_click(self, event: events.Click) -> None:
        """A click chooses what it is on."""
        left = 0
        for place, word in enumerate(self._choices):
            left += len(word) + 3
            if event.x < left:
                self.action_turn(place - self._place)
                return

    def render(self) -> Content:
        """All words, the chosen one in brackets."""
        parts = []
        for place, word in enumerate(self._choices):
            here = place == self._place
            style = ("$primary bold reverse" if self.has_focus else "bold") if here else "$muted"
            parts.append(row((f"[{word}]" if here else f" {word} ", style)))
        return Content(" ").join(parts)
