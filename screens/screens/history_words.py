"""How plans and runs are said in a list, found in it, and told beside it."""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content

from console.journal.model import Plan, RunProgress, RunState
from console.journal.troubled import TROUBLED
from console.provisioning.causes import in_words
from screens import words
from screens.literal import literal, row, stack
from screens.widgets.paged_rows import Row


class Filter(NamedTuple):
    """A group of states; None is all of them."""

    title: str
    states: frozenset[RunState] | None = None


FILTERS = (
    Filter("all"),
    Filter(
        "needs you",
        frozenset(
            {
                RunState.PLANNED,
                RunState.APPROVED,
                RunState.PAUSED,
                RunState.PAUSED_QUOTA,
                RunState.QUARANTINED,
                RunState.FAILED,
            }
        ),
    ),
    Filter("running", frozenset({RunState.RUNNING})),
    Filter("done", frozenset({RunState.DONE})),
    Filter("failed", frozenset({RunState.FAILED})),
    Filter("cancelled", frozenset({RunState.CANCELLED})),
)
NEEDS_YOU = FILTERS[1]


def fits(one: RunProgress | Plan, chosen: Filter, text: str) -> bool:
    """Whether a run or plan is of the chosen states and has all the words."""
    if chosen.states is not None and one.state not in chosen.states and not _left_open(one, chosen):
        return False
    known = [one.id, one.mapping, str(one.portal_id), one.state.value]
    if isinstance(one, RunProgress):
        known += [one.approved_by, one.plan_id, one.undoes, *one.failures]
    else:
        known += [one.source]
    told = " ".join(known).lower()
    return all(word in told for word in text.split())


def _left_open(one: RunProgress | Plan, chosen: Filter) -> bool:
    """A run that ended, or lost its runner, and still needs somebody."""
    return chosen is NEEDS_YOU and isinstance(one, RunProgress) and (one.interrupted or open_entries(one) > 0)


def open_entries(run: RunProgress) -> int:
    """Entries that wait for somebody."""
    return sum(run.states.get(state, 0) for state in TROUBLED)


def run_line(run: RunProgress) -> Row:
    """A run as a line of a table."""
    sign = words.run_sign(run)
    kin = "undo: " if run.undoes else ""
    taken = " (undone)" if run.undone_by and not run.states.get("done") else ""
    waits = open_entries(run)
    tone = {"failed": "error", "running": "primary", "cancelled": "muted"}.get(run.state.value, "")
    return Row(
        (
            run.id,
            f"{kin}{run.mapping}",
            f"{sign}{taken}",
            words.number(run.total),
            words.number(waits) if waits else "",
            words.ago(run.updated_at or run.started_at),
        ),
        tone or ("warning" if sign.style == "$warning" else ""),
    )


def plan_row(plan: Plan) -> Row:
    """A plan as a line of a table."""
    sign = words.RUN_SIGNS[plan.state]
    tone = "muted" if plan.state in (RunState.DONE, RunState.CANCELLED) else ""
    held = _held(plan)
    kin = f"{plan.origin.kind}: " if plan.origin is not None else ""
    return Row(
        (
            plan.id,
            f"{kin}{plan.mapping}",
            "▲ guard holds" if held else str(sign),
            words.number(plan.writes),
            words.moment(plan.created_at),
            words.number(plan.read),
        ),
        "warning" if held else tone,
    )


def _held(plan: Plan) -> bool:
    return any(guard.holds for guard in plan.guards) and plan.state is RunState.PLANNED


def run_detail(run: RunProgress) -> Content:
    """A run beside the list."""
    sign = words.run_sign(run)
    rows = [
        row((str(sign), f"{sign.style} bold")),
        _pair("Mapping", run.mapping),
        _pair("Portal", str(run.portal_id)),
        _pair("Plan", run.plan_id),
        _pair("Approved", f"by {run.approved_by}" if run.approved_by else ""),
        _pair("Began", words.moment(run.started_at) or "not yet"),
    ]
    if run.started_at and run.finished_at:
        rows.append(_pair("Took", f"{words.span(run.finished_at - run.started_at)}, {run.requests:,} requests"))
    if run.undoes:
        rows.append(_pair("Takes back", run.undoes))
    if run.undone_by:
        rows.append(_pair("Undone by", ", ".join(run.undone_by)))
    rows.append(literal(""))
    for state, mark in words.ENTRY_SIGNS.items():
        if count := run.states.get(state.value, 0):
            rows.append(row((f"{words.number(count):>9}  ", "bold"), (str(mark), mark.style)))
    causes = sorted(run.failures.items(), key=lambda item: -item[1])
    if causes:
        rows.append(literal(""))
        rows += [
            row((f"{words.number(count):>9}  ", "$error bold"), (in_words(name)[0], "")) for name, count in causes[:6]
        ]
    if run.message:
        rows += [literal(""), literal(run.message, "$muted", limit=300)]
    return stack(*rows)


def plan_detail(plan: Plan) -> Content:
    """A plan beside the list."""
    sign = words.RUN_SIGNS[plan.state]
    rows = [
        row((str(sign), f"{sign.style} bold"), ("   ▲ guard holds" if _held(plan) else "", "$warning bold")),
        _pair("Mapping", plan.mapping),
        _pair("Source", plan.source or "not kept any more"),
        _pair("Portal", str(plan.portal_id)),
        _pair("Made", words.moment(plan.created_at)),
        _pair("Hash", plan.hash[:16]),
        _pair("Cost", f"{words.counted(plan.cost.requests, 'request')}, about {words.span(plan.cost.seconds)}"),
        literal(""),
    ]
    for action, mark in words.ACTION_SIGNS.items():
        if count := plan.actions.get(action.value, 0):
            rows.append(row((f"{words.number(count):>9}  ", "bold"), (str(mark), mark.style)))
    if plan.clears:
        rows.append(row((f"{words.number(plan.clears):>9}  ", "bold"), ("✗ values cleared", "$warning")))
    return stack(*rows)


def _pair(name: str, value: str) -> Content:
    return row((f"{name:<11}", "$muted"), (value, ""))
