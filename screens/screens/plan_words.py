"""A plan's head in words: situations, actions, guards, cost, undo, age."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from console.journal.model import WORK, Action, Cost, GuardVerdict, Plan, RunState, Situation
from screens import words
from screens.literal import literal, row

if TYPE_CHECKING:
    from console.provisioning.approval import Approval

LEFT_OUT = words.Sign("⊘", "left out", "$muted")
DECIDED = words.Sign("◆", "decided", "$accent")
TAKEN_IN = words.Sign("◆", "taken in", "$accent")
OLD = 3600.0
"""Seconds after which a plan's age is worth a warning: HubSpot goes on meanwhile."""
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
TONES = {
    Situation.ABSENT: "$success",
    Situation.FOUND: "$primary",
    Situation.CONFIRMED: "$muted",
    Situation.AMBIGUOUS: "$warning",
    Situation.FOUND_ALREADY_LINKED: "$warning",
    Situation.INVALID: "$warning",
    Situation.SOURCE_MISSING: "$error",
}
LANES = {"keys": "looked up by key", "list": "every record listed"}


class Count(NamedTuple):
    """One line of a chart: how many of what, in which colour."""

    number: int
    text: str
    style: str


def situation_counts(plan: Plan) -> list[Count]:
    """How many people were found in which situation."""
    return [
        Count(count, BRIEF[situation], TONES.get(situation, "$muted"))
        for situation in Situation
        if (count := plan.situations.get(situation, 0))
    ]


def action_counts(actions: dict[str, int]) -> list[Count]:
    """How many entries do what."""
    return [
        Count(count, str(words.ACTION_SIGNS[action]), words.ACTION_SIGNS[action].style)
        for action in ORDER
        if (count := actions.get(action, 0))
    ]


def work_of(plan: Plan) -> int:
    """How many entries a run would carry out."""
    return sum(plan.actions.get(action, 0) for action in WORK)


def count_rows(counts: list[Count], width: int, empty: str = "nothing") -> list[Content]:
    """Number, word and, where there is room, a bar; the longest bar is the largest number."""
    if not counts:
        return [literal(empty, "$muted")]
    digits = max(len(words.number(count.number)) for count in counts)
    text = max(len(count.text) for count in counts)
    most = max(count.number for count in counts)
    room = width - digits - text - 4
    gap = "  " if room >= MINIMUM else " "
    return [
        row(
            (f"{words.number(count.number):>{digits}}{gap}", "bold"),
            (f"{count.text:<{text}}" if room >= MINIMUM else count.text, count.style if count.text[1:2] == " " else ""),
            (f"  {words.bar(count.number / most, room)[0]}" if room >= MINIMUM else "", count.style),
        )
        for count in counts
    ]


MINIMUM = 5
"""A bar shorter than this says nothing."""


def strip(counts: list[Count], width: int) -> Content:
    """All counts on one line, each as long as its share, beginning with its glyph."""
    total = sum(count.number for count in counts)
    room = width - 2 * len(counts)
    if not total or room < len(counts):
        return literal("")
    return row(
        *(
            (f"{count.text[:1]}{'━' * max(0, round(count.number / total * room))} ", f"{count.style} bold")
            for count in counts
        )
    )


def before_go_rows(plan: Plan, approval: Approval | None = None, *, wide: bool = False) -> list[Content]:
    """What stands in the way, what it costs, what can be taken back, how old it is; the most important first."""
    found: list[Content] = []
    if not plan.complete:
        found.append(literal("▲ not complete: plan again", "$warning bold"))
    if approval is not None and approval.refused:
        found.append(literal(f"▲ {approval.refused if wide else brief(approval.refused)}", "$warning bold"))
    found += [guard_line(guard) for guard in plan.guards if guard.holds]
    if plan.complete and not work_of(plan):
        found.append(literal("✓ nothing to write", "$success bold"))
    found += _cost(plan.cost) if wide else _cost_in_short(plan.cost)
    if plan.clears:
        found.append(row(("clear ", "$muted"), (f"✗ {words.counted(plan.clears, 'value')} emptied", "$warning")))
    found.append(
        _pair("undo", undo_words(plan.undo)) if wide else row(("↶ ", "$muted"), (undo_in_short(plan.undo), ""))
    )
    found.append(_pair("made", f"{words.ago(made_at(plan))}", "$warning" if is_old(plan) else ""))
    found.append(_pair("read", f"{LANES[plan.lane.name]}, {words.counted(plan.requests_spent, 'request')}"))
    if not plan.sealed:
        found.append(literal("▲ not sealed: no vault", "$warning"))
    if wide:
        found += [_pair("from", f"{plan.source}, {words.number(plan.read)} read"), _pair("hash", plan.hash[:24])]
    sign = words.RUN_SIGNS[plan.state]
    if plan.state is not RunState.PLANNED:
        found.insert(0, _pair("state", str(sign), sign.style))
    found += [guard_line(guard) for guard in plan.guards if not guard.holds]
    return found


