"""`hubspoke delete`: an object to HubSpot's recycle bin, where it stays for 90 days."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.operation import add_object, runs, show
from console.cli.sure import add_yes, confirm, needs_yes

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `delete`."""
    add_object(parser)
    add_yes(parser)
    runs(parser, _run)


async def _run(context: Context, session: Session, operations: Operations) -> int:
    cls, uid = context.args.object_class, context.args.uid
    needs_yes(context, "A delete")
    if not context.args.yes:
        there = await operations.get(cls, uid)
        await confirm(context, session, f"The {cls} {uid} ({there.name or 'without a name'}) will be archived.", uid)
    gone = await operations.delete(cls, uid)
    show(context, gone, f"Archived {cls} {uid}; HubSpot restores it on its own pages for 90 days.")
    return Exit.OK
