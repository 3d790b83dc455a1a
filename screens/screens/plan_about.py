"""Everything that is known of a plan itself: where it comes from, how it was made, what it costs, what holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from console.journal.model import Plan
from screens import theme, words
from screens.keys import bindings
from screens.literal import hanging, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.screens.plan_words import (
    LANES,
    action_counts,
    count_rows,
    guard_line,
    guard_words,
    is_old,
    made_at,
    situation_counts,
    undo_words,
)
from screens.widgets.panel import Line
from screens.widgets.problems import problem_rows

if TYPE_CHECKING:
    from console.hubspot.budget import BudgetState
    from console.provisioning.approval import Approval

_CHART = 60


class PlanAboutScreen(ConsoleScreen[None]):
    """One text."""

    PLACE = "plan_about"
    CSS_PATH = theme.sheets("review")
    HEADING = "About this plan"
    BINDINGS = bindings("plan_about")

    def __init__(self, plan: Plan, approval: Approval | None = None) -> None:
        super().__init__()
        self._plan = plan
        self._approval = approval

    def body(self) -> ComposeResult:
        """All of it."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = f"Plan {self._plan.id}"
            yield Line("", id="about")

    def on_resize(self) -> None:
        """Long texts are wrapped to the width."""
        width = max(40, self.app.size.width - 6)
        rows = about_rows(self._plan, self._approval, self.console.budget_state, width)
        self.query_one("#about", Line).show(stack(*rows))


def about_rows(plan: Plan, approval: Approval | None, budget: BudgetState | None, width: int) -> list[Content]:
    """Its parts, each under its head."""
    return [
        *_origin(plan, approval, width),
        *_part("What it costs", _cost(plan, budget, width)),
        *_part("What was found", count_rows(situation_counts(plan), min(width, _CHART))),
        *_part("What would happen", count_rows(action_counts(plan.actions), min(width, _CHART))),
        *_part("Guards", _guards(plan)),
        *(_part("To know", [problem_rows(plan.problems)]) if plan.problems else []),
    ]


def _origin(plan: Plan, approval: Approval | None, width: int) -> list[Content]:
    rows = []
    if approval is not None and approval.refused:
        rows += hanging("▲ ", f"{approval.refused}. {approval.remedy}", width, "$warning bold")
    made = f"{words.moment(plan.created_at)}, {words.ago(made_at(plan))}"
    by = f" by {', '.join(approval.makers)}" if approval is not None and approval.makers else ""
    rows += [
        _pair("Mapping", f"{plan.mapping} → {plan.object_class}"),
        _pair("Portal", str(plan.portal_id)),
        _pair("Source", f"{plan.source}, {words.counted(plan.read, 'person', 'people')} read"),
        _pair("Made", made + by, "$warning" if is_old(plan) else ""),
        _pair("State", str(words.RUN_SIGNS[plan.state]), words.RUN_SIGNS[plan.state].style),
        _pair("Hash", plan.hash),
        _pair("Sealed", "yes" if plan.sealed else "no: there is no vault", "" if plan.sealed else "$warning"),
    ]
    if plan.partial:
        rows.append(_pair("Partial", "it looks at some people only, so it says nothing of who is missing"))
    if plan.rules.four_eyes:
        rows.append(_pair("Four eyes", "whoever planned it cannot approve it"))
    return rows


def _cost(plan: Plan, budget: BudgetState | None, width: int) -> list[Content]:
    cost, lane = plan.cost, plan.lane
    rows = [
        _pair("To make it", words.counted(plan.requests_spent, "request")),
        *_long("Read", f"{LANES[lane.name]}{f': {lane.why}' if lane.why else ''}", width),
    ]
    if lane.since:
        rows.append(_pair("Unchanged", f"{words.counted(lane.skipped, 'person', 'people')} since {lane.since}"))
    rows.append(_pair("To apply it", f"{words.counted(cost.requests, 'request')}, about {words.span(cost.seconds)}"))
    if plan.associations:
        told = f"{words.counted(plan.associations, 'association')}, {words.counted(cost.associations, 'request')} apart"
        rows.append(_pair("Besides", told))
    rows.append(_pair("Undo", undo_words(plan.undo)))
    rows.append(_pair("Clears", f"{words.counted(plan.clears, 'value')} emptied" if plan.clears else "none"))
    if budget is not None and budget.daily_limit:
        left = max(budget.daily_limit - budget.daily_used, 0)
        share = (cost.requests + cost.associations) / left if left else 1.0
        takes = f"{min(share, 1):.1%}" if share >= 0.001 else "under 0.1%"
        told = f"{words.number(left)} of {words.number(budget.daily_limit)} left; this takes {takes} of it"
        rows.append(_pair("Today", told, "$warning" if share >= 1 else ""))
    return rows


def _guards(plan: Plan) -> list[Content]:
    rows = []
    for guard in plan.guards:
        rule = f"   rule {guard.rule}" if guard.rule else ""
        rows.append(row(guard_line(guard), (rule, "$muted")))
        if guard.holds:
            accept = f"--accept {guard.name}={guard.count}"
            rows.append(row(("  ", ""), (guard_words(guard, plan), ""), (f"  {accept}", "$muted")))
    return rows or [literal("none", "$muted")]


def _part(title: str, rows: list[Content]) -> list[Content]:
    return [literal(""), literal(title, "$primary bold"), *rows]


def _long(name: str, value: str, width: int) -> list[Content]:
    """Like `_pair`, wrapped under its beginning."""
    first, *rest = hanging(" " * 12, value, width)
    return [_pair(name, first.plain.strip()), *rest]


def _pair(name: str, value: str, style: str = "") -> Content:
    return row((f"{name:<12}", "$muted"), (value, style))
