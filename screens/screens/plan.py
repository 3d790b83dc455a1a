"""One plan under review: what was found, what would happen, what holds it back, and every entry of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.journal.model import Action, Entry, Plan, RunState
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.screens.plan_words import actions_rows, before_go_rows, situation_rows
from screens.widgets.details import entry_detail, who
from screens.widgets.paged_rows import Fetched, PagedRows, Row
from screens.widgets.panel import Line, Panel
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session

PAGE = 200
FILTERS: tuple[Action | None, ...] = (
    None,
    Action.CREATE,
    Action.UPDATE,
    Action.DELETE,
    Action.EXCEPTION,
    Action.LINK,
    Action.UNLINK,
    Action.REPORT,
    Action.IGNORE,
    Action.NONE,
)


class PlanScreen(ConsoleScreen[None]):
    """A plan, entry by entry."""

    PLACE = "plan"
    CSS_PATH = theme.sheets("widgets", "review")
    HEADING = "Plan"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("plan"),
        Binding("f", "narrow(1)", "Next action"),
        Binding("F", "narrow(-1)", "Action before", show=False),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, plan_id: str) -> None:
        super().__init__()
        self.plan_id = plan_id
        self.plan: Plan | None = None
        self._filter: Action | None = None
        self._text = ""

    def body(self) -> ComposeResult:
        """Three summaries, the filter, the entries; a detail pane where there is room."""
        with Horizontal(id="plan-top"):
            yield Panel("What was found", "", id="plan-found")
            yield Panel("What would happen", "", id="plan-actions")
            yield Panel("Before you say go", "", id="plan-go")
        with Horizontal(id="plan-filter"):
            yield Line("", id="plan-showing")
            field = Input(placeholder="words in name, key or source id", id="plan-text", compact=True)
            field.cursor_blink = False
            yield field
        with Horizontal(id="plan-entries"):
            yield RecordTable(
                Column("No", 6, right=True),
                Column("Action", 11),
                Column("Person", 18, grow=1),
                Column("Changes", 20, grow=2),
                Column("State", 16),
                Column("Key", 26),
                empty="No entries of this kind.",
                id="plan-table",
            )
            with VerticalScroll(id="plan-detail", classes="panel wide-only", can_focus=False) as pane:
                pane.border_title = "Before and after"
                yield Line("", id="plan-entry")

    def on_mount(self) -> None:
        """Name the plan."""
        super().on_mount()
        self.retitle(f"Plan {self.plan_id}")
        self.query_one("#plan-text", Input).display = False

    def session_opened(self, session: Session) -> None:
        """Read the plan and its first entries."""
        self.work(lambda: self._read(session), group="plan")

    def on_screen_resume(self) -> None:
        """It may have been approved or run meanwhile."""
        if self.session is not None and self.plan is not None:
            self.session_opened(self.session)

    async def _read(self, session: Session) -> None:
        before = self.plan
        plans = await session.plans
        self.plan = await plans.show(self.plan_id)
        self._show_head(self.plan)
        if before is None or before.state is not self.plan.state:
            self._show_entries(session, keep=True)

    def _show_head(self, plan: Plan) -> None:
        self.query_one("#plan-found", Panel).show(stack(*situation_rows(plan)))
        self.query_one("#plan-actions", Panel).show(stack(*actions_rows(plan)))
        self.query_one("#plan-go", Panel).show(stack(*before_go_rows(plan)))
        self.refresh_bindings()

    def _show_entries(self, session: Session, *, keep: bool = False) -> None:
        chosen, text = self._filter, self._text

        async def fetch(after: Any | None) -> Fetched:
            plans = await session.plans
            entries = await plans.entries(
                self.plan_id,
                actions=[chosen] if chosen else None,
                text=text or None,
                after=after or 0,
                limit=PAGE,
            )
            return Fetched(entries, entries[-1].number if len(entries) == PAGE else None)

        table = self.query_one(RecordTable)
        table.show(PagedRows(fetch, entry_row), keep_cursor=keep)
        self._show_filter()

    def _show_filter(self) -> None:
        plan = self.plan
        parts: list[Content] = []
        for action in FILTERS:
            count = (
                sum(plan.actions.values())
                if plan and action is None
                else plan.actions.get(action or "", 0)
                if plan
                else 0
            )
            if action is not None and not count:
                continue
            word = "all" if action is None else words.ACTION_SIGNS[action].word
            style = "$primary bold underline" if action is self._filter else "$muted"
            parts.append(row((f"{word} {words.number(count)}", style)))
        shown = Content("   ").join(parts)
        if self._text:
            shown = row(shown, ("   /", "$accent"), (self._text, "$accent"))
        self.query_one("#plan-showing", Line).show(shown)

    # ---- moving about

    def on_record_table_moved(self) -> None:
        """The pane follows the cursor."""
        self._show_detail()

    def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
        """The first page is here, or did not come."""
        if message.error is not None:
            self.console.trouble(message.error)
        self._show_detail()

    def _show_detail(self) -> None:
        entry: Entry | None = self.query_one(RecordTable).current()
        self.query_one("#plan-entry", Line).show(entry_detail(entry) if entry else literal(""))

    def on_record_table_chosen(self) -> None:
        """Before and after of one entry, on the whole screen."""
        self.action_detail()

    def action_detail(self) -> None:
        """Open the entry under the cursor."""
        entry: Entry | None = self.query_one(RecordTable).current()
        if entry is not None:
            from screens.screens.entry import EntryScreen

            self.app.push_screen(EntryScreen(entry))

    def action_narrow(self, by: int) -> None:
        """Show entries of the next action only."""
        present = [kind for kind in FILTERS if kind is None or (self.plan and self.plan.actions.get(kind, 0))]
        place = present.index(self._filter) if self._filter in present else 0
        self._filter = present[(place + by) % len(present)]
        if self.session is not None:
            self._show_entries(self.session)

    def do_search(self) -> None:
        """Type words that entries must contain."""
        field = self.query_one("#plan-text", Input)
        field.display = True
        field.focus()

    def do_back(self) -> None:
        """Leave the search field first, then the search, then the screen."""
        field = self.query_one("#plan-text", Input)
        if field.has_focus or self._text:
            field.display = False
            field.value = ""
            self.query_one(RecordTable).focus()
            if self._text and self.session is not None:
                self._text = ""
                self._show_entries(self.session)
            return
        self.console.do_back()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search."""
        self._text = event.value.strip()
        self.query_one("#plan-text", Input).display = False
        self.query_one(RecordTable).focus()
        if self.session is not None:
            self._show_entries(self.session)

    # ---- approval

    def offers(self, action: str) -> bool:
        """Only a complete plan that nobody approved yet can be approved."""
        if action == "apply":
            return self.plan is not None and self.plan.complete and self.plan.state is RunState.PLANNED
        return super().offers(action)

    def do_apply(self) -> None:
        """Ask for the approval of exactly this plan."""
        from screens.screens.approve import ApproveScreen

        if self.plan is not None:
            self.app.push_screen(ApproveScreen(self.plan))


def entry_row(entry: Entry) -> Row:
    """An entry as a line of a table."""
    sign = words.ACTION_SIGNS[entry.action]
    payload = entry.payload
    tones = {Action.EXCEPTION: "warning", Action.DELETE: "error", Action.NONE: "muted", Action.IGNORE: "muted"}
    return Row(
        (
            str(entry.number),
            str(sign),
            who(entry),
            _changes(entry),
            str(words.ENTRY_SIGNS[entry.state]),
            payload.key if payload else "",
        ),
        tones.get(entry.action, ""),
    )


def _changes(entry: Entry) -> str:
    payload = entry.payload
    if payload is None:
        return ""
    if payload.problems:
        return payload.problems[0].message
    return ", ".join(f"✗{change.name}" if change.clears else change.name for change in payload.changes)
