"""`hubspoke update`: other values for the properties of an object; what is not given stays as it is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.given import add_values, json_of, values_of
from console.cli.operation import add_object, runs, show

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `update`."""
    add_object(parser)
    add_values(parser)
    parser.add_argument(
        "--patch", metavar="FILE|-", help="a JSON list of operations (replace, add, remove) instead of values"
    )
    parser.add_argument("--if-match", metavar="REVISION", help="only if the object is still of this revision")
    runs(parser, _run)


async def _run(context: Context, _session: Session, operations: Operations) -> int:
    args = context.args
    if args.patch is None:
        values = values_of(args.values, args.source)
        done = await operations.update(args.object_class, args.uid, values, if_match=args.if_match)
        names = list(values)
    elif args.values or args.source:
        raise usage("--patch stands alone: it brings all that is to change.")
    else:
        done = await operations.patch(args.object_class, args.uid, json_of(args.patch), if_match=args.if_match)
        names = sorted(done.attributes)
    show(context, done, f"Updated {done.object_class} {done.uid}.", names=names)
    return Exit.OK
