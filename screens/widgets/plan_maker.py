"""Makes a plan and shows how far it is; nothing is written to HubSpot by it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from console.journal.model import Plan
from screens import words
from screens.literal import literal, row, stack
from screens.messages import PlanMoved
from screens.screens.plan_words import actions_rows, before_go_rows
from screens.terminal.survive import SurvivingPump
from screens.widgets.panel import Line
from screens.widgets.problems import problem_rows

if TYPE_CHECKING:
    from console.provisioning.planner import PlanProgress
    from console.session import Session

REPAINTS = 0.25


class PlanMaker(SurvivingPump, VerticalScroll):
    """Progress while it works, the result when it is done, problems when there is none."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="panel fill")
        self.border_title = "Plan"
        self.plan: Plan | None = None
        self._started = 0.0
        self._painted = 0.0

    def compose(self) -> ComposeResult:
        """One text."""
        yield Line("", id="making")

    @property
    def _line(self) -> Line:
        return self.query_one("#making", Line)

    async def make(self, session: Session, mapping: str) -> Plan:
        """Make a plan with a mapping; raises what the service raises, after showing its problems."""
        self.plan = None
        self._started = time.monotonic()
        self._line.show(literal("Reading the mapping …", "$muted"))
        plans = await session.plans
        try:
            self.plan = await plans.create(mapping, progress=self._moved)
        except Exception as error:
            self._line.show(refusal_rows(error))
            raise
        self._line.show(done_rows(self.plan))
        return self.plan

    def _moved(self, progress: PlanProgress) -> None:
        self.post_message(PlanMoved(progress))

    def on_plan_moved(self, message: PlanMoved) -> None:
        """Show it, a few times a second."""
        now = time.monotonic()
        if self.plan is None and now - self._painted >= REPAINTS:
            self._painted = now
            self._line.show(progress_rows(message.progress, now - self._started))


def progress_rows(progress: PlanProgress, seconds: float) -> Content:
    """How many were read and compared, how many requests that took."""
    pace = progress.planned / seconds if seconds > 0.5 else 0.0
    return stack(
        row(("▶ comparing", "$primary bold"), (f"   {words.span(seconds)}", "$muted")),
        row(("Read      ", "$muted"), (words.number(progress.read), "bold")),
        row(
            ("Compared  ", "$muted"), (words.number(progress.planned), "bold"), (f"   {words.number(pace)}/s", "$muted")
        ),
        row(("Requests  ", "$muted"), (words.number(progress.requests), "bold")),
        literal(progress.message, "$muted"),
        literal("Nothing is written to HubSpot by a plan.", "$muted"),
    )


def done_rows(plan: Plan) -> Content:
    """What was found, in short."""
    head = row(
        ("✓ ", "$success bold"),
        (plan.id, "bold"),
        (f"   {words.counted(plan.read, 'person', 'people')} read", "$muted"),
    )
    problems = [literal(""), problem_rows(plan.problems, 5)] if plan.problems else []
    return stack(head, literal(""), *actions_rows(plan), literal(""), *before_go_rows(plan), *problems)


def refusal_rows(error: BaseException) -> Content:
    """Why there is no plan."""
    problems = getattr(error, "problems", ())
    message = getattr(error, "message", "")
    remedy = getattr(error, "remedy", "") or getattr(error, "advice", "")
    if problems:
        return stack(literal("✗ No plan was made.", "$error bold"), problem_rows(problems))
    rows = [literal(f"✗ {message or 'No plan was made.'}", "$error bold")]
    return stack(*rows, *([row(("→ ", "$accent"), (remedy, ""))] if remedy else []))
