"""How the screen of a person says its steps: glyph, title, one sentence, and what there is below."""

from __future__ import annotations

from textual.content import Content

from console.journal.model import Entry, Plan, RunProgress, RunState
from console.provisioning.person_steps import Line, State, Step
from screens import words
from screens.literal import hanging, literal, row

SIGNS: dict[State, tuple[str, str]] = {
    "pass": ("✓", "$success"),
    "fail": ("✗", "$error"),
    "warn": ("▲", "$warning"),
    "info": ("·", "$muted"),
    "skipped": ("○", "$muted"),
}
BESIDE = ("values", "changes", "history")
"""Steps that stand on the right where there is room."""
_TITLE = 13
_ENDS = {
    RunState.DONE: "written",
    RunState.PAUSED: "paused",
    RunState.PAUSED_QUOTA: "waits for the allowance",
    RunState.QUARANTINED: "HubSpot stays bad",
    RunState.FAILED: "failed",
}


def step_rows(step: Step, width: int, most: int = 40) -> list[Content]:
    """A step with its lines."""
    glyph, style = SIGNS[step.state]
    weight = "bold" if step.state in ("fail", "warn") else ""
    lead = f"{glyph} {step.title:<{_TITLE - 3}} "
    first, *rest = hanging(" " * _TITLE, step.detail, width, weight) or [literal("")]
    rows = [row((lead, style if step.state != "pass" else "$success"), first[_TITLE:]), *rest]
    for line in step.lines[:most]:
        sign, tone = SIGNS[line.state]
        head = row((" " * _TITLE, ""), ("  " * line.depth, ""), (f"{sign} ", tone))
        told = row(
            head, (line.text, "bold" if line.state in ("fail", "warn") else ""), ("   ", ""), (line.note, "$muted")
        )
        if told.cell_length <= width or not line.note:
            rows.append(told if told.cell_length <= width else told.truncate(width, ellipsis=True))
        else:
            rows.append(row(head, (line.text, "")).truncate(width, ellipsis=True))
            rows += hanging(" " * (_TITLE + 2), line.note, width, "$muted")
    if len(step.lines) > most:
        rows.append(literal(f"{' ' * _TITLE}and {len(step.lines) - most} more", "$muted"))
    return rows


def planned_step(plan: Plan, entry: Entry | None, seconds: float) -> Step:
    """A plan of one person was made."""
    what = f"{entry.action.value.lower()} by {entry.situation.value}" if entry is not None else "nothing"
    spent = words.counted(plan.requests_spent, "request")
    return Step(id="planned", title="Plan", state="pass", detail=f"{plan.id}: {what}; {spent}, {words.span(seconds)}")


def nothing_step(entry: Entry | None) -> Step:
    """A plan that writes nothing, and why."""
    problems = entry.payload.problems if entry is not None and entry.payload is not None else ()
    lines = tuple(Line("fail", problem.message.partition("\n")[0], problem.remedy) for problem in problems)
    return Step(
        id="none", title="Write", state="fail" if lines else "info", detail="there is nothing to write", lines=lines
    )


def running_step(progress: RunProgress) -> Step:
    """The run, while it goes and when it stands."""
    spent = words.counted(progress.requests, "request")
    if progress.state is RunState.RUNNING:
        return Step(id="run", title="Run", state="info", detail=f"{progress.id} is writing; {spent}")
    told = f"{_ENDS.get(progress.state, progress.state.value)}: {progress.id}; {spent}"
    state: State = "pass" if progress.state is RunState.DONE else "fail"
    message = f"; {progress.message}" if progress.message and state == "fail" else ""
    return Step(id="run", title="Run", state=state, detail=told + message)


def outcome_step(entry: Entry | None, seconds: float) -> Step:
    """What became of the person."""
    if entry is None:
        return Step(id="outcome", title="Outcome", state="warn", detail="the plan held nobody")
    sign = words.ENTRY_SIGNS[entry.state]
    told = f"{sign.word}, record {entry.uid}" if entry.uid else sign.word
    more = f": {entry.outcome}" if entry.outcome else ""
    state: State = "pass" if entry.state.value == "done" else "fail"
    return Step(id="outcome", title="Outcome", state=state, detail=f"{told}{more}; {words.span(seconds)} in all")
