"""Makes a plan and shows how far it is; nothing is written to HubSpot by it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from console.journal.model import Plan
from screens import words
from screens.literal import hanging, literal, row, stack
from screens.messages import PlanMoved
from screens.screens.plan_words import LANES, action_counts, before_go_rows, count_rows
from screens.terminal.survive import SurvivingPump
from screens.widgets.panel import Line
from screens.widgets.problems import problem_rows

if TYPE_CHECKING:
    from console.hubspot.budget import BudgetState
    from console.provisioning.planner import PlanProgress
    from console.session import Session
    from screens.app import HubspokeApp

REPAINTS = 0.25
CHART = 60


class PlanMaker(SurvivingPump, VerticalScroll):
    """Progress while it works, the result when it is done, problems when there is none."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="panel fill")
        self.border_title = "Plan"
        self.plan: Plan | None = None
        self._started = 0.0
        self._painted = 0.0
        self._told: Callable[[int], Content] | None = None

    def compose(self) -> ComposeResult:
        """One text."""
        yield Line("", id="making")

    @property
    def _line(self) -> Line:
        return self.query_one("#making", Line)

    @property
    def _budget(self) -> BudgetState | None:
        return cast("HubspokeApp", self.app).budget_state

    def _tell(self, told: Callable[[int], Content]) -> None:
        """Show what `told` says at the width that there is, and again when there is another one."""
        self._told = told
        self._line.show(told(self.content_size.width or CHART))

    def on_resize(self) -> None:
        """The first layout may come after the first words."""
        if self._told is not None:
            self._line.show(self._told(self.content_size.width))

    async def make(self, session: Session, mapping: str, asked: dict[str, Any] | None = None) -> Plan:
        """Make a plan with a mapping; raises what the service raises, after showing its problems.

        `asked` are fields of a PlanRequest.
        """
        self.plan = None
        self._started = time.monotonic()
        self._painted = 0.0
        self._tell(lambda _: literal("Reading the mapping …", "$muted"))
        plans = await session.plans
        try:
            plan = self.plan = await plans.create(mapping, progress=self._moved, **(asked or {}))
        except Exception as error:
            self._tell(partial(refusal_rows, error))
            raise
        self._tell(lambda width: done_rows(plan, min(CHART, width)))
        return plan

    def _moved(self, progress: PlanProgress) -> None:
        self.post_message(PlanMoved(progress))

    def on_plan_moved(self, message: PlanMoved) -> None:
        """Show it, a few times a second."""
        now = time.monotonic()
        if self.plan is None and now - self._painted >= REPAINTS:
            self._painted = now
            seconds, budget = now - self._started, self._budget
            self._tell(lambda width: progress_rows(message.progress, seconds, budget, min(CHART, width)))


def progress_rows(progress: PlanProgress, seconds: float, budget: BudgetState | None = None, width: int = 0) -> Content:
    """How many were read and compared, what comes of it so far, what that took and what applying it takes."""
    pace = progress.planned / seconds if seconds > 0.5 else 0.0
    lane = progress.lane
    rows = [
        row(
            ("▶ ", "$primary bold"), (progress.message or "comparing", "bold"), (f"   {words.span(seconds)}", "$muted")
        ),
        literal(""),
        *_long("Read", f"{LANES[lane.name]}{f': {lane.why}' if lane.why else ''}", width),
        row(*_head("People"), (words.number(progress.read), "bold"), (" read", "$muted")),
        row(
            *_head("Compared"),
            (words.number(progress.planned), "bold"),
            (f"   {words.number(pace)} a second", "$muted"),
        ),
        row(*_head("Requests"), (words.number(progress.requests), "bold"), (_left(budget), "$muted")),
    ]
    if progress.actions:
        rows += [literal(""), literal("So far", "$primary bold"), *count_rows(action_counts(progress.actions), width)]
        rows.append(_pair("To apply", _cost(progress, budget)))
    rows += [
        literal(""),
        row(
            ("Nothing is written to HubSpot by a plan.   ", "$muted"),
            ("esc ", "$accent bold"),
            ("cancels it", "$muted"),
        ),
    ]
    return stack(*rows)


def _cost(progress: PlanProgress, budget: BudgetState | None) -> str:
    from console.provisioning.cost import cost

    found = cost(progress.actions, budget)
    return f"{words.counted(found.requests, 'request')}, about {words.span(found.seconds)}"


def _left(budget: BudgetState | None) -> str:
    if budget is None or not budget.daily_limit:
        return ""
    return f"   {words.number(max(budget.daily_limit - budget.daily_used, 0))} left today"


def done_rows(plan: Plan, width: int = CHART) -> Content:
    """What was found, in short; its bars end where the frame does."""
    head = row(
        ("✓ ", "$success bold"),
        (plan.id, "bold"),
        (f"   {words.counted(plan.read, 'person', 'people')} read", "$muted"),
    )
    problems = [literal(""), problem_rows(plan.problems, 5)] if plan.problems else []
    return stack(
        head,
        literal(""),
        *count_rows(action_counts(plan.actions), width),
        literal(""),
        *before_go_rows(plan),
        *problems,
    )


def refusal_rows(error: BaseException, width: int = 76) -> Content:
    """Why there is no plan."""
    problems = getattr(error, "problems", ())
    message = getattr(error, "message", "")
    remedy = getattr(error, "remedy", "") or getattr(error, "advice", "")
    head = literal("✗ No plan was made.", "$error bold")
    if problems:
        return stack(head, problem_rows(problems))
    rows = [head]
    if message:
        rows += hanging("  ", f"{message[:1].upper()}{message[1:]}", width)
    if remedy:
        rows += hanging("→ ", remedy, width)
    return stack(*rows)


def _head(name: str) -> tuple[tuple[object, str], ...]:
    return ((f"{name:<10}", "$muted"),)


def _long(name: str, value: str, width: int) -> list[Content]:
    first, *rest = hanging(" " * 10, value, max(width, CHART))
    return [_pair(name, first.plain.strip()), *rest]


def _pair(name: str, value: str) -> Content:
    return row(*_head(name), (value, ""))
