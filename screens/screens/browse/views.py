"""Saved views: take one, keep what is shown as one, forget one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from console.settings.views import View
from screens import theme
from screens.literal import literal, row
from screens.screens.browse.showing import PLURALS
from screens.terminal.survive import SurvivingModal
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable


class ViewAnswer(NamedTuple):
    """What is to be done: open, keep or forget; `view` None for what is shown now."""

    verb: str
    view: View | None = None


class ViewsScreen(SurvivingModal["ViewAnswer | None"]):
    """Answers what is to be done."""

    CSS_PATH = theme.sheets("widgets", "browse")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel"),
        Binding("n", "keep", "Keep"),
        Binding("d", "forget", "Forget"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, views: Sequence[View], shown: View) -> None:
        super().__init__()
        self._views = list(views)
        self._shown = shown

    def compose(self) -> ComposeResult:
        """The views, what is shown now, the keys."""
        with Vertical(classes="dialog panel browse-dialog") as box:
            box.border_title = literal("Saved views")
            yield RecordTable(
                Column("View", 16, 1), Column("Of", 9), Column("Filter and words", 20, 2), Column("Sorted by", 12),
                empty="None yet. n keeps what is shown now.", id="views-table",
            )  # fmt: skip
            yield Line(row(("Now: ", "$muted"), literal(said(self._shown), limit=200)))
            yield Line(
                row(
                    (" ⏎ ", "$accent bold"), ("open", "$muted"), ("  n ", "$accent bold"),
                    ("keep what is shown now", "$muted"), ("  d ", "$accent bold"), ("forget", "$muted"),
                    ("  esc ", "$accent bold"), ("cancel", "$muted"),
                ),
                classes="dialog-keys",
            )  # fmt: skip

    def on_mount(self) -> None:
        """List them."""
        self.query_one(RecordTable).show(PagedRows.of(self._views, _row))

    def on_record_table_chosen(self) -> None:
        """Open it."""
        self.dismiss(ViewAnswer("open", self.query_one(RecordTable).current()))

    def action_keep(self) -> None:
        """Keep what is shown."""
        self.dismiss(ViewAnswer("keep"))

    def action_forget(self) -> None:
        """Forget the one under the cursor."""
        current: View | None = self.query_one(RecordTable).current()
        if current is not None:
            self.dismiss(ViewAnswer("forget", current))

    def action_give_up(self) -> None:
        """Nothing."""
        self.dismiss(None)


def said(view: View) -> str:
    """A view in a line."""
    asked = " ".join(part for part in (view.filter, f'"{view.text}"' if view.text else "") if part)
    order = f", sorted by {view.sort}" if view.sort else ""
    return f"{PLURALS[view.object_class]}{f', {asked}' if asked else ''}{order}"


def _row(view: View) -> Row:
    asked = " ".join(part for part in (view.filter, f'"{view.text}"' if view.text else "") if part)
    return Row((view.name, PLURALS[view.object_class], asked or "all", view.sort))
