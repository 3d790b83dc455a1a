"""Undo: the plan that takes a run back is made by looking only; what it restores and what it cannot is shown first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from console.journal.model import RunProgress
from console.provisioning.undo_preview import Reason, UndoPreview
from screens import theme, words
from screens.keys import bindings
from screens.literal import hanging, lines, literal, row, stack
from screens.messages import PlanMoved
from screens.screens.base import ConsoleScreen
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.provisioning.planner import PlanProgress
    from console.session import Session

REASONS = 8
"""Reasons shown of each kind; the plan itself lists every entry."""


class UndoScreen(ConsoleScreen[None]):
    """What taking a run back would do; Enter goes to the plan, where it is approved like any other."""

    PLACE = "undo"
    CSS_PATH = theme.sheets("widgets", "run")
    HEADING = "Undo"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("undo"),
        Binding("enter", "open", "Review the plan", key_display="⏎"),
        Binding("n", "recreate", "Make archived ones anew"),
        Binding("r", "again", "Try again"),
    ]
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._run: RunProgress | None = None
        self._preview: UndoPreview | None = None
        self._recreate = False
        self._failed_before = False

    def body(self) -> ComposeResult:
        """One page."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = f"Take back run {self._run_id}"
            yield Line(literal("▶ Looking at what the run did …", "$primary"), id="undo-text")

    def session_opened(self, session: Session) -> None:
        """Make the plan; HubSpot is only read."""
        if self._preview is None:
            self._make(session)

    def _make(self, session: Session) -> None:
        self._preview, self._failed_before = None, False
        self.refresh_bindings()
        self.work(lambda: self._plan(session), group="undo", failed=self._failed)

    async def _plan(self, session: Session) -> None:
        runs, plans = await session.runs, await session.plans
        self._run = await runs.show(self._run_id)
        plan = await plans.undo(self._run_id, recreate=self._recreate, progress=self._moved)
        self._preview = await runs.watching().preview_undo(plan)
        self.query_one("#undo-text", Line).show(preview_text(self._run, self._preview, self._width))
        self.refresh_bindings()

    @property
    def _width(self) -> int:
        return max(40, self.app.size.width - 8)

    def _moved(self, progress: PlanProgress) -> None:
        self.post_message(PlanMoved(progress))

    def on_plan_moved(self, message: PlanMoved) -> None:
        """How far it is."""
        if self._preview is None and self._run is not None:
            read, all_of_it = words.number(message.progress.read), words.number(sum(self._run.actions.values()))
            self.query_one("#undo-text", Line).show(
                literal(f"▶ Looking back at {read} of {all_of_it} records; nothing is written …", "$primary")
            )

    def on_resize(self) -> None:
        """Words wrap anew."""
        if self._run is not None and self._preview is not None:
            self.call_after_refresh(self._repaint, self._run, self._preview)

    def _repaint(self, run: RunProgress, preview: UndoPreview) -> None:
        self.query_one("#undo-text", Line).show(preview_text(run, preview, self._width))

    def _failed(self, error: BaseException) -> None:
        """There is no plan, for a reason."""
        from screens.apology import expected

        self._failed_before = True
        known = expected(error)
        if known is None:
            self.console.trouble(error)
        told = known.message if known is not None else "No plan was made."
        remedy = known.remedy if known is not None else ""
        self.query_one("#undo-text", Line).show(
            stack(
                lines(f"✗ {told}", "$error", limit=1200),
                row(("→ ", "$accent"), (remedy, "")) if remedy else literal(""),
                literal(""),
                row(("Press ", "$muted"), ("r", "$accent bold"), (" to try again.", "$muted")),
            )
        )
        self.refresh_bindings()

    # ---- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Review where there is something to approve; anew where records stay archived."""
        preview = self._preview
        if action == "open":
            return preview is not None
        if action == "recreate":
            return preview is not None and (preview.archived or self._recreate)
        if action == "again":
            return self._failed_before
        return super().check_action(action, parameters)

    def action_open(self) -> None:
        """The plan, entry by entry; it is approved there."""
        if self._preview is not None:
            from screens.screens.plan import PlanScreen

            self.app.switch_screen(PlanScreen(self._preview.plan.id))

    def action_recreate(self) -> None:
        """The other way about archived records, as another plan."""
        if self.session is not None:
            self._recreate = not self._recreate
            self._make(self.session)

    def action_again(self) -> None:
        """Once more."""
        if self.session is not None:
            self._make(self.session)


def preview_text(run: RunProgress, preview: UndoPreview, width: int) -> Content:
    """What comes back, what comes back in part, what does not, and what nobody can take back."""
    plan = preview.plan
    did = ", ".join(f"{words.number(count)} {name.lower()}" for name, count in run.actions.items() if count)
    rows: list[Content] = [
        row(("The run did  ", "$muted"), (did or "nothing", "bold")),
        row(
            ("The undo is  ", "$muted"),
            (plan.id, "bold"),
            (", a plan: nothing is written before it is approved", "$muted"),
        ),
        literal(""),
    ]
    if preview.effects:
        rows.append(literal("✓ Comes back", "$success bold"))
        rows += [row((f"{words.number(count):>9}  ", "bold"), (told, "")) for count, told in preview.effects]
    else:
        rows.append(literal("Nothing of it can be taken back from here.", "$warning bold"))
    for title, style, reasons in (
        ("▲ Comes back in part", "$warning bold", preview.partly),
        ("✗ Stays as it is", "$error bold", preview.left),
    ):
        if reasons:
            rows += [literal(""), literal(title, style)]
            for reason in reasons[:REASONS]:
                rows += _reason(partial(hanging, width=width - 11), reason)
    rows += [
        literal(""),
        literal("What HubSpot's workflows did with the run's writes (e-mails, tasks) is never taken back.", "$muted"),
        literal("Values that somebody changed since are left as they are, and listed.", "$muted"),
        literal(""),
        row(("Press ", ""), ("⏎", "$accent bold"), (" to review it record by record, and approve it there.", "")),
    ]
    if preview.archived:
        rows.append(
            row(("Press ", ""), ("n", "$accent bold"), (" to make archived records anew: new ids, no history.", ""))
        )
    return stack(*rows)


def _reason(wrapped: partial[list[Content]], reason: Reason) -> list[Content]:
    """A count with its reason beside it, the way out below."""
    first, *rest = [*wrapped("", reason.message), *(wrapped("→ ", reason.remedy) if reason.remedy else [])]
    indent = literal(" " * 11)
    return [row((f"{words.number(reason.count):>9}  ", "bold"), first), *(row(indent, line) for line in rest)]
