"""A quiet frame with a title, and a line of text that repaints only when it changed."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from screens.literal import literal
from screens.terminal.relaid import Relaid


class Line(Relaid, Static):
    """A Static of literal Content that leaves the terminal alone while nothing changed."""

    def __init__(self, content: Content | str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        self._shown = literal(content) if isinstance(content, str) else content
        super().__init__(self._shown, id=id, classes=classes, markup=False)

    @property
    def shown(self) -> Content:
        """What is on the screen."""
        return self._shown

    def show(self, content: Content | str) -> None:
        """Show this, if it is something else than what is shown."""
        new = literal(content) if isinstance(content, str) else content
        if not new.is_same(self._shown):
            self._shown = new
            self.update(new)


class Panel(Line):
    """A `Line` in a frame."""

    def __init__(self, title: str, content: Content | str = "", *, id: str | None = None, classes: str = "") -> None:  # noqa: A002 - as above
        super().__init__(content, id=id, classes=f"panel {classes}".strip())
        self.border_title = literal(title).markup
