"""Dead letters: what a run left behind, why, and what can be done about each: retry, edit a value, discard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from console.journal.model import Action, Entry, EntryState, RunProgress
from console.journal.troubled import DEAD
from console.provisioning.run_note import RETRIABLE, has_dead_letters
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.screens.cause import trouble_row
from screens.screens.reading import Reading
from screens.screens.run_doing import retry
from screens.widgets.details import entry_detail, who
from screens.widgets.paged_rows import Fetched, PagedRows
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session

PAGE = 200
RUNS = 200
"""The newest runs that are looked at for dead letters."""
WAYS = {
    EntryState.FAILED: "Retry sends it once more, as approved; edit sends it with another value; discard gives it up.",
    EntryState.UNCERTAIN: "Retry looks for it in HubSpot and never sends it twice; discard gives it up.",
    EntryState.CONFLICT: "Plan the mapping again, or edit what is sent; discard gives it up.",
    EntryState.NOT_ACCEPTED: "Edit sends another value; discard leaves what HubSpot has.",
}


class DeadLettersScreen(Reading):
    """The dead letters of one run; "" is the newest that has any."""

    PLACE = "dead_letters"
    CSS_PATH = theme.sheets("widgets", "run")
    HEADING = "Dead letters"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("dead_letters"),
        Binding("T", "retry_all", "Retry all"),
        Binding("X", "discard_all", "Discard all"),
        Binding("f", "narrow", "Filter"),
        Binding("n", "next_run", "Next run"),
    ]
    AUTO_FOCUS = "RecordTable"
    SAYS = "#letters-run"

    def __init__(self, run_id: str = "") -> None:
        super().__init__()
        self._run_id = run_id
        self._run: RunProgress | None = None
        self._runs: list[RunProgress] = []
        self._state: EntryState | None = None
        self._busy = False

    def body(self) -> ComposeResult:
        """Which run; its letters, and one of them in full where there is room; what can be done."""
        yield Line(literal("Reading …", "$muted"), id="letters-run")
        with Horizontal(id="letters-bottom"):
            yield RecordTable(
                Column("No", 7, right=True),
                Column("Action", 11),
                Column("Person", 18, grow=1),
                Column("What happened", 22, grow=3),
                Column("State", 14),
                empty="✓ No dead letters: nothing waits for you here.",
                id="letters",
            )
            with VerticalScroll(id="letters-detail", classes="panel wide-only", can_focus=False) as pane:
                pane.border_title = "Entry"
                yield Line("", id="letters-entry")
        yield Line("", id="letters-ways")

    def session_opened(self, session: Session) -> None:
        """Find the run, and read its letters."""
        self.read(lambda: self._read(session))

    def on_screen_resume(self) -> None:
        """A repair may have been applied meanwhile."""
        if self.session is not None and self._run is not None:
            self.session_opened(self.session)

    async def _read(self, session: Session) -> None:
        runs = await session.runs
        self._runs = [run for run in await runs.list(RUNS) if has_dead_letters(run)]
        wanted = self._run_id or (self._runs[0].id if self._runs else "")
        self._run = await runs.show(wanted) if wanted else None
        self._run_id = wanted
        self._show()

    def _show(self) -> None:
        run, chosen = self._run, self._state
        self.query_one("#letters-run", Line).show(self._head())
        if run is None:
            self.query_one(RecordTable).show(PagedRows.of([], trouble_row))
            return
        states = [chosen.value] if chosen else [state.value for state in DEAD]

        async def fetch(after: Any | None) -> Fetched:
            session = self.session
            if session is None:
                return Fetched([], None)
            found = await (await session.runs).entries(run.id, states=states, after=after or 0, limit=PAGE)
            return Fetched([entry for entry in found if entry.works], found[-1].number if len(found) == PAGE else None)

        self.query_one(RecordTable).show(PagedRows(fetch, trouble_row), keep_cursor=True)
        self.refresh_bindings()

    def _head(self) -> Content:
        run = self._run
        if run is None:
            return literal("Every run ended without leaving anything behind.", "$muted")
        parts: list[Content] = [row((run.id, "bold"), ("   ", ""))]
        total = sum(run.states.get(state, 0) for state in DEAD)
        kinds: list[tuple[EntryState | None, str, int]] = [(None, "all", total)]
        kinds += [(state, words.ENTRY_SIGNS[state].word, run.states.get(state, 0)) for state in DEAD]
        for state, word, count in kinds:
            if count or state is None:
                style = "$primary bold underline" if state is self._state else "$muted"
                parts += [literal(f"{word} {words.number(count)}", style), literal("   ")]
        others = sum(other.id != run.id for other in self._runs)
        if others:
            parts.append(row(("n ", "$accent bold"), (words.counted(others, "other run"), "$muted")))
        return Content("").join(parts)

    # ---- moving about

    @property
    def entry(self) -> Entry | None:
        """The letter under the cursor."""
        found: Entry | None = self.query_one(RecordTable).current()
        return found

    def on_record_table_moved(self) -> None:
        """The pane, the ways and the keys follow the cursor."""
        entry = self.entry
        self.query_one("#letters-entry", Line).show(entry_detail(entry) if entry else literal(""))
        way = WAYS.get(entry.state, "") if entry is not None else ""
        self.query_one("#letters-ways", Line).show(row(("→ ", "$accent"), (way, "$muted")) if way else literal(""))
        self.refresh_bindings()

    def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
        """Say why they did not come."""
        if message.error is not None:
            self.console.trouble(message.error)
        self.on_record_table_moved()

    def on_record_table_chosen(self) -> None:
        """One letter on the whole screen."""
        if self.entry is not None:
            from screens.screens.entry import EntryScreen

            self.app.push_screen(EntryScreen(self.entry))

    def action_narrow(self) -> None:
        """Only those of the next state."""
        run = self._run
        present = [None, *(state for state in DEAD if run is not None and run.states.get(state, 0))]
        place = present.index(self._state) if self._state in present else 0
        self._state = present[(place + 1) % len(present)]
        self._show()

    def action_next_run(self) -> None:
        """The letters of the run before."""
        ids = [run.id for run in self._runs]
        if not ids or self.session is None:
            return
        place = ids.index(self._run_id) + 1 if self._run_id in ids else 0
        self._run_id, self._state = ids[place % len(ids)], None
        self.session_opened(self.session)

    # ---- what can be done

    def offers(self, action: str) -> bool:
        """What makes sense for the letter under the cursor."""
        entry = self.entry if self.is_mounted else None
        if action == "run_retry":
            return entry is not None and entry.state.value in RETRIABLE
        if action == "dead_letter_edit":
            return entry is not None and can_edit(entry)
        if action == "dead_letter_discard":
            return entry is not None
        return super().offers(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for all of them are there while there are any."""
        if action in ("retry_all", "discard_all", "narrow"):
            run = self._run
            wanted = RETRIABLE if action == "retry_all" else tuple(DEAD)
            return run is not None and any(run.states.get(state, 0) for state in wanted)
        if action == "next_run":
            return len(self._runs) > 1
        return super().check_action(action, parameters)

    def do_run_retry(self) -> None:
        """This one, once more."""
        if self.entry is not None:
            self._retry((self.entry.number,), f"entry {self.entry.number}")

    def action_retry_all(self) -> None:
        """All that failed or are uncertain, and watch."""
        self._retry((), "all of them")

    def _retry(self, numbers: tuple[int, ...], which: str) -> None:
        session, run = self.session, self._run
        if session is None or run is None or self._busy:
            return
        self._busy = True
        self._tell(f"▶ Trying {which} again …", "$primary")
        self.work(lambda: self._retried(session, run, numbers), group="letter", failed=self._failed)

    async def _retried(self, session: Session, run: RunProgress, numbers: tuple[int, ...]) -> None:
        await retry(session, run.id, numbers)
        self._busy = False
        if not numbers:
            from screens.screens.run import RunScreen

            self.app.push_screen(RunScreen(run.id))
            return
        runs = await session.runs
        async for _ in runs.watch(run.id):
            pass
        (entry,) = await runs.entries(run.id, after=numbers[0] - 1, limit=1)
        sign = words.ENTRY_SIGNS[entry.state]
        self.console.say(f"Entry {entry.number}: {sign}. {entry.outcome}".strip())
        await self._read(session)

    def do_dead_letter_edit(self) -> None:
        """Another value for it, as a plan that is approved."""
        entry, run = self.entry, self._run
        if entry is not None and run is not None:
            from screens.screens.dead_letter_edit import EditLetterScreen

            self.app.push_screen(EditLetterScreen(run, entry))

    def do_dead_letter_discard(self) -> None:
        """Give this one up, after a question."""
        entry = self.entry
        if entry is not None:
            text = f"{who(entry)}: nothing is sent of it any more, and it counts as skipped, with what was wrong."
            self._ask_discard(f"Discard entry {entry.number}?", text, (entry.number,))

    def action_discard_all(self) -> None:
        """Give all of this run up, after a question."""
        run = self._run
        if run is not None:
            count = sum(run.states.get(state, 0) for state in DEAD)
            text = (
                f"All {words.counted(count, 'dead letter')} of {run.id}, of every state, count as skipped from now on."
            )
            self._ask_discard("Discard all of them?", text, ())

    def _ask_discard(self, title: str, text: str, numbers: tuple[int, ...]) -> None:
        from screens.screens.dialogs import Confirm

        def answered(yes: bool | None) -> None:
            session, run = self.session, self._run
            if yes and session is not None and run is not None:
                self.work(lambda: self._discard(session, run, numbers), group="letter", failed=self._failed)

        self.app.push_screen(Confirm(title, text, "Discard", "Keep"), answered)

    async def _discard(self, session: Session, run: RunProgress, numbers: tuple[int, ...]) -> None:
        many = await (await session.runs).discard(run.id, numbers)
        self.console.say(f"{words.counted(many, 'dead letter')} given up.")
        await self._read(session)

    def _failed(self, error: BaseException) -> None:
        """The list stays as it was, with the reason below it."""
        from screens.apology import expected

        self._busy = False
        known = expected(error)
        if known is None:
            self.console.trouble(error)
            return
        self._tell(f"✗ {known.message} {known.remedy}".strip(), "$error")

    def _tell(self, text: str, style: str) -> None:
        self.query_one("#letters-ways", Line).show(stack(literal(text, style, limit=600)))


def can_edit(entry: Entry) -> bool:
    """Whether values are sent of it, and it is known that they did not arrive."""
    has_values = entry.payload is not None and entry.action in (Action.CREATE, Action.UPDATE)
    return has_values and entry.state is not EntryState.UNCERTAIN
