"""`hubspoke runs`: what was and is being written, and commands to it."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from console.cli.apply import accepted, add_applying, approve_and_run
from console.cli.context import Context
from console.cli.dead_letters import add_dead_letters
from console.cli.exits import Exit
from console.cli.output import add_json
from console.cli.plans import tell
from console.cli.receipt import add_receipt
from console.cli.running import follow, line, shape, verdict
from console.journal.model import WORK

if TYPE_CHECKING:
    from console.journal.model import RunProgress

_LISTED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `runs`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the newest runs first")
    listing.add_argument("--limit", type=int, default=_LISTED, metavar="N", help=f"at most this many ({_LISTED})")
    add_json(listing)
    listing.set_defaults(run=lambda context: context.run(_list(context)))
    for name, run, help_text in (
        ("show", _show, "one run as it stands"),
        ("watch", _watch, "follow a run until it ends; leaving does not touch it"),
        ("resume", _resume, "go on where the run stopped"),
    ):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("run_id", metavar="RUN", help="the id of a run, or of its plan")
        add_json(action)
        action.set_defaults(run=lambda context, run=run: context.run(run(context)))
    for name, help_text in (
        ("pause", "finish what is under way, then wait"),
        ("cancel", "finish what is under way and stop for good"),
    ):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("run_id", metavar="RUN", help="the id of a run, or of its plan")
        action.set_defaults(run=lambda context: context.run(_command(context)))
    undo = actions.add_parser("undo", help="take back what a run did, by a plan that is shown and approved")
    undo.add_argument("run_id", metavar="RUN", help="the id of a run, or of its plan")
    undo.add_argument("--recreate", action="store_true", help="make archived records anew: new ids, their history lost")
    add_applying(undo)
    undo.set_defaults(run=lambda context: context.run(_undo(context)))
    add_dead_letters(actions)
    add_receipt(actions)
    report = actions.add_parser("report", help="what a run did, what failed and why")
    report.add_argument("run_id", metavar="RUN", help="the id of a run, or of its plan")
    report.add_argument("--format", choices=("md", "csv", "jsonl", "html"), default="md")
    report.set_defaults(run=lambda context: context.run(_report(context)))


async def _list(context: Context) -> int:
    async with context.session() as session:
        found = await (await session.runs).list(context.args.limit)
    if context.args.json:
        context.out.json([shape(progress) for progress in found])
    elif found:
        rows = [
            (
                run.id,
                run.state.value,
                f"{run.settled:,}/{run.total:,}",
                run.mapping,
                run.portal_id,
                _moment(run.started_at),
                run.approved_by,
            )
            for run in found
        ]
        context.out.table(("id", "state", "settled", "mapping", "portal", "started", "approved by"), rows)
    else:
        context.out.note("There was no run yet.")
    return Exit.OK


async def _show(context: Context) -> int:
    async with context.session() as session:
        progress = await (await session.runs).show(context.args.run_id)
    if context.args.json:
        context.out.json(shape(progress))
        return Exit.OK
    counts = {
        key: ", ".join(f"{name} {number:,}" for name, number in values.items() if number)
        for key, values in (
            ("records", progress.states),
            ("actions", progress.actions),
            ("failures", progress.failures),
        )
    }
    context.out.facts(
        {
            "run": progress.id,
            "plan": progress.plan_id,
            "mapping": f"{progress.mapping} -> {progress.object_class} in portal {progress.portal_id}",
            "state": progress.state.value,
            "settled": f"{progress.settled:,} of {progress.total:,}",
            **{key: text for key, text in counts.items() if text},
            "requests": f"{progress.requests:,} ({progress.rate_limited:,} refused for the rate)",
            "started": _moment(progress.started_at),
            "finished": _moment(progress.finished_at),
            "approved by": progress.approved_by,
            "owner": progress.owner,
            **_kin(progress),
            "next try": _moment(progress.next_try_at),
        }
    )
    if progress.message:
        context.out.note(progress.message)
    return Exit.OK


async def _watch(context: Context) -> int:
    async with context.session() as session:
        progress = await follow(context, session, context.args.run_id)
    return verdict(context, progress)


async def _resume(context: Context) -> int:
    async with context.session() as session:
        runs = await session.runs
        await runs.resume(context.args.run_id)
        progress = await follow(context, session, context.args.run_id)
    return verdict(context, progress)


async def _command(context: Context) -> int:
    async with context.session() as session:
        runs = await session.runs
        if context.args.action == "pause":
            await runs.pause(context.args.run_id)
        else:
            await runs.cancel(context.args.run_id)
        context.out.note(line(await runs.show(context.args.run_id)))
    return Exit.OK


async def _undo(context: Context) -> int:
    """Make the undo's plan, then approve and apply it like any other."""
    args = context.args
    accepts = accepted(args.accept)
    async with context.session() as session:
        await session.account
        plan = await (await session.plans).undo(
            args.run_id, recreate=args.recreate, progress=lambda now: context.out.progress(f"{now.read:,} looked at")
        )
        if not any(plan.actions.get(name, 0) for name in WORK):
            tell(context, plan)
            context.out.note(f"Nothing of it can be taken back from here. Why: hubspoke diff {plan.id}")
            return Exit.NEEDS_DECISION
        context.out.note(f"The undo is the plan {plan.id}. Look at it: hubspoke diff {plan.id}")
        return await approve_and_run(context, session, plan, accepts)


async def _report(context: Context) -> int:
    from console.provisioning.report import render

    form = context.args.format
    async with context.session() as session:
        report = await (await session.runs).report(context.args.run_id)
        async for part in render(await session.journal, report, form):
            if form == "jsonl":
                context.out.json_text(part)
            else:
                context.out.text(part)
    return Exit.OK


def _kin(progress: RunProgress) -> dict[str, object]:
    """What this run takes back, and what took it back."""
    kin: dict[str, object] = {"undoes": progress.undoes} if progress.undoes else {}
    if progress.undone_by:
        kin["undone by"] = ", ".join(f"{run} ({number:,} entries)" for run, number in progress.undone_by.items())
    return kin


def _moment(seconds: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds else ""
