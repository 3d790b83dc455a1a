"""A plan's head in words: situations, actions, guards, cost, undo."""

from __future__ import annotations

from textual.content import Content

from console.journal.model import Action, GuardVerdict, Plan, Situation
from screens import words
from screens.literal import literal, row

ORDER = (
    Action.CREATE,
    Action.UPDATE,
    Action.DELETE,
    Action.LINK,
    Action.UNLINK,
    Action.EXCEPTION,
    Action.REPORT,
    Action.IGNORE,
    Action.NONE,
)
BRIEF = {
    Situation.CONFIRMED: "linked",
    Situation.FOUND: "found by key",
    Situation.FOUND_ALREADY_LINKED: "another's record",
    Situation.ABSENT: "not in HubSpot",
    Situation.AMBIGUOUS: "several match",
    Situation.MISSING: "record is gone",
    Situation.UNQUALIFIED: "out of scope, found",
    Situation.SOURCE_IGNORED: "out of scope",
    Situation.TARGET_IGNORED: "record ignored",
    Situation.UNASSIGNED: "no person",
    Situation.SOURCE_MISSING: "person is gone",
    Situation.LINK_ONLY: "link only",
    Situation.ALL_GONE: "both gone",
    Situation.INVALID: "invalid",
}


def situation_rows(plan: Plan) -> list[Content]:
    """How many people were found in which situation."""
    found = [
        row((f"{words.number(plan.situations[situation]):>7}  ", "bold"), (BRIEF[situation], ""))
        for situation in Situation
        if plan.situations.get(situation)
    ]
    return found or [literal(f"{words.number(plan.read)} read, nothing found", "$muted")]


def actions_rows(plan: Plan) -> list[Content]:
    """How many entries do what."""
    found = []
    for action in ORDER:
        count = plan.actions.get(action, 0)
        if count:
            sign = words.ACTION_SIGNS[action]
            found.append(row((f"{words.number(count):>7}  ", "bold"), (str(sign), sign.style)))
    return found or [literal("nothing", "$muted")]


def before_go_rows(plan: Plan) -> list[Content]:
    """Guards, cost, undo, and what is not sealed."""
    found: list[Content] = []
    if not plan.complete:
        found.append(literal("▲ not complete: plan again", "$warning"))
    found += [guard_line(guard) for guard in plan.guards]
    cost = plan.cost
    found.append(
        row(("cost  ", "$muted"), (f"{words.counted(cost.requests, 'request')}, {words.span(cost.seconds)}", ""))
    )
    undo = "  ".join(f"{name} {words.number(count)}" for name, count in plan.undo.items() if count)
    found.append(row(("undo  ", "$muted"), (undo or "nothing to undo", "")))
    if cost.daily_remaining is not None and cost.requests > cost.daily_remaining:
        found.append(literal(f"▲ only {words.number(cost.daily_remaining)} requests left today", "$warning"))
    if not plan.sealed:
        found.append(literal("▲ not sealed: no vault", "$warning"))
    found.append(row(("state ", "$muted"), (str(words.RUN_SIGNS[plan.state]), words.RUN_SIGNS[plan.state].style)))
    return found


def guard_line(guard: GuardVerdict) -> Content:
    """One guard: whether it stops the plan, its count and its rule."""
    sign, style = ("▲", "$warning bold") if guard.holds else ("✓", "$success")
    limit = f", limit {words.number(guard.limit)}" if guard.count else ""
    text = f"{sign} {guard.name} {words.number(guard.count)}{limit}"
    accepted = f" accepted {words.number(guard.accepted)}" if guard.accepted is not None else ""
    return row((text, style), (accepted, "$muted"))
