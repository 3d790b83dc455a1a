"""Counts in a frame, each with its word and, where there is room, a bar."""

from __future__ import annotations

from screens.literal import stack
from screens.screens.plan_words import Count, count_rows
from screens.widgets.panel import Panel


class CountChart(Panel):
    """Drawn anew only when its counts or its width change."""

    def __init__(self, title: str, *, empty: str = "nothing", id: str | None = None, classes: str = "") -> None:  # noqa: A002 - Textual's own name
        super().__init__(title, id=id, classes=classes)
        self._empty = empty
        self._counts: list[Count] | None = None

    def chart(self, counts: list[Count], empty: str = "") -> None:
        """Show these counts."""
        self._counts = counts
        self._empty = empty or self._empty
        self._draw()

    def on_resize(self) -> None:
        """Another width has room for other bars."""
        self._draw()

    def _draw(self) -> None:
        if self._counts is not None:
            self.show(stack(*count_rows(self._counts, self.content_size.width, self._empty)))
