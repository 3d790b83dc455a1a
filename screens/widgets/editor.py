"""The text editor of mappings: quiet, without blink, Tab leaves it."""

from __future__ import annotations

from textual.widgets import TextArea

from screens.terminal.survive import SurvivingPump


class Editor(SurvivingPump, TextArea):
    """TextArea as we want it; foreign characters are drawn by the gate (screens/terminal/gate.py)."""

    def __init__(self, text: str = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(text, id=id, show_line_numbers=True, tab_behavior="focus", theme="css", soft_wrap=False)
        self.cursor_blink = False
