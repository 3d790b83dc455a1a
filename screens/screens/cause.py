"""The entries of one cause: who they are and what HubSpot said about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from console.journal.model import Entry, EntryState, RunProgress
from console.provisioning.causes import CauseGroup, in_short
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.screens.run_doing import RunDoing
from screens.widgets.details import entry_detail, who
from screens.widgets.paged_rows import Fetched, PagedRows, Row
from screens.widgets.panel import Line, Panel
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session

PAGE = 200


class CauseScreen(RunDoing):
    """One group of a run's failures."""

    PLACE = "cause"
    CSS_PATH = theme.sheets("widgets", "run")
    HEADING = "Failures"
    BINDINGS = bindings("cause")
    AUTO_FOCUS = "RecordTable"

    def __init__(self, run: RunProgress, group: CauseGroup) -> None:
        super().__init__()
        self._run = run
        self._group = group

    @property
    def run(self) -> RunProgress | None:
        """The run that they are of."""
        return self._run

    def body(self) -> ComposeResult:
        """The cause with its advice; the entries, with one of them in full where there is room."""
        yield Panel(self._group.title, self._head(), id="cause-head")
        with Horizontal(id="cause-bottom"):
            yield RecordTable(
                Column("No", 7, right=True),
                Column("Action", 11),
                Column("Person", 18, grow=1),
                Column("What happened", 20, grow=3),
                Column("State", 16),
                empty="None of them is left: they were retried, mended or given up.",
                id="cause-entries",
            )
            with VerticalScroll(id="cause-detail", classes="panel wide-only", can_focus=False) as pane:
                pane.border_title = "Entry"
                yield Line("", id="cause-entry")

    def _head(self) -> Content:
        count = words.counted(self._group.count, "entry", "entries")
        return stack(
            row((count, "bold"), (f" of run {self._run.id}", "$muted")),
            row(("→ ", "$accent"), (self._group.advice, "")),
        )

    def session_opened(self, session: Session) -> None:
        """Read them page by page."""

        async def fetch(after: Any | None) -> Fetched:
            watching = (await session.runs).watching()
            found = await watching.entries(self._run, self._group.cause, after=after or 0, limit=PAGE)
            return Fetched(found, found[-1].number if len(found) == PAGE else None)

        self.query_one(RecordTable).show(PagedRows(fetch, trouble_row), keep_cursor=True)

    def on_record_table_moved(self) -> None:
        """The pane follows the cursor."""
        entry: Entry | None = self.query_one(RecordTable).current()
        self.query_one("#cause-entry", Line).show(entry_detail(entry) if entry else literal(""))

    def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
        """Say why entries did not come."""
        if message.error is not None:
            self.console.trouble(message.error)
        self.on_record_table_moved()

    def on_record_table_chosen(self) -> None:
        """One entry on the whole screen."""
        entry: Entry | None = self.query_one(RecordTable).current()
        if entry is not None:
            from screens.screens.entry import EntryScreen

            self.app.push_screen(EntryScreen(entry))


def trouble_row(entry: Entry) -> Row:
    """A troubled entry as a line of a table: what happened stands where the changes would."""
    problems = entry.payload.problems if entry.payload is not None else ()
    told = in_short(entry.outcome) or (problems[0].message if problems else "")
    return Row(
        (
            str(entry.number),
            str(words.ACTION_SIGNS[entry.action]),
            who(entry),
            told,
            str(words.ENTRY_SIGNS[entry.state]),
        ),
        "error" if entry.state is EntryState.FAILED else "warning",
    )
