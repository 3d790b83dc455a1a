"""`hubspoke create`: a new object."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.given import add_values, values_of
from console.cli.operation import add_object, runs, show

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `create`."""
    add_object(parser, uid=False)
    add_values(parser)
    runs(parser, _run)


async def _run(context: Context, _session: Session, operations: Operations) -> int:
    args = context.args
    values = values_of(args.values, args.source)
    made = await operations.create(args.object_class, values)
    show(context, made, f"Created {made.object_class} {made.uid}.", names=values)
    return Exit.OK
