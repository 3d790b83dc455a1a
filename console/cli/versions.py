"""`hubspoke versions`: the values that the properties of a record had before."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.operation import runs
from console.cli.output import add_json
from console.cli.records import names_of

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `versions`."""
    parser.add_argument("object_class", metavar="CLASS", help="contact, company, or a name that objectTypes gives")
    parser.add_argument("uid", metavar="UID", help="the HubSpot record id")
    parser.add_argument("--fields", metavar="a,b", help="only these properties; without it all that have a value")
    add_json(parser)
    runs(parser, _run)


async def _run(context: Context, _session: Session, operations: Operations) -> int:
    from console.connector.record_history import history, origin, who

    args = context.args
    there = await operations.get(args.object_class, args.uid, names_of(args.fields) or ("*",))
    names = names_of(args.fields) or sorted(name for name, value in there.attributes.items() if value)
    found = await history(operations, args.object_class, there.uid, names)
    rows = [(name, one) for name in names for one in found.get(name, ())]
    if context.args.json:
        shapes = [
            {"id": there.uid, "property": name, "value": one.value, "at": one.at, "source": one.source,
             "sourceId": one.source_id or None, "label": one.label or None, "user": one.user or None}
            for name, one in rows
        ]  # fmt: skip
        context.out.json(shapes)
    else:
        cells = [(name, one.at, one.value, origin(one), who(one)) for name, one in rows]
        context.out.table(("id", "at", "value", "from", "by"), cells)
    for note in there.notes:
        context.out.note(note)
    return Exit.OK
