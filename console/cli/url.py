"""`hubspoke url`: the address of a record on HubSpot's own pages."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.operation import runs
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `url`."""
    parser.add_argument("object_class", metavar="CLASS", help="contact, company, or a name that objectTypes gives")
    parser.add_argument("uid", metavar="UID", help="the HubSpot record id; it is not looked for")
    add_json(parser)
    runs(parser, _run)


async def _run(context: Context, session: Session, operations: Operations) -> int:
    from console.connector.record_links import record_url

    args = context.args
    account = await session.account
    url = record_url(account.portal_id, operations.types.find(args.object_class).native, args.uid, account.ui_domain)
    if not url:
        raise usage(f"{args.object_class} {args.uid} has no page.", "A class of records and a uid of digits have one.")
    if args.json:
        context.out.json({"id": args.uid, "class": args.object_class, "url": url})
    else:
        context.out.line(url)
    return Exit.OK
