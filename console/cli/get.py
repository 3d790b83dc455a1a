"""`hubspoke get`: one record, read live."""

from __future__ import annotations

import argparse

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json
from console.cli.records import add_class, fields_of, shape


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `get`."""
    add_class(parser)
    parser.add_argument("uid", metavar="UID", help="the HubSpot record id")
    parser.add_argument("--fields", metavar="a,b", help="only these properties; without it all that have a value")
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    args = context.args
    async with context.session() as session:
        connector = await session.connector
        if args.fields is not None:
            names = fields_of(args.fields, args.object_class)
        else:
            names = tuple(await connector.schema(args.object_class))
        record = await connector.get(args.object_class, args.uid, names)
    if args.json:
        context.out.json(shape(record))
        return Exit.OK
    shown = {name: value for name, value in sorted(record.properties.items()) if value not in (None, "")}
    context.out.facts({"id": record.id, **shown})
    return Exit.OK
