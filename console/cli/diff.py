"""`hubspoke diff`: every record of a plan, before and after."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import Output
from console.journal.model import Action, Situation

if TYPE_CHECKING:
    from console.journal.model import Change, Entry, Payload, Plan, Problem
    from console.provisioning.plans import Plans

_PAGE = 500
_CHANGING = ("CREATE", "UPDATE", "DELETE", "LINK", "UNLINK", "EXCEPTION", "REPORT")
COLUMNS = (
    "id", "sourceId", "label", "situation", "action", "state", "undo", "uid", "property", "before", "after", "problem",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `diff`."""
    parser.add_argument("plan", metavar="PLAN")
    parser.add_argument("--action", action="append", type=str.upper, choices=[one.value for one in Action], metavar="A")
    parser.add_argument(
        "--situation", action="append", type=str.upper, choices=[one.value for one in Situation], metavar="S"
    )
    parser.add_argument("--text", metavar="WORD", help="only records that hold this text")
    parser.add_argument("--filter", metavar="FILTER", default="", help="only records that this query filter means")
    parser.add_argument("--all", action="store_true", help="also records that stay as they are")
    parser.add_argument("--format", choices=("table", "jsonl", "csv", "html"), default="table")
    parser.add_argument(
        "--jsonl", dest="format", action="store_const", const="jsonl", help="the same as --format jsonl"
    )
    parser.add_argument("--out", metavar="FILE", help="write to a new file: .csv, .jsonl or .html says which")
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    async with context.session() as session:
        plans = await session.plans
        plan = await plans.show(context.args.plan)  # an unknown plan is an error, not an empty answer
        context.out.note(f"{plan.mapping}, from {plan.source}")
        entries = _entries(context, plans)
        if context.args.out is not None:
            await _export(context, plan, entries)
        elif context.args.format == "jsonl":
            async for entry in entries:
                context.out.json_line(shape(entry))
        elif context.args.format == "csv":
            await context.out.csv(COLUMNS, (line async for entry in entries for line in csv_lines(entry)))
        elif context.args.format == "html":
            from console.cli.diff_page import page

            async for line in page(plan, entries):
                context.out.text(line)
        else:
            await _print(context.out, entries)
    return Exit.OK


async def _export(context: Context, plan: Plan, entries: AsyncIterator[Entry]) -> None:
    from console.cli.plan_export import export

    file = context.args.out
    written = await export(plan, entries, file, lambda count: context.out.progress(f"{count:,} records"))
    context.out.note(f"{written:,} records in {file}")


async def _entries(context: Context, plans: Plans) -> AsyncIterator[Entry]:
    args = context.args
    actions = args.action or (None if args.all or args.situation or args.filter else _CHANGING)
    after = 0
    while page := await plans.entries(
        args.plan,
        actions=actions,
        situations=args.situation,
        text=args.text,
        query=args.filter,
        after=after,
        limit=_PAGE,
    ):
        for entry in page:
            yield entry
        after = page[-1].number


async def _print(out: Output, entries: AsyncIterator[Entry]) -> None:
    """One paragraph a record: who, what would happen, and each value before and after."""
    seen = 0
    async for entry in entries:
        seen += 1
        payload = entry.payload
        name = named(entry)
        record = f"  record {entry.uid}" if entry.uid else ""
        state = "" if entry.state.value == "planned" else f"  {entry.state.value}"
        out.line(f"{entry.number:>6}  {entry.action.value:<9}  {name}  ({entry.situation.value}){record}{state}")
        for change in _changes(payload):
            out.line(f"          {change.name}: {_value(change.before)} -> {_value(change.after)}")
        for tie in payload.ties if payload else ():
            out.line(f"          {'-' if tie.remove else '+'} {tie.object_class} {tie.uid} ({tie.key})")
        for one in payload.candidates if payload else ():
            out.line(f"          ? record {one.uid}  {one.label}  by {one.key}")
        for problem in payload.problems if payload else ():
            out.line(f"          ! {_problem(problem)}")
        if entry.outcome:
            out.line(f"          = {entry.outcome}")
    out.note(f"{seen:,} records.")


def named(entry: Entry) -> str:
    """Who an entry is about; unchanged people leave no name."""
    if entry.payload is None:
        return "(unchanged)" if entry.action is Action.NONE else "(forgotten)"
    return entry.payload.label or entry.payload.key or entry.payload.source_id


def shape(entry: Entry) -> dict[str, object]:
    """An entry as JSON: exact values."""
    payload = entry.payload
    return {
        "id": entry.number,
        "situation": entry.situation,
        "action": entry.action,
        "state": entry.state,
        "undo": entry.undo,
        "uid": entry.uid,
        "sourceId": payload.source_id if payload else None,
        "label": payload.label if payload else None,
        "key": payload.key if payload else None,
        "changes": [
            {"id": change.name, "before": change.before, "after": change.after} for change in _changes(payload)
        ],
        "associations": [
            {"id": tie.uid, "class": tie.object_class, "key": tie.key, "remove": tie.remove}
            for tie in (payload.ties if payload else ())
        ],
        "candidates": [
            {"id": one.uid, "label": one.label, "key": one.key} for one in (payload.candidates if payload else ())
        ],
        "problems": payload.problems if payload else (),
        "cause": entry.cause,
        "outcome": entry.outcome,
    }


def _problem(problem: Problem) -> str:
    place = f"line {problem.line}: " if problem.line else ""
    field = f"{problem.field}: " if problem.field else ""
    return f"{place}{field}{problem.message} {problem.remedy}".rstrip()


def csv_lines(entry: Entry) -> list[tuple[object, ...]]:
    """An entry as lines of a CSV file: one for each change, association and candidate."""
    payload = entry.payload
    who = (payload.source_id, payload.label) if payload else ("", "")
    head = (entry.number, *who, entry.situation, entry.action, entry.state, entry.undo, entry.uid)
    problems = "; ".join(map(_problem, payload.problems)) if payload else ""
    lines: list[tuple[object, ...]] = [
        (*head, change.name, change.before, change.after, problems) for change in _changes(payload)
    ]
    for tie in payload.ties if payload else ():
        ends = (tie.uid, "") if tie.remove else ("", tie.uid)
        lines.append((*head, f"associated {tie.object_class}", *ends, problems))
    lines += [(*head, "candidate", one.uid, one.key, problems) for one in (payload.candidates if payload else ())]
    return lines or [(*head, "", "", "", problems)]


def _changes(payload: Payload | None) -> tuple[Change, ...]:
    return payload.changes if payload else ()


def _value(value: str | None) -> str:
    if value is None or value == "":
        return "(empty)"
    return value if len(value) <= 200 else f"{value[:200]}... ({len(value):,} characters)"
