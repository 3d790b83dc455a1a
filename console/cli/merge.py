"""`hubspoke merge`: two records made one, for good."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.operation import CLASS_HELP, runs, show
from console.cli.output import add_json
from console.cli.sure import add_yes, confirm, needs_yes

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `merge`."""
    parser.add_argument("object_class", metavar="CLASS", help=CLASS_HELP)
    parser.add_argument("uid", metavar="UID", help="the record whose values win")
    parser.add_argument("other", metavar="OTHER_UID", help="the record that goes into it")
    add_yes(parser)
    add_json(parser)
    runs(parser, _run)


async def _run(context: Context, session: Session, operations: Operations) -> int:
    cls, uid, other = context.args.object_class, context.args.uid, context.args.other
    needs_yes(context, "A merge")
    if not context.args.yes:
        first, second = await operations.get(cls, uid), await operations.get(cls, other)
        what = f"The {cls} {other} ({second.name}) will be merged into {uid} ({first.name}). Nothing undoes that."
        await confirm(context, session, what, f"{uid} {other}")
    merged = await operations.merge(cls, uid, other, confirm=(uid, other))
    show(context, merged, f"Merged {cls} {other} into {uid}.")
    return Exit.OK
