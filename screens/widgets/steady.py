"""A framed panel of rows that changes often: only the rows that changed go to the terminal, and nothing is laid out anew."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from screens.literal import literal, stack
from screens.terminal.relaid import Relaid


class Steady(Relaid, Widget):
    """Rows in a frame. Where their number stays, so does everything around them."""

    def __init__(self, title: str, *, id: str | None = None, classes: str = "") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=f"panel {classes}".strip())
        self.border_title = literal(title).markup
        self._rows: list[Content] = []

    def show(self, *rows: Content) -> None:
        """Show these rows."""
        before, self._rows = self._rows, list(rows)
        if len(before) != len(self._rows):
            self.refresh(layout=True)
            return
        width = self.size.width
        changed = [
            Region(0, place, width, 1)
            for place, (old, new) in enumerate(zip(before, self._rows, strict=True))
            if not new.is_same(old)
        ]
        if changed:
            self.refresh(*changed)

    @property
    def shown(self) -> Content:
        """What is on the screen."""
        return stack(*self._rows) if self._rows else Content("")

    def render(self) -> Content:
        """All rows; Textual keeps those that are not dirty."""
        return self.shown
