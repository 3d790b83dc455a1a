"""Plans and runs, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.journal.model import Plan, RunProgress, RunState
from screens import theme, words
from screens.keys import bindings
from screens.literal import row
from screens.screens.base import ConsoleScreen
from screens.screens.home import run_row
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session

SHOWN = 500


class HistoryScreen(ConsoleScreen[None]):
    """Two lists; `showing` is "runs" or "plans"."""

    PLACE = "history"
    CSS_PATH = theme.sheets("browse")
    HEADING = "History"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("history"),
        Binding("1", "tab('runs')", "Runs"),
        Binding("2", "tab('plans')", "Plans"),
    ]

    def __init__(self, showing: str = "runs") -> None:
        super().__init__()
        self._showing = showing

    def body(self) -> ComposeResult:
        """One list at a time."""
        yield Line("", id="history-tabs")
        yield RecordTable(
            Column("Run", 17),
            Column("Mapping", 16, grow=2),
            Column("State", 16, grow=1),
            Column("Records", 9, right=True),
            Column("Failed", 6, right=True),
            Column("When", 12),
            empty="No runs yet. Approve a plan to start one.",
            id="history-runs",
        )
        yield RecordTable(
            Column("Plan", 17),
            Column("Mapping", 16, grow=2),
            Column("State", 14, grow=1),
            Column("Writes", 8, right=True),
            Column("Read", 8, right=True),
            Column("Made", 17),
            Column("Source", 18, grow=2),
            empty="No plans yet. Press p to make one; nothing is written by it.",
            id="history-plans",
        )

    def on_mount(self) -> None:
        """Show the list that was asked for."""
        super().on_mount()
        self.action_tab(self._showing)

    def session_opened(self, session: Session) -> None:
        """Read both lists."""

        async def read() -> None:
            runs = await (await session.runs).list(SHOWN)
            plans = await (await session.plans).list(SHOWN)
            self.query_one("#history-runs", RecordTable).show(PagedRows.of(list(runs), run_row), keep_cursor=True)
            self.query_one("#history-plans", RecordTable).show(PagedRows.of(list(plans), plan_row), keep_cursor=True)
            self._show_tabs(len(runs), len(plans))

        self.work(read, group="lists")

    def on_screen_resume(self) -> None:
        """Something may have been added."""
        if self.session is not None and self.is_mounted:
            self.session_opened(self.session)

    def action_tab(self, showing: str) -> None:
        """Show runs or plans."""
        self._showing = showing
        for name in ("runs", "plans"):
            table = self.query_one(f"#history-{name}", RecordTable)
            table.display = name == showing
            if name == showing:
                table.focus()
        runs = self.query_one("#history-runs", RecordTable).rows.count()
        plans = self.query_one("#history-plans", RecordTable).rows.count()
        self._show_tabs(runs, plans)

    def _show_tabs(self, runs: int, plans: int) -> None:
        def tab(name: str, count: int) -> tuple[str, str]:
            style = "$primary bold underline" if name.lower() == self._showing else "$muted"
            return f"{name} {words.number(count)}", style

        self.query_one("#history-tabs", Line).show(row(tab("Runs", runs), ("    ", ""), tab("Plans", plans)))

    def on_record_table_chosen(self) -> None:
        """Open it."""
        self.action_open()

    def action_open(self) -> None:
        """A run is watched, a plan reviewed."""
        chosen: RunProgress | Plan | None = self.query_one(f"#history-{self._showing}", RecordTable).current()
        if isinstance(chosen, RunProgress):
            from screens.screens.run import RunScreen

            self.app.push_screen(RunScreen(chosen.id))
        elif isinstance(chosen, Plan):
            from screens.screens.plan import PlanScreen

            self.app.push_screen(PlanScreen(chosen.id))

    def do_report(self) -> None:
        """The report of the run under the cursor."""
        chosen = self.query_one("#history-runs", RecordTable).current()
        if self._showing == "runs" and isinstance(chosen, RunProgress):
            from screens.screens.report import ReportScreen

            self.app.push_screen(ReportScreen(chosen.id))


def plan_row(plan: Plan) -> Row:
    """A plan as a line of a table."""
    sign = words.RUN_SIGNS[plan.state]
    tone = "muted" if plan.state in (RunState.DONE, RunState.CANCELLED) else ""
    held = any(guard.holds for guard in plan.guards) and plan.state is RunState.PLANNED
    state = "▲ guard holds" if held else str(sign)
    return Row(
        (
            plan.id,
            plan.mapping,
            state,
            words.number(plan.writes),
            words.number(plan.read),
            words.moment(plan.created_at),
            plan.source,
        ),
        "warning" if held else tone,
    )
