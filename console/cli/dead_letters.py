"""`hubspoke runs dead-letters | retry | edit | discard`: what a run left behind, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.cli.apply import accepted, add_applying, approve_and_run
from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.output import add_json
from console.cli.running import follow, verdict

if TYPE_CHECKING:
    from console.journal.model import Entry

_WHERE = "the id of a run, or of its plan"


def add_dead_letters(actions: Any) -> None:
    """The actions of `runs` about entries that did not end well; `actions` is the sub-parsers of `runs`."""
    listing = actions.add_parser("dead-letters", help="entries that failed, and what was wrong with each")
    listing.add_argument("run_id", metavar="RUN", help=_WHERE)
    listing.add_argument("--jsonl", action="store_true", help="one JSON document a line")
    listing.set_defaults(run=lambda context: context.run(_list(context)))
    retry = actions.add_parser("retry", help="send failed entries again as they are, and look uncertain ones up again")
    retry.add_argument("run_id", metavar="RUN", help=_WHERE)
    retry.add_argument("numbers", metavar="ENTRY", nargs="*", type=int, help="only these; all where none is named")
    add_json(retry)
    retry.set_defaults(run=lambda context: context.run(_retry(context)))
    edit = actions.add_parser("edit", help="send a failed entry with other values, as a plan that is approved")
    edit.add_argument("run_id", metavar="RUN", help=_WHERE)
    edit.add_argument("number", metavar="ENTRY", type=int)
    edit.add_argument("values", metavar="PROPERTY=VALUE", nargs="+", help="an empty value leaves the property out")
    add_applying(edit)
    edit.set_defaults(run=lambda context: context.run(_edit(context)))
    discard = actions.add_parser("discard", help="give failed entries up")
    discard.add_argument("run_id", metavar="RUN", help=_WHERE)
    discard.add_argument("numbers", metavar="ENTRY", nargs="*", type=int)
    discard.add_argument("--all", action="store_true", help="all of them")
    discard.set_defaults(run=lambda context: context.run(_discard(context)))


async def _list(context: Context) -> int:
    from console.cli.diff import shape

    many = 0
    async with context.session() as session:
        async for entry in (await session.runs).dead_letters(context.args.run_id):
            many += 1
            if context.args.jsonl:
                context.out.json_line(shape(entry) | {"cause": entry.cause})
            else:
                context.out.line(f"{entry.number:>6}  {entry.action.value:<6}  {entry.state.value:<12}  {_who(entry)}")
                context.out.line(f"        {entry.cause}: {entry.outcome}")
    context.out.note(f"{many:,} dead letters.")
    return Exit.OK


async def _retry(context: Context) -> int:
    async with context.session() as session:
        await session.account
        runs = await session.runs
        many = await runs.retry(context.args.run_id, context.args.numbers)
        context.out.note(f"{many:,} entries are tried again.")
        await runs.start(context.args.run_id)
        progress = await follow(context, session, context.args.run_id)
    return verdict(context, progress)


async def _edit(context: Context) -> int:
    args = context.args
    values = dict(_pair(text) for text in args.values)
    accepts = accepted(args.accept)
    async with context.session() as session:
        await session.account
        plan = await (await session.plans).repair(args.run_id, args.number, values)
        context.out.note(f"That is the plan {plan.id}. Look at it: hubspoke diff {plan.id}")
        return await approve_and_run(context, session, plan, accepts)


async def _discard(context: Context) -> int:
    args = context.args
    if bool(args.numbers) == args.all:
        raise usage("Which entries?", "Name their numbers, or --all: see hubspoke runs dead-letters RUN.")
    async with context.session() as session:
        many = await (await session.runs).discard(args.run_id, args.numbers)
    context.out.note(f"{many:,} entries are given up.")
    return Exit.OK


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise usage(f'"{text}" is not PROPERTY=VALUE.', "Write it like phone=+44200000, or phone= to leave it out.")
    return name, value


def _who(entry: Entry) -> str:
    payload = entry.payload
    return (payload.label or payload.key or payload.source_id) if payload is not None else "(forgotten)"
