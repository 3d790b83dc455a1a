"""`hubspoke search`: records by words or by a query filter."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.records import add_class, fields_of, row, shape

if TYPE_CHECKING:
    from console.hubspot.model import Record

_TABLE_LIMIT = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `search`."""
    add_class(parser)
    parser.add_argument(
        "filter", nargs="?", metavar="FILTER", help="""such as: 'email sw "a" and !(lastname eq "X")'"""
    )
    parser.add_argument("--text", default="", metavar="WORDS", help="words that HubSpot looks for in its text fields")
    parser.add_argument("--fields", metavar="a,b", help="properties to read and show")
    parser.add_argument("--sort", metavar="[-]PROPERTY", help="order by this property; - for descending")
    parser.add_argument("--limit", type=int, metavar="N", help=f"at most this many ({_TABLE_LIMIT} in a table)")
    parser.add_argument("--format", choices=("table", "json", "jsonl", "csv"), default="table")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument(
        "--jsonl", dest="format", action="store_const", const="jsonl", help="the same as --format jsonl"
    )
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    args = context.args
    fields = fields_of(args.fields, args.object_class)
    if args.limit is not None and args.limit < 1:
        raise usage("--limit must be 1 or more.")
    limit = args.limit or (_TABLE_LIMIT if args.format == "table" else None)
    async with context.session() as session:
        connector = await session.connector
        found = connector.search(
            args.object_class, args.filter or None, text=args.text, properties=fields, sort=args.sort, limit=limit
        )
        if args.format == "jsonl":
            async for record in found:
                context.out.json_line(shape(record, fields))
        elif args.format == "csv":
            await context.out.csv(("id", *fields), (row(record, fields) async for record in found))
        else:
            await _whole(context, found, fields, limit)
    return Exit.OK


async def _whole(context: Context, found: AsyncIterator[Record], fields: tuple[str, ...], limit: int | None) -> None:
    records = []
    async for record in found:
        records.append(record)
        context.out.progress(f"{len(records)} found")
    kind = context.args.format
    if kind == "json":
        context.out.json([shape(record, fields) for record in records])
    elif records:
        context.out.table(("id", *fields), [row(record, fields) for record in records])
    if kind == "table":
        more = " or more; --limit N shows more" if len(records) == limit else ""
        context.out.note(f"{len(records)} records{more}.")
