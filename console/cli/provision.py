"""`hubspoke provision`: plan and apply in one step, for cron and for the sure."""

from __future__ import annotations

import argparse

from console.cli.apply import accepted, add_applying, approve_and_run
from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.plans import add_planning, make_plan, tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `provision`."""
    add_planning(parser)
    add_applying(parser)
    parser.add_argument(
        "--quiet", action="store_true", help="say nothing when there was nothing to do: for cron's mails"
    )
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    accepts = accepted(context.args.accept)
    if not context.args.yes and not context.interactive:
        raise usage("Nothing is written without approval.", "Add --yes; guards still hold.")
    async with context.session() as session:
        plan = await make_plan(context, session)
        if not plan.writes and not any(plan.actions.get(name) for name in ("LINK", "UNLINK", "EXCEPTION")):
            if context.args.quiet and not plan.invalid and not plan.problems:
                pass
            elif context.args.json:
                from console.cli.plans import shape

                context.out.json(shape(plan))
            else:
                tell(context, plan)
                context.out.note("Nothing to write.")
            return Exit.OK
        if not context.args.json and not context.interactive:
            tell(context, plan)  # a mail should say what was written, and where
        return await approve_and_run(context, session, plan, accepts)
