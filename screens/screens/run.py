"""A run as it goes: progress, pace, time left, outcomes, failures by cause; pause, resume, cancel.

The run is a process of its own: this screen only reads the journal and leaves commands in it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from console.journal.model import Entry, EntryState, RunProgress, RunState
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.messages import RunMoved
from screens.rates import Rates
from screens.screens.base import ConsoleScreen
from screens.screens.home import worth_watching
from screens.screens.plan import entry_row
from screens.widgets.gauges import gauge_rows
from screens.widgets.paged_rows import Fetched, PagedRows
from screens.widgets.panel import Panel
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session

TROUBLED = (
    EntryState.FAILED,
    EntryState.CONFLICT,
    EntryState.UNCERTAIN,
    EntryState.NOT_ACCEPTED,
    EntryState.NEEDS_DECISION,
)
PAGE = 200
RESUMABLE = frozenset(
    {RunState.APPROVED, RunState.PAUSED, RunState.PAUSED_QUOTA, RunState.QUARANTINED, RunState.FAILED}
)


class RunScreen(ConsoleScreen[None]):
    """Watch one run; "" is the newest."""

    PLACE = "run"
    CSS_PATH = theme.sheets("widgets", "review")
    HEADING = "Run"
    BINDINGS = bindings("run")
    AUTO_FOCUS = "RecordTable"

    def __init__(self, run_id: str = "") -> None:
        super().__init__()
        self.run_id = run_id
        self.progress: RunProgress | None = None
        self._rates = Rates()
        self._painted = 0.0
        self._troubled = -1
        self._asked = ""

    def body(self) -> ComposeResult:
        """Progress over all; outcomes, causes and allowance side by side; troubled entries below."""
        yield Panel("Progress", "", id="run-progress")
        with Horizontal(id="run-middle"):
            yield Panel("Outcomes", "", id="run-outcomes")
            yield Panel("Failures by cause", "", id="run-causes")
            yield Panel("Allowance", "", id="run-allowance", classes="wide-only")
        table = RecordTable(
            Column("No", 6, right=True),
            Column("Action", 11),
            Column("Person", 16, grow=1),
            Column("What happened", 20, grow=2),
            Column("State", 16),
            empty="No record needs attention.",
            id="run-entries",
        )
        table.border_title = "Records that need attention"
        table.add_class("panel")
        yield table

    def session_opened(self, session: Session) -> None:
        """Follow the run."""
        watched = worth_watching(self.console.glance.runs)
        if not self.run_id and watched is not None:
            self.run_id = watched.id
        if self.run_id:
            self.retitle(f"Run {self.run_id}")
            self.work(lambda: self._watch(session), group="watch")

    async def _watch(self, session: Session) -> None:
        runs = await session.runs
        self._take(await runs.show(self.run_id))
        async for progress in runs.watch(self.run_id):
            self.post_message(RunMoved(progress))

    def on_run_moved(self, message: RunMoved) -> None:
        """Show it, unless a frame was painted a moment ago and this is not the end."""
        self._rates.feed(message.progress)
        now = time.monotonic()
        settled = message.progress.state is not RunState.RUNNING or message.progress.interrupted
        if settled or now - self._painted >= 1 / self.console.link.gauges:
            self._painted = now
            self._take(message.progress)

    def on_budget_moved(self) -> None:
        """The gauges beside the run."""
        self._show_allowance()

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        if self.progress is not None:
            self.call_after_refresh(self._take, self.progress)

    def _take(self, progress: RunProgress) -> None:
        before = self.progress
        changed = before is None or (before.state, before.interrupted) != (progress.state, progress.interrupted)
        self.progress = progress
        self._rates.feed(progress)
        width = max(20, self.app.size.width - 6)
        self.query_one("#run-progress", Panel).show(progress_rows(progress, self._rates, width))
        self.query_one("#run-outcomes", Panel).show(outcome_rows(progress))
        self.query_one("#run-causes", Panel).show(cause_rows(progress))
        self._show_allowance()
        troubled = sum(progress.states.get(state, 0) for state in TROUBLED)
        if troubled != self._troubled and self.session is not None:
            self._troubled = troubled
            self._show_entries(self.session)
        if changed:
            self._asked = ""
            self.refresh_bindings()

    def _show_allowance(self) -> None:
        rows = gauge_rows(self.console.budget_state, 40)
        self.query_one("#run-allowance", Panel).show(stack(*rows))

    def _show_entries(self, session: Session) -> None:
        async def fetch(after: Any | None) -> Fetched:
            runs = await session.runs
            entries = await runs.entries(self.run_id, states=list(TROUBLED), after=after or 0, limit=PAGE)
            return Fetched(entries, entries[-1].number if len(entries) == PAGE else None)

        self.query_one(RecordTable).show(PagedRows(fetch, trouble_row), keep_cursor=True)

    def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
        """Say why entries did not come."""
        if message.error is not None:
            self.console.trouble(message.error)

    def on_record_table_chosen(self) -> None:
        """One entry on the whole screen."""
        self.action_detail()

    def action_detail(self) -> None:
        """Open the entry under the cursor."""
        entry: Entry | None = self.query_one(RecordTable).current()
        if entry is not None:
            from screens.screens.entry import EntryScreen

            self.app.push_screen(EntryScreen(entry))

    # ---- commands

    @property
    def _interrupted(self) -> bool:
        return self.progress is not None and self.progress.interrupted

    def offers(self, action: str) -> bool:
        """Pause what runs, resume what waits, cancel what has not ended."""
        state = self.progress.state if self.progress is not None else None
        if action == "run_pause":
            return state is RunState.RUNNING and not self._interrupted
        if action == "run_resume":
            return state in RESUMABLE or self._interrupted
        if action == "run_cancel":
            return state is not None and state not in (RunState.DONE, RunState.CANCELLED)
        if action == "report":
            return self.progress is not None
        return super().offers(action)

    def do_run_pause(self) -> None:
        """Finish what is under way, then wait."""
        self._command("pause", "Pausing: what is under way is finished first.")

    def do_run_resume(self) -> None:
        """Go on."""
        self._command("resume", "Resuming.")

    def do_run_cancel(self) -> None:
        """Stop for good, after a question."""
        from screens.screens.dialogs import Confirm

        def answered(yes: bool | None) -> None:
            if yes:
                self._command("cancel", "Cancelling: what is under way is finished first.")

        text = "What is under way is finished and recorded; the rest is not sent. A cancelled run cannot go on."
        self.app.push_screen(Confirm("Cancel this run?", text, "Cancel the run", "Let it go on"), answered)

    def do_report(self) -> None:
        """What it did, in full."""
        from screens.screens.report import ReportScreen

        self.app.push_screen(ReportScreen(self.run_id))

    def _command(self, command: str, said: str) -> None:
        session = self.session
        if session is None or self._asked == command:
            return
        self._asked = command

        async def give() -> None:
            runs = await session.runs
            await getattr(runs, command)(self.run_id)
            self.console.say(said)
            if command == "resume":
                self.session_opened(session)

        self.work(give, group="command", failed=self._refused)

    def _refused(self, error: BaseException) -> None:
        self._asked = ""
        self.console.trouble(error)


def progress_rows(progress: RunProgress, rates: Rates, width: int) -> Content:
    """State, share, bar, pace, time left."""
    sign = words.run_sign(progress)
    share = progress.settled / progress.total if progress.total else (1.0 if progress.ended else 0.0)
    full, empty = words.bar(share, width)
    head = row(
        (str(sign), f"{sign.style} bold"),
        ("   ", ""),
        (f"{words.number(progress.settled)} of {words.number(progress.total)}", "bold"),
        (f"   {share:.0%}   ", "$muted"),
        (progress.mapping, "$muted"),
    )
    return stack(head, row((full, sign.style), (empty, "$quiet")), _pace(progress, rates), _note(progress))


def _pace(progress: RunProgress, rates: Rates) -> Content:
    if progress.finished_at is not None and progress.started_at is not None:
        seconds = max(0.001, progress.finished_at - progress.started_at)
        return row(
            (f"{words.number(progress.settled / seconds)}", "bold"),
            (" records/s on average, took ", "$muted"),
            (words.span(seconds), "bold"),
            (f", {words.counted(progress.requests, 'request')}, {progress.rate_limited} refused with 429", "$muted"),
        )
    if progress.interrupted:
        return row(("its runner is gone, last heard of ", "$muted"), (words.ago(progress.updated_at), "bold"))
    left = rates.seconds_left(progress)
    return row(
        (f"{words.number(rates.per_second)}", "bold"),
        (" records/s   ", "$muted"),
        (f"{rates.requests_per_second:.1f}", "bold"),
        (" requests/s   ", "$muted"),
        (words.span(left) if left is not None else "?", "bold"),
        (" left   ", "$muted"),
        (f"{progress.rate_limited}", "bold"),
        (" refused with 429   ", "$muted"),
        (rates.sparkline(16), "$primary"),
    )


def _note(progress: RunProgress) -> Content:
    if progress.interrupted:
        told = "What was in flight is looked up in HubSpot first."
        return row(("Press ", ""), ("r", "$accent bold"), (" to resume. ", ""), (told, "$muted"))
    if progress.state is RunState.APPROVED:
        return row(("Approved, not begun. Press ", ""), ("r", "$accent bold"), (" to begin.", ""))
    if progress.message:
        return literal(progress.message, "$warning", limit=300)
    who = f"approved by {progress.approved_by}" if progress.approved_by else ""
    where = f"runner {progress.owner}" if progress.owner and not progress.ended else ""
    when = f"started {words.moment(progress.started_at)}" if progress.started_at else ""
    return literal("   ".join(part for part in (when, who, where) if part), "$muted")


def outcome_rows(progress: RunProgress) -> Content:
    """Entries by state."""
    rows = []
    for state, sign in words.ENTRY_SIGNS.items():
        count = progress.states.get(state.value, 0)
        if count:
            rows.append(row((f"{words.number(count):>8}  ", "bold"), (str(sign), sign.style)))
    return stack(*rows) if rows else literal("nothing yet", "$muted")


def cause_rows(progress: RunProgress) -> Content:
    """Failures, the most frequent cause first."""
    causes = sorted(progress.failures.items(), key=lambda item: -item[1])
    if not causes:
        return literal("✓ none", "$success")
    return stack(
        *(row((f"{words.number(count):>6}  ", "$error bold"), (words.cause(cause), "")) for cause, count in causes[:6])
    )


def trouble_row(entry: Entry) -> Any:
    """A troubled entry: what happened stands where the changes would."""
    made = entry_row(entry)
    cells = list(made.cells)
    cells[3] = entry.outcome or cells[3]
    tone = "error" if entry.state is EntryState.FAILED else "warning"
    return made._replace(cells=tuple(cells), tone=tone)
