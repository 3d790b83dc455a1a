"""Plans and runs, newest first: found by words and state, with what each did and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.journal.model import Plan, RunProgress
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row
from screens.screens.history_words import FILTERS, Filter, fits, plan_detail, plan_row, run_detail, run_line
from screens.screens.run_doing import RunDoing
from screens.widgets.paged_rows import PagedRows
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session

SHOWN = 500


class HistoryScreen(RunDoing):
    """Two lists; `showing` is "runs" or "plans"."""

    PLACE = "history"
    CSS_PATH = theme.sheets("widgets", "run")
    HEADING = "History"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("history"),
        Binding("1", "tab('runs')", "Runs"),
        Binding("2", "tab('plans')", "Plans"),
        Binding("f", "narrow(1)", "Filter"),
        Binding("F", "narrow(-1)", "Filter before", show=False),
    ]
    AUTO_FOCUS = "RecordTable"
    SAYS = "#history-tabs"

    def __init__(self, showing: str = "runs") -> None:
        super().__init__()
        self._showing = showing
        self._filter: Filter = FILTERS[0]
        self._text = ""
        self._runs: list[RunProgress] = []
        self._plans: list[Plan] = []

    def body(self) -> ComposeResult:
        """One list at a time, the chosen one in full beside it where there is room."""
        with Horizontal(id="history-top"):
            yield Line(literal("Reading …", "$muted"), id="history-tabs")
            field = Input(placeholder="words: mapping, id, portal, who", id="history-text", compact=True)
            field.cursor_blink = False
            yield field
        with Horizontal(id="history-lists"):
            yield RecordTable(
                Column("Run", 15),
                Column("Mapping", 11, grow=3),
                Column("State", 13, grow=1),
                Column("Records", 8, right=True),
                Column("Open", 5, right=True),
                Column("When", 11),
                empty="No runs here. Approve a plan to start one.",
                id="history-runs",
            )
            yield RecordTable(
                Column("Plan", 15),
                Column("Mapping", 16, grow=2),
                Column("State", 14, grow=1),
                Column("Writes", 7, right=True),
                Column("Made", 16),
                Column("Read", 8, right=True),
                empty="No plans here. Press p to make one; nothing is written by it.",
                id="history-plans",
            )
            with VerticalScroll(id="history-detail", classes="panel wide-only", can_focus=False):
                yield Line("", id="history-one")

    def on_mount(self) -> None:
        """Show the list that was asked for."""
        self.query_one("#history-text", Input).display = False
        self._arrange()

    def session_opened(self, session: Session) -> None:
        """Read both lists."""

        async def read() -> None:
            self._runs = list(await (await session.runs).list(SHOWN))
            self._plans = list(await (await session.plans).list(SHOWN))
            self._fill()

        self.read(read)

    def on_screen_resume(self) -> None:
        """Something may have been added."""
        if self.session is not None and self.is_mounted:
            self.session_opened(self.session)

    def _fill(self) -> None:
        """Show what fits filter and words."""
        runs = [run for run in self._runs if fits(run, self._filter, self._text)]
        plans = [plan for plan in self._plans if fits(plan, self._filter, self._text)]
        self.query_one("#history-runs", RecordTable).show(PagedRows.of(runs, run_line), keep_cursor=True)
        self.query_one("#history-plans", RecordTable).show(PagedRows.of(plans, plan_row), keep_cursor=True)
        self._show_tabs(len(runs), len(plans))
        self._show_one()

    @property
    def _table(self) -> RecordTable:
        return self.query_one(f"#history-{self._showing}", RecordTable)

    def action_tab(self, showing: str) -> None:
        """Show runs or plans."""
        self._showing = showing
        self._arrange()
        self._fill()

    def _arrange(self) -> None:
        for name in ("runs", "plans"):
            self.query_one(f"#history-{name}", RecordTable).display = name == self._showing
        self._table.focus()

    def _show_tabs(self, runs: int, plans: int) -> None:
        def tab(key: str, name: str, count: int) -> Content:
            chosen = name.lower() == self._showing
            style = "$primary bold underline" if chosen else "$muted"
            return row((f"{key} ", "$muted"), (f"{name} {words.number(count)}", style))

        parts = [tab("1", "Runs", runs), tab("2", "Plans", plans)]
        if self._filter.states is not None:
            parts.append(row(("f ", "$muted"), (self._filter.title, "$accent bold")))
        if self._text and not self.query_one("#history-text", Input).display:
            parts.append(row(("/ ", "$muted"), (self._text, "$accent bold")))
        self.query_one("#history-tabs", Line).show(Content("   ").join(parts))

    # ---- what is under the cursor

    @property
    def run(self) -> RunProgress | None:
        """The run under the cursor, for what can be done about it."""
        if not self.is_mounted or self._showing != "runs":
            return None
        chosen: RunProgress | None = self.query_one("#history-runs", RecordTable).current()
        return chosen

    def _show_one(self) -> None:
        chosen: RunProgress | Plan | None = self._table.current()
        pane = self.query_one("#history-detail")
        pane.border_title = "Run" if self._showing == "runs" else "Plan"
        shown = literal("")
        if isinstance(chosen, RunProgress):
            shown = run_detail(chosen)
        elif isinstance(chosen, Plan):
            shown = plan_detail(chosen)
        self.query_one("#history-one", Line).show(shown)
        self.refresh_bindings()

    def on_record_table_moved(self) -> None:
        """Pane and keys follow the cursor."""
        self._show_one()

    def on_record_table_chosen(self) -> None:
        """Open it."""
        self.action_open()

    def action_open(self) -> None:
        """A run is watched, a plan reviewed."""
        chosen: RunProgress | Plan | None = self._table.current()
        if isinstance(chosen, RunProgress):
            from screens.screens.run import RunScreen

            self.app.push_screen(RunScreen(chosen.id))
        elif isinstance(chosen, Plan):
            from screens.screens.plan import PlanScreen

            self.app.push_screen(PlanScreen(chosen.id))

    # ---- finding

    def action_narrow(self, by: int) -> None:
        """Only those of the next group of states."""
        self._filter = FILTERS[(FILTERS.index(self._filter) + by) % len(FILTERS)]
        self._fill()

    def do_search(self) -> None:
        """Type words; the lists follow."""
        field = self.query_one("#history-text", Input)
        field.display = True
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """At most a thousand lines: no need to wait."""
        self._text = event.value.strip().lower()
        self._fill()

    def on_input_submitted(self) -> None:
        """Back to the list, which stays as found."""
        self.query_one("#history-text", Input).display = False
        self._table.focus()
        self._fill()

    def do_back(self) -> None:
        """Leave the words first, then the filter, then the screen."""
        field = self.query_one("#history-text", Input)
        if field.display or self._text:
            field.display = False
            field.value = ""
            self._table.focus()
        elif self._filter is not FILTERS[0]:
            self._filter = FILTERS[0]
            self._fill()
        else:
            self.console.do_back()

    # ---- the journal

    def do_journal_verify(self) -> None:
        """Is everything still as it was recorded?"""
        from screens.screens.proof import ProofScreen

        self.app.push_screen(ProofScreen())

    def do_journal_export(self) -> None:
        """The journal as JSON lines in a file of one's own."""
        from screens.screens.proof import ask_export

        ask_export(self)
