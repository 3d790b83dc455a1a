"""One entry of a plan on the whole screen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from console.journal.model import Entry, Plan
from screens import theme
from screens.keys import bindings
from screens.screens.plan_marks import Marks, Reviewing
from screens.widgets.entry_view import entry_view
from screens.widgets.panel import Line


class EntryScreen(Reviewing):
    """Before and after. With a plan that is open to change, the entry can be left out and decided about."""

    PLACE = "entry"
    CSS_PATH = theme.sheets("review")
    HEADING = "Before and after"
    BINDINGS = bindings("entry")

    def __init__(self, entry: Entry, plan: Plan | None = None, marks: Marks | None = None) -> None:
        super().__init__()
        self._entry = entry
        self.plan = plan
        self.marks = marks if marks is not None else Marks()

    def body(self) -> ComposeResult:
        """All that is known of it."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = f"Entry {self._entry.number}"
            yield Line(entry_view(self._entry, self.marks), id="entry")

    def subject(self) -> Entry:
        """The entry itself."""
        return self._entry

    def marked(self) -> None:
        """Show it with what is wanted by now."""
        self.query_one("#entry", Line).show(entry_view(self._entry, self.marks))

    def offers(self, action: str) -> bool:
        """What needs a plan needs one."""
        if action in ("plan_exclude", "plan_decide"):
            return self.open_to_change
        if action == "person":
            return self.plan is not None
        return super().offers(action)

    def do_back(self) -> None:
        """Back to the plan, which shows what is wanted."""
        self.dismiss(None)
