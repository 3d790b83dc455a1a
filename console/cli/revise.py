"""`hubspoke revise`: a plan made from another one, with people left out, taken in again, or looked up again."""

from __future__ import annotations

import argparse

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.output import add_json
from console.cli.plans import shape, tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `revise`."""
    parser.add_argument("plan", metavar="PLAN")
    for flag, told in (
        ("--exclude", "leave this entry of the plan out"),
        ("--include", "take in again what was left out"),
        ("--again", "look this person up again, such as after mapping link"),
    ):
        parser.add_argument(
            flag, action="append", type=_number, default=[], metavar="NUMBER", help=f"{told}; repeatable"
        )
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    args = context.args
    if not (args.exclude or args.include or args.again):
        raise usage(
            "Nothing is asked to be different.", f"hubspoke revise {args.plan} --exclude NUMBER (see hubspoke diff)"
        )
    async with context.session() as session:
        from console.provisioning.plans import Revision

        revision = Revision(
            exclude=frozenset(args.exclude), include=frozenset(args.include), again=frozenset(args.again)
        )
        plan = await (await session.plans).revise(args.plan, revision)
    if args.json:
        context.out.json(shape(plan))
    else:
        tell(context, plan)
        context.out.note(f"Look: hubspoke diff {plan.id}   Write: hubspoke apply {plan.id}")
    return Exit.OK


def _number(text: str) -> int:
    """The number of an entry."""
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not the number of an entry")
    return int(text)
