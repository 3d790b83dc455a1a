"""What a run did, for people: Markdown, HTML and CSV with foreign text tamed, JSON lines exact."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from console.journal.journal import Journal
from console.journal.model import Entry, EntryState, Payload, Plan, Problem, RunProgress
from console.provisioning.report_page import report_page
from console.text import cell, markdown

ReportFormat = Literal["md", "csv", "jsonl", "html"]

PROBLEM_STATES = (
    EntryState.FAILED,
    EntryState.CONFLICT,
    EntryState.UNCERTAIN,
    EntryState.NOT_ACCEPTED,
    EntryState.NEEDS_DECISION,
    EntryState.INFLIGHT,
)
PROBLEMS_SHOWN = 200

_COLUMNS = (
    "number",
    "action",
    "situation",
    "state",
    "cause",
    "record",
    "source id",
    "person",
    "source line",
    "outcome",
)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A run's report. `problems` are the first entries that need a human; `more_problems` how many follow."""

    run: RunProgress
    plan: Plan
    seconds: float
    undo: dict[str, int]
    problems: tuple[Entry, ...] = ()
    more_problems: int = 0


async def build_report(journal: Journal, run: RunProgress) -> Report:
    """Collect what the journal knows of a run."""
    plan = await journal.plan(run.plan_id)
    states = [state.value for state in PROBLEM_STATES]
    problems = await journal.entries(run.plan_id, states=states, limit=PROBLEMS_SHOWN)
    many = await journal.count(run.plan_id, states=states)
    begun = run.started_at or 0.0
    until = run.finished_at or run.updated_at or begun
    return Report(
        run=run,
        plan=plan,
        seconds=max(0.0, until - begun),
        undo=plan.undo,
        problems=tuple(problems),
        more_problems=many - len(problems),
    )


async def render(journal: Journal, report: Report, form: ReportFormat) -> AsyncIterator[str]:
    """The report as text, a piece at a time; CSV and JSON lines hold every entry with work or a problem."""
    if form == "md":
        for line in _markdown(report):
            yield line + "\n"
        return
    if form == "html":
        yield report_page(report, [(entry, _told(entry)) for entry in report.problems], _interval())
        return
    if form == "csv":
        yield _row(_COLUMNS)
    else:
        yield _json({"type": "run", **_head(report)})
    async for entry in journal.stream(report.run.plan_id):
        if entry.works or entry.state in PROBLEM_STATES:
            yield _row(_cells(entry)) if form == "csv" else _json({"type": "entry", **_entry(entry)})


def _head(report: Report) -> dict[str, object]:
    run = report.run
    return {
        "id": run.id,
        "plan": run.plan_id,
        "hash": run.plan_hash,
        "mapping": run.mapping,
        "object_class": run.object_class,
        "portal_id": run.portal_id,
        "state": run.state.value,
        "message": run.message,
        "approved_by": run.approved_by,
        "approved_at": _moment(run.approved_at),
        "started_at": _moment(run.started_at),
        "finished_at": _moment(run.finished_at),
        "seconds": round(report.seconds, 1),
        "total": run.total,
        "states": run.states,
        "actions": run.actions,
        "failures": run.failures,
        "requests": run.requests,
        "rate_limited": run.rate_limited,
        "undo": report.undo,
    }


def _entry(entry: Entry) -> dict[str, object]:
    payload = entry.payload or Payload(source_id="")
    return {
        "id": entry.number,
        "action": entry.action.value,
        "situation": entry.situation.value,
        "state": entry.state.value,
        "cause": entry.cause,
        "uid": entry.uid,
        "source_id": payload.source_id,
        "label": payload.label,
        "line": payload.line,
        "outcome": entry.outcome,
        "problems": [msgspec.structs.asdict(problem) for problem in payload.problems],
    }


def _cells(entry: Entry) -> tuple[str, ...]:
    payload = entry.payload or Payload(source_id="")
    return (
        str(entry.number),
        entry.action.value,
        entry.situation.value,
        entry.state.value,
        entry.cause,
        entry.uid or "",
        payload.source_id,
        payload.label,
        str(payload.line or ""),
        _told(entry),
    )


def _told(entry: Entry) -> str:
    problems = entry.payload.problems if entry.payload is not None else ()
    return " ".join(filter(None, [entry.outcome, *map(_words, problems)]))


def _words(problem: Problem) -> str:
    """A problem with its line and field; the file is the run's source."""
    place = ", ".join(filter(None, [f"line {problem.line}" if problem.line else "", problem.field]))
    return f"{f'{place}: ' if place else ''}{problem.message} {problem.remedy}".rstrip()


def _markdown(report: Report) -> list[str]:
    run = report.run
    lines = [
        f"# Run {run.id}: {run.state.value}",
        "",
        *([markdown(run.message), ""] if run.message else []),
        "| | |",
        "| --- | --- |",
        f"| mapping | {markdown(run.mapping)} to {run.object_class} |",
        f"| source | {markdown(report.plan.source)} |",
        f"| portal | {run.portal_id} |",
        f"| plan | {run.plan_id}, hash {run.plan_hash[:16]} |",
        f"| approved | {markdown(run.approved_by)}, {_moment(run.approved_at)} |",
        f"| time | {_moment(run.started_at)} to {_moment(run.finished_at)}, {report.seconds:,.1f} s |",
        f"| requests | {run.requests:,}, answered 429: {run.rate_limited:,} |",
        f"| entries | {run.total:,}: {_counts(run.states)} |",
        f"| done | {_counts(run.actions)} |",
        f"| undo | {_counts(report.undo)} |",
        "",
    ]
    if run.failures:
        lines += ["## Causes", "", "| cause | entries |", "| --- | ---: |"]
        ordered = sorted(run.failures.items(), key=lambda item: (-item[1], item[0]))
        lines += [f"| {markdown(cause)} | {count:,} |" for cause, count in ordered]
        lines.append("")
    if report.problems:
        lines += [
            "## What needs a human",
            "",
            "| entry | action | state | person | what |",
            "| ---: | --- | --- | --- | --- |",
        ]
        lines += [_problem(entry) for entry in report.problems]
        if report.more_problems:
            lines.append(f"\n{report.more_problems:,} more: use the CSV or JSON lines report.")
        lines.append("")
    return [*lines, _interval()]


def _problem(entry: Entry) -> str:
    payload = entry.payload or Payload(source_id="")
    person = " ".join(filter(None, [payload.source_id, payload.label]))
    told = markdown(_told(entry), limit=300)
    return f"| {entry.number} | {entry.action.value} | {entry.state.value} | {markdown(person, limit=80)} | {told} |"


def _interval() -> str:
    return (
        "HubSpot has no conditional write. Records were read at most a minute before they were put in line to be"
        " written; a change by somebody else after that can have been overwritten."
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "none"


def _moment(seconds: float | None) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds") if seconds else ""


def _row(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([cell(value) for value in cells])
    return text.getvalue()


def _json(document: dict[str, object]) -> str:
    return msgspec.json.encode(document).decode() + "\n"
