"""`hubspoke mapping link` and `unlink`: which record is whose, said by a human."""

from __future__ import annotations

import argparse
from typing import Any

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json


def add_linking(actions: Any) -> None:
    """The subcommands of `mapping` about links."""
    link = actions.add_parser("link", help="say which record is a person's; without UID, show candidates")
    _who(link)
    link.add_argument("uid", metavar="UID", nargs="?", help="the record's id")
    link.add_argument("--replace", action="store_true", help="in the place of the link that the person has")
    link.set_defaults(run=lambda context: context.run(_link(context)))
    unlink = actions.add_parser("unlink", help="forget which record is a person's; HubSpot is not touched")
    _who(unlink)
    unlink.set_defaults(run=lambda context: context.run(_unlink(context)))


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("mapping", metavar="MAPPING", help="the name of a mapping, or the path of its file")
    parser.add_argument("source_id", metavar="SOURCE_ID", help="who, in the source")
    add_json(parser)


async def _link(context: Context) -> int:
    args = context.args
    async with context.session() as session:
        plans = await session.plans
        if args.uid is None:
            found = await plans.candidates(args.mapping, args.source_id)
            rows = [{"id": one.uid, "label": one.label, "key": one.key} for one in found]
            if args.json:
                context.out.json(rows)
            elif rows:
                context.out.table(("id", "label", "found by"), [tuple(row.values()) for row in rows])
                context.out.note(f"Choose: hubspoke mapping link {args.mapping} {args.source_id} UID")
            else:
                context.out.note("No record has a key or the name of this person.")
            return Exit.OK
        uid, label = await plans.link(args.mapping, args.source_id, args.uid, replace=args.replace)
    if args.json:
        context.out.json({"id": uid, "sourceId": args.source_id, "label": label})
    else:
        context.out.note(f"{args.source_id} is linked to record {uid}{f' ({label})' if label else ''} now.")
    return Exit.OK


async def _unlink(context: Context) -> int:
    args = context.args
    async with context.session() as session:
        uid = await (await session.plans).unlink(args.mapping, args.source_id)
    if args.json:
        context.out.json({"id": uid, "sourceId": args.source_id})
    else:
        context.out.note(f"{args.source_id} is not linked to record {uid} any more; the record stays as it is.")
    return Exit.OK