def fit(rows: list[Content], height: int) -> list[Content]:
    """As many rows as there is room for; the last one says where the rest is."""
    if len(rows) <= height:
        return rows
    return [*rows[: height - 1], row(("i ", "$accent bold"), (f"and {len(rows) - height + 1} more", "$muted"))]


def brief(refused: str) -> str:
    """Why a plan does not hold, in a few words for a narrow frame."""
    for needle, said in (
        ("source", "stale: source changed"),
        ("mapping", "stale: mapping changed"),
        ("portal", "for another portal"),
        ("four eyes", "four eyes: not you"),
    ):
        if needle in refused and ("changed" in refused) == ("changed" in said):
            return said
    return refused


def cost_words(cost: Cost) -> str:
    """Requests and time; associations apart."""
    ties = f" +{words.number(cost.associations)} to associate" if cost.associations else ""
    return f"{words.counted(cost.requests, 'request')}{ties}, {words.span(cost.seconds)}"


def undo_words(undo: dict[str, int]) -> str:
    """How much of it can be taken back."""
    return ", ".join(f"{words.number(count)} {name}" for name, count in undo.items() if count) or "nothing to undo"


def made_at(plan: Plan) -> float | None:
    """When the plan was made, in seconds since the epoch."""
    try:
        return datetime.fromisoformat(plan.created_at).timestamp()
    except ValueError:
        return None


def is_old(plan: Plan) -> bool:
    """Whether the plan is old enough for HubSpot to have moved on."""
    then = made_at(plan)
    return plan.state is RunState.PLANNED and then is not None and words.clock() - then > OLD


def undo_in_short(undo: dict[str, int]) -> str:
    """The same for a narrow frame."""
    parts = (f"{words.number(count)} {name.replace('partial', 'part')}" for name, count in undo.items() if count)
    return " ".join(parts) or "nothing to undo"


def exceeds(cost: Cost) -> bool:
    """Whether it takes more requests than the day has left."""
    return cost.daily_remaining is not None and cost.requests + cost.associations > cost.daily_remaining


def _cost(cost: Cost) -> list[Content]:
    rows = [_pair("cost", cost_words(cost))]
    if cost.daily_remaining is not None:
        left = f"{words.number(cost.daily_remaining)} left"
        rows.append(
            _pair("today", f"▲ only {left}" if exceeds(cost) else left, "$warning bold" if exceeds(cost) else "")
        )
    return rows


def _cost_in_short(cost: Cost) -> list[Content]:
    many, span = words.number(cost.requests + cost.associations), words.span(cost.seconds)
    if cost.daily_remaining is None:
        return [_pair("cost", f"{many} requests, {span}")]
    left = words.short(cost.daily_remaining)
    if exceeds(cost):
        return [literal(f"▲ cost {many}, only {left} today", "$warning bold")]
    return [_pair("cost", f"{many} of {left} today, {span}")]


def guard_line(guard: GuardVerdict) -> Content:
    """One guard: whether it stops the plan, its count and its rule."""
    sign, style = ("▲", "$warning bold") if guard.holds else ("✓", "$success")
    limit = f", limit {words.number(guard.limit)}" if guard.count else ""
    text = f"{sign} {guard.name} {words.number(guard.count)}{limit}"
    accepted = f" accepted {words.number(guard.accepted)}" if guard.accepted is not None else ""
    return row((text, style), (accepted, "$muted"))


def guard_words(guard: GuardVerdict, plan: Plan) -> str:
    """What would happen if this guard let the plan pass."""
    many = words.number(guard.count)
    noun = "contacts" if plan.object_class == "contact" else "companies"
    if guard.name == "gdpr":
        return f"{many} contacts would be erased for good: nothing brings them back, and their addresses stay blocked."
    if guard.name == "deletes":
        how = {
            "archive": f"{many} {noun} would be archived: HubSpot can restore them for 90 days.",
            "gdpr_delete": f"{many} contacts would be erased for good.",
            "set": f"{many} {noun} would be marked as deleted by the mapping's values.",
        }
        return how.get(plan.rules.deletion, f"{many} {noun} would be deleted.")
    if guard.name == "clears":
        return f"{many} values that HubSpot has would be emptied."
    if guard.name == "shrink":
        return f"The source holds {many} people less than the last time: is it complete?"
    return f"{many} {guard.name}."


def _pair(name: str, value: str, style: str = "") -> Content:
    return row((f"{name:<5} ", "$muted"), (value, style))
