"""One plan under review: what was found, what would happen, what holds it back, and every entry of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.journal.model import Action, Entry, Plan, Situation
from screens import theme, words
from screens.keys import bindings
from screens.literal import lines, literal, row, stack
from screens.screens.plan_marks import Marks, Reviewing
from screens.screens.plan_rows import Wanted, check_typed, entry_row
from screens.screens.plan_words import (
    BRIEF,
    ORDER,
    action_counts,
    before_go_rows,
    fit,
    situation_counts,
    strip,
    work_of,
)
from screens.widgets.count_chart import CountChart
from screens.widgets.entry_view import entry_view
from screens.widgets.filter_field import FilterField
from screens.widgets.paged_rows import Fetched, PagedRows
from screens.widgets.panel import Line, Panel
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.provisioning.approval import Approval
    from console.session import Session

PAGE = 200
CANARY = 10


class PlanScreen(Reviewing):
    """A plan, entry by entry."""

    PLACE = "plan"
    CSS_PATH = theme.sheets("widgets", "review")
    HEADING = "Plan"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("plan"),
        Binding("f", "narrow(1)", "Action"),
        Binding("F", "narrow(-1)", "Action before", show=False),
        Binding("s", "situate(1)", "Situation"),
        Binding("S", "situate(-1)", "Situation before", show=False),
        Binding("ctrl+r", "reread", "Read again", show=False),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, plan_id: str) -> None:
        super().__init__()
        self.plan_id = plan_id
        self.plan: Plan | None = None
        self.approval: Approval | None = None
        self.marks = Marks()
        self._action: Action | None = None
        self._situation: Situation | None = None
        self._wanted = Wanted()

    def body(self) -> ComposeResult:
        """Three summaries, the filter, the entries; a detail pane where there is room."""
        with Horizontal(id="plan-top"):
            yield CountChart("Found", id="plan-found")
            yield CountChart("Would happen", id="plan-actions")
            yield Panel("Before you say go", literal("Reading the plan …", "$muted"), id="plan-go")
        yield Line("", id="plan-strip")
        yield Line("", id="plan-showing")
        yield FilterField('words, or a filter: action eq "UPDATE"', check_typed, id="plan-text")
        yield Line("", id="plan-pending")
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
        self.retitle(f"Plan {self.plan_id}")
        self.query_one("#plan-text").display = False
        self.query_one("#plan-pending").display = False

    def session_opened(self, session: Session) -> None:
        """Read the plan and its first entries."""
        self.work(lambda: self._read(session), group="plan", failed=self._unread)

    def on_screen_resume(self) -> None:
        """It may have been approved or run meanwhile."""
        if self.session is not None and self.plan is not None:
            self.session_opened(self.session)

    def action_reread(self) -> None:
        """Read it once more."""
        if self.session is not None:
            self.plan = None
            self.session_opened(self.session)

    async def _read(self, session: Session) -> None:
        before = self.plan
        plans = await session.plans
        self.plan = await plans.show(self.plan_id)
        self._show_head()
        if before is None or before.state is not self.plan.state:
            self._show_entries(session, keep=before is not None)
        if before is None and self.open_to_change:
            self.work(lambda: self._judge(session), group="approval", failed=lambda _: None)

    async def _judge(self, session: Session) -> None:
        """Whether it still holds; where nobody can tell now, the approval asks again and says so."""
        self.approval = await (await session.plans).approval(self.plan_id)
        self._show_head()

    def _unread(self, error: BaseException) -> None:
        told = self.console.trouble(error)
        text = stack(
            row(("✗ ", "$error bold"), lines(told.text)), row(("^r", "$accent bold"), (" reads it again", "$muted"))
        )
        self.query_one("#plan-go", Panel).show(text)

    def on_resize(self) -> None:
        """The head has more to say where there is room."""
        self._show_head()

    def _show_head(self) -> None:
        plan = self.plan
        if plan is None:
            return
        self.query_one("#plan-found", CountChart).chart(situation_counts(plan), f"{words.number(plan.read)} read")
        self.query_one("#plan-actions", CountChart).chart(action_counts(plan.actions))
        wide = self.app.size.width >= 110
        rows = fit(before_go_rows(plan, self.approval, wide=wide), 10 if wide else 6)
        self.query_one("#plan-go", Panel).show(stack(*rows))
        self.query_one("#plan-strip", Line).show(strip(action_counts(plan.actions), self.app.size.width - 4))
        self.refresh_bindings()

    def _show_entries(self, session: Session, *, keep: bool = False) -> None:
        action, situation, wanted = self._action, self._situation, self._wanted
        offered = [one for one in Action if one is not Action.NONE] if self._sifts else None

        async def fetch(after: Any | None) -> Fetched:
            plans = await session.plans
            entries = await plans.entries(
                self.plan_id,
                actions=[action] if action else offered,
                situations=[situation] if situation else None,
                text=wanted.text or None,
                query=wanted.query,
                after=after or 0,
                limit=PAGE,
            )
            return Fetched(entries, entries[-1].number if len(entries) == PAGE else None)

        table = self.query_one(RecordTable)
        narrowed = action or situation or wanted.shown
        table.say_empty("No entries of this kind. f shows others." if narrowed else "This plan has no entries.")
        table.show(PagedRows[Entry](fetch, lambda entry: entry_row(entry, self.marks)), keep_cursor=keep)
        self._show_filter()

    def _show_filter(self) -> None:
        if (plan := self.plan) is None:
            return
        parts: list[Content] = []
        for action in (None, *self._present_actions()):
            equal = plan.actions.get(Action.NONE, 0) if self._sifts else 0
            count = sum(plan.actions.values()) - equal if action is None else plan.actions[action]
            word = words.ACTION_SIGNS[action].word if action else "changes" if self._sifts else "all"
            here = action is self._action
            style = "$primary bold underline" if here else "$muted"
            parts.append(row((f"{word} {words.number(count)}", style)))
        shown = Content("  ").join(parts)
        if self._situation is not None:
            shown = row((f"{BRIEF[self._situation]}  ", "$secondary bold"), shown)
        if self._wanted.shown:
            shown = row((f"/{self._wanted.shown}  ", "$accent bold"), shown)
        self.query_one("#plan-showing", Line).show(shown)

    @property
    def _sifts(self) -> bool:
        """Whether records that are equal already are kept from the list: unasked, among others that are not."""
        actions = self.plan.actions if self.plan is not None else {}
        mixed = 0 < actions.get(Action.NONE, 0) < sum(actions.values())
        return mixed and self._situation is None and not self._wanted.shown

    def _present_actions(self) -> list[Action]:
        return [action for action in ORDER if self.plan is not None and self.plan.actions.get(action, 0)]

    # ---- moving about

    def on_record_table_moved(self) -> None:
        """The pane follows the cursor."""
        self._show_detail()

    def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
        """The first page is here, or did not come."""
        if message.error is not None:
            self.console.trouble(message.error)
        self._show_detail()

    def subject(self) -> Entry | None:
        """The entry under the cursor."""
        entry: Entry | None = self.query_one(RecordTable).current()
        return entry

    def _show_detail(self) -> None:
        entry = self.subject()
        shown = entry_view(entry, self.marks) if entry is not None else literal("")
        self.query_one("#plan-entry", Line).show(shown)

    def on_record_table_chosen(self) -> None:
        """Before and after of one entry, on the whole screen."""
        entry = self.subject()
        if entry is not None:
            from screens.screens.entry import EntryScreen

            self.app.push_screen(EntryScreen(entry, self.plan, self.marks), lambda _: self.marked())

    def marked(self) -> None:
        """Show the wishes, and what comes of them."""
        line = self.query_one("#plan-pending", Line)
        line.display = bool(self.marks)
        told = "the plan is made anew with that, and shown for approval"
        line.show(row(("◆ ", "$accent bold"), (self.marks.told(), "bold"), ("   a ", "$accent bold"), (told, "$muted")))
        self.query_one(RecordTable).refresh()
        self._show_detail()

    def action_narrow(self, by: int) -> None:
        """Show entries of the next action only."""
        present: list[Action | None] = [None, *self._present_actions()]
        place = present.index(self._action) if self._action in present else 0
        self._action = present[(place + by) % len(present)]
        self._shown_anew()

    def action_situate(self, by: int) -> None:
        """Show entries of the next situation only."""
        there = self.plan.situations if self.plan is not None else {}
        present: list[Situation | None] = [None, *(one for one in Situation if there.get(one, 0))]
        place = present.index(self._situation) if self._situation in present else 0
        self._situation = present[(place + by) % len(present)]
        self._shown_anew()

    def _shown_anew(self) -> None:
        if self.session is not None:
            self._show_entries(self.session)

    # ---- words and filters

    def do_search(self) -> None:
        """Type words that entries must hold, or a query filter."""
        from console.provisioning.entry_filter import entry_schema

        field = self.query_one(FilterField)
        field.knows(entry_schema())
        field.display = True
        field.input.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search, if it makes sense."""
        field = self.query_one(FilterField)
        if field.is_right():
            self._wanted = Wanted.of(event.value)
            field.display = False
            self.query_one(RecordTable).focus()
            self._shown_anew()

    def do_back(self) -> None:
        """Leave the search field first, then the search, then the screen; wishes are not forgotten unasked."""
        field = self.query_one(FilterField)
        if field.input.has_focus or self._wanted.shown:
            field.input.value = ""
            field.display = False
            self.query_one(RecordTable).focus()
            if self._wanted.shown:
                self._wanted = Wanted()
                self._shown_anew()
            return
        if not self.marks.excluded and not self.marks.included:
            self.console.do_back()
            return
        from screens.screens.dialogs import Confirm

        text = f"{self.marks.told()}: that is forgotten. The plan itself stays as it is."
        self.app.push_screen(
            Confirm("Leave the plan?", text, "Leave", "Stay"), lambda yes: self.console.do_back() if yes else None
        )

    # ---- what follows

    def offers(self, action: str) -> bool:
        """Only a complete plan that nobody approved yet can be approved or made anew."""
        if action in ("apply", "apply_first"):
            return self.open_to_change and (bool(self.marks) or (self.plan is not None and work_of(self.plan) > 0))
        if action in ("plan_exclude", "plan_decide"):
            return self.open_to_change
        return super().offers(action)

    def do_plan(self) -> None:
        """Make a new plan of the same mapping."""
        from screens.screens.new_plan import NewPlanScreen

        if self.plan is not None:
            self.app.push_screen(NewPlanScreen(mapping=self.mapping, wait=True))

    def do_plan_about(self) -> None:
        """Everything that is known of the plan itself."""
        from screens.screens.plan_about import PlanAboutScreen

        if self.plan is not None:
            self.app.push_screen(PlanAboutScreen(self.plan, self.approval))

    def do_plan_export(self) -> None:
        """Keep what is shown as a file."""
        from screens.screens.plan_export import ask_and_export

        if self.plan is not None and self.session is not None:
            ask_and_export(self, self.session, self.plan, self._action, self._situation, self._wanted)

    def do_apply(self) -> None:
        """Ask for the approval of exactly this plan."""
        self._approve()

    def do_apply_first(self) -> None:
        """The same, for a few records; then the run waits."""
        self._approve(CANARY)

    def _approve(self, first: int | None = None) -> None:
        from screens.screens.approve import ApproveScreen

        if self.plan is None or self.session is None:
            return
        if not self.marks:
            self.app.push_screen(ApproveScreen(self.plan, first))
            return
        self.query_one("#plan-pending", Line).show(literal("▶ making the plan anew …", "$primary bold"))
        self.work(partial(self._revise, self.session, first), group="revise", failed=self._unrevised)

    async def _revise(self, session: Session, first: int | None) -> None:
        from screens.screens.approve import ApproveScreen

        plan = await (await session.plans).revise(self.plan_id, self.marks.revision())
        # not awaited: this worker belongs to the screen that goes
        self.app.switch_screen(PlanScreen(plan.id))
        if work_of(plan):
            self.app.push_screen(ApproveScreen(plan, first))

    def _unrevised(self, error: BaseException) -> None:
        self.marked()
        self.console.trouble(error)
