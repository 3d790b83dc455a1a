"""`hubspoke schema`: the properties that an account has for a class."""

from __future__ import annotations

import argparse

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json
from console.cli.records import add_class


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `schema`."""
    add_class(parser)
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    async with context.session() as session:
        definitions = await (await session.connector).schema(context.args.object_class)
    found = sorted(definitions.values(), key=lambda definition: definition.name)
    if context.args.json:
        context.out.json(
            [
                {
                    "id": definition.name,
                    "label": definition.label,
                    "type": definition.type,
                    "fieldType": definition.field_type,
                    "writable": definition.writable,
                    "unique": definition.unique,
                    "options": [{"id": option.value, "label": option.label} for option in definition.options],
                }
                for definition in found
            ]
        )
        return Exit.OK
    rows = [(item.name, item.type, item.field_type, "" if item.writable else "read-only", item.label) for item in found]
    context.out.table(("id", "type", "field", "", "label"), rows)
    return Exit.OK
