"""`hubspoke get`: one object, read live."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.operation import add_object, runs, show
from console.cli.records import names_of

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `get`."""
    add_object(parser)
    parser.add_argument("--fields", metavar="a,b", help="only these properties; without it all that have a value")
    runs(parser, _run)


async def _run(context: Context, _session: Session, operations: Operations) -> int:
    args = context.args
    wanted = names_of(args.fields)
    show(context, await operations.get(args.object_class, args.uid, wanted or ("*",)), names=wanted or None)
    return Exit.OK
