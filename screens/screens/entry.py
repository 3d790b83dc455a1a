"""One entry of a plan on the whole screen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from console.journal.model import Entry
from screens.keys import bindings
from screens.screens.base import ConsoleScreen
from screens.widgets.details import entry_detail
from screens.widgets.panel import Line


class EntryScreen(ConsoleScreen[None]):
    """Before and after."""

    PLACE = "entry"
    HEADING = "Before and after"
    BINDINGS = bindings("entry")

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._entry = entry

    def body(self) -> ComposeResult:
        """All that is known of it."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = f"Entry {self._entry.number}"
            yield Line(entry_detail(self._entry))
