"""`hubspoke plan`: compare a source with HubSpot; nothing is written there."""

from __future__ import annotations

import argparse

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json
from console.cli.plans import add_planning, make_plan, shape, tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `plan`."""
    add_planning(parser)
    parser.add_argument(
        "--discover", action="store_true", help="also list who is in HubSpot and in no source: reads every record"
    )
    parser.add_argument("--exit-code", action="store_true", help="exit 8 when there is something to write")
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    async with context.session() as session:
        plan = await make_plan(context, session)
    if context.args.json:
        context.out.json(shape(plan))
    else:
        tell(context, plan)
        if context.args.discover:
            context.out.note(f"Who is in HubSpot only: hubspoke diff {plan.id} --situation UNASSIGNED")
        if plan.writes:
            context.out.note(f"Look: hubspoke diff {plan.id}   Write: hubspoke apply {plan.id}")
    return Exit.CHANGES if context.args.exit_code and plan.writes else Exit.OK
