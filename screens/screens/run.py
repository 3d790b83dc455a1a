"""A run as it goes: progress, pace, time left, outcomes, allowance, failures by cause; and commands to it.

The run is a process of its own: this screen only reads the journal and leaves commands in it, so leaving it, or losing
the terminal, never touches the run. Coming back shows at once what the journal has.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.geometry import Region

from console.journal.model import RunProgress, RunState
from console.journal.troubled import InFlight
from console.provisioning.causes import CauseGroup
from console.provisioning.pace import Pace
from console.provisioning.run_note import RESUMABLE, elsewhere, note
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal
from screens.messages import RunMoved
from screens.screens.run_doing import RunDoing
from screens.screens.run_words import (
    cause_detail,
    cause_row,
    head_rows,
    note_rows,
    outcome_rows,
    pace_lines,
    pace_row,
    who_rows,
)
from screens.widgets.bars import KeyBar, TopBar
from screens.widgets.gauges import gauge_rows
from screens.widgets.paged_rows import PagedRows
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable
from screens.widgets.steady import Steady

if TYPE_CHECKING:
    from console.provisioning.lock import Owner
    from console.provisioning.run_watching import RunWatching
    from console.session import Session

LOOK_AGAIN = 2.0
"""Seconds after which a run that stands still is looked at again: another console may have resumed it."""
CAUSES_EVERY = 1.0
"""Seconds between two looks of the list of causes while they come."""
TALL = 34
"""Lines from which the throughput is drawn higher."""
BESIDE = 28
"""Lines of everything else, where nothing failed and the throughput takes the rest."""
NO_RUN = (
    "There is no run yet: a run is a plan that you approved.",
    "Press F3, then p, to make a plan. Nothing is written by it.",
)


class RunScreen(RunDoing):
    """Watch one run; "" is the one that an operator means by "the run"."""

    PLACE = "run"
    CSS_PATH = theme.sheets("widgets", "run")
    HEADING = "Run"
    BINDINGS = bindings("run")
    AUTO_FOCUS = "RecordTable"

    def __init__(self, run_id: str = "") -> None:
        super().__init__()
        self.run_id = run_id
        self.progress: RunProgress | None = None
        self._pace = Pace()
        self._watching: RunWatching | None = None
        self._in_flight = InFlight()
        self._owner: Owner | None = None
        self._groups: dict[str, CauseGroup] = {}
        self._listed = False
        self._offered: list[bool] = []
        self._grouped = 0.0
        self._painted = 0.0
        self._lost = ""

    def compose(self) -> ComposeResult:
        """The bands of a screen, without the line of gauges: they have a panel of their own here."""
        self.fit_width()
        yield TopBar(self.HEADING)
        with VerticalScroll(id="body", can_focus=False):
            yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        """Progress over all; outcomes and allowance side by side; failures by cause below."""
        yield Steady("Progress", id="run-progress")
        with Horizontal(id="run-middle"):
            yield Steady("Records", id="run-outcomes")
            yield Steady("Allowance", id="run-allowance")
            yield Steady("Who", id="run-who", classes="wide-only")
        with Horizontal(id="run-bottom"):
            table = RecordTable(
                Column("Records", 7, right=True),
                Column("Cause", 32),
                Column("What to do", 24, grow=2),
                Column("Entries", 14),
                empty="✓ Nothing failed so far.",
                id="run-causes",
            )
            table.border_title = "Failures by cause"
            table.add_class("panel")
            yield table
            with VerticalScroll(id="run-cause", classes="panel wide-only", can_focus=False) as pane:
                pane.border_title = "This cause"
                yield Line("", id="run-cause-text")

    # ---- following

    def on_mount(self) -> None:
        """Say that something is coming."""
        self._progress_panel.show(literal("Reading …", "$muted"))

    def session_opened(self, session: Session) -> None:  # noqa: ARG002 - the base's signature
        """Follow the run."""
        if not self.run_id:
            from screens.screens.home import worth_watching

            watched = worth_watching(self.console.glance.runs)
            self.run_id = watched.id if watched is not None else ""
        if not self.run_id:
            self.add_class("-none")
            self._progress_panel.show(*(literal(line, "$muted") for line in NO_RUN))
            return
        self.remove_class("-none")
        self.retitle(f"Run {self.run_id}")
        self._watching = None
        self._follow()

    def _follow(self) -> None:
        session = self.session
        if session is not None and self.is_attached:
            self.work(lambda: self._watch(session), group="watch", failed=self._cannot_see)

    async def _watch(self, session: Session) -> None:
        """Tell of every change until the run stands still; then look again now and then."""
        runs = await session.runs
        if self._watching is None:
            self._watching = runs.watching()
            self._pace.remember(await self._watching.past(await runs.show(self.run_id)))
        async for progress in runs.watch(self.run_id):
            await self._tell(self._watching, progress)
        self._lost = ""
        self.set_timer(LOOK_AGAIN, self._follow)

    async def _tell(self, watching: RunWatching, progress: RunProgress) -> None:
        if progress == self.progress and not self._lost and progress.state is RunState.RUNNING:
            return
        causes = await watching.causes(progress)
        in_flight = await watching.in_flight(progress) if progress.state is RunState.RUNNING else InFlight()
        owner = await watching.owner(progress) if progress.state in RESUMABLE else None
        self.post_message(RunMoved(progress, causes, in_flight, owner))

    def _cannot_see(self, error: BaseException) -> None:
        """The journal could not be read: say it once, and go on trying. The run itself does not mind."""
        told = str(error)
        if told != self._lost:
            self._lost = told
            self.console.trouble(error)
            if self.progress is None:
                text = "✗ The run cannot be read; trying again. The run itself does not mind."
                self._progress_panel.show(literal(text, "$error"))
        self.set_timer(LOOK_AGAIN, self._follow)

    def on_run_moved(self, message: RunMoved) -> None:
        """Show it, unless a frame was painted a moment ago and this is not the end."""
        self._pace.feed(message.progress)
        now = time.monotonic()
        settled = message.progress.state is not RunState.RUNNING or message.progress.interrupted
        if settled or now - self._painted >= 1 / self.console.link.gauges:
            self._painted = now
            self._take(message)

    def _take(self, message: RunMoved) -> None:
        before, progress = self.progress, message.progress
        self.progress = progress
        self._in_flight, owner = message.in_flight, message.owner
        changed = before is None or (before.state, before.interrupted) != (progress.state, progress.interrupted)
        moved = owner != self._owner
        self._owner = owner
        if before is None or self.is_resting or time.monotonic() - self._grouped >= CAUSES_EVERY:
            self._grouped = time.monotonic()
            self._group(message.causes)
        self._paint()
        if changed or moved:
            self.forget_command()
        offered = [
            self.offers(action) for action in ("dead_letters", "run_retry", "run_undo", "run_resume", "run_pause")
        ]
        if changed or offered != self._offered:
            self._offered = offered
            self.refresh_bindings()
        if changed and before is not None:
            self.console.renew_bars()

    # ---- painting

    def on_budget_moved(self) -> None:
        """The gauges beside the run; while it goes on they come with its next frame."""
        if self.progress is None or self.is_resting:
            self._show_allowance()

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        if self.progress is not None:
            self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        progress = self.progress
        if progress is None:
            return
        width = max(30, self.app.size.width - 6)
        self._progress_panel.show(*self._progress(progress, width))
        self.query_one("#run-outcomes", Steady).show(*outcome_rows(progress))
        self.query_one("#run-who", Steady).show(*who_rows(progress))
        self._show_allowance()

    @property
    def _progress_panel(self) -> Steady:
        return self.query_one("#run-progress", Steady)

    def _progress(self, progress: RunProgress, width: int) -> list[Content]:
        tall = self.app.size.height >= TALL
        calm = tall and not self._groups  # the list of failures needs no room
        rows = self.app.size.height - BESIDE if calm else 3 if tall else 2
        budget = self.console.budget_state
        standing = note(progress, self._owner, budget.daily_resets_at if budget else None, now=words.clock())
        below: list[Content]
        if progress.state is RunState.RUNNING and not progress.interrupted:
            below = pace_lines(progress, self._pace, width, rows)
            if standing.told:
                below[-1] = literal(standing.told, "$warning")
        else:
            below = note_rows(standing, width)
            if calm and any(self._pace.history(width - 24)[0]):
                below += [literal(""), *pace_lines(progress, self._pace, width, rows - len(below))]
        head = head_rows(progress, width)
        return [*head, pace_row(progress, self._pace, self._in_flight, width), *below]

    def _show_allowance(self) -> None:
        panel = self.query_one("#run-allowance", Steady)
        state = self.console.budget_state
        rows = gauge_rows(state, max(20, panel.content_size.width))
        if state is not None and state.paced and self.progress is not None and not self.is_resting:
            rows.append(literal("paced: room for you", "$muted"))
        panel.show(*rows)

    # ---- causes

    def _group(self, causes: list[CauseGroup]) -> None:
        """Show the groups; where only counts moved, only their lines are painted."""
        before, self._groups = self._groups, {group.cause: group for group in causes}
        table = self.query_one(RecordTable)
        if list(before) != list(self._groups) or not self._listed:
            self._listed = True
            rows = PagedRows.of(list(self._groups), lambda cause: cause_row(self._groups[cause]))
            table.show(rows, keep_cursor=True)
        else:
            for place, (cause, group) in enumerate(self._groups.items()):
                if before[cause] != group:
                    table.refresh(Region(0, place + 1 - round(table.scroll_offset.y), table.size.width, 1))
        self.on_record_table_moved()

    @property
    def _group_under_cursor(self) -> CauseGroup | None:
        return self._groups.get(self.query_one(RecordTable).current() or "", None) if self._groups else None

    def on_record_table_moved(self) -> None:
        """The pane follows the cursor."""
        self.query_one("#run-cause-text", Line).show(cause_detail(self._group_under_cursor))

    def on_record_table_chosen(self) -> None:
        """All entries of a group."""
        group = self._group_under_cursor
        if group is not None and self.progress is not None:
            from screens.screens.cause import CauseScreen

            self.app.push_screen(CauseScreen(self.progress, group))

    # ---- what can be done

    @property
    def run(self) -> RunProgress | None:
        """The run, for the commands."""
        return self.progress

    def offers(self, action: str) -> bool:
        """A run that another one keeps from going on is not resumed."""
        if action == "run_resume" and self.progress is not None and elsewhere(self.progress, self._owner):
            return False
        return super().offers(action)

    def command_given(self) -> None:
        """A command was left in the journal: see what comes of it."""
        self._follow()
