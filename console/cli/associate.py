"""`hubspoke associate`: contacts and companies that belong together."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.operation import runs
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.hubspot.associations import AssociationType, Label
    from console.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `associate`."""
    parser.add_argument("object_class", metavar="CLASS", help="contact or company")
    parser.add_argument("uid", nargs="?", metavar="UID", help="the HubSpot record id")
    parser.add_argument("other", nargs="?", metavar="OTHER_CLASS", help="company or contact")
    parser.add_argument("other_uid", nargs="?", metavar="OTHER_UID", help="the record to associate it with")
    parser.add_argument("--label", metavar="LABEL", help="primary, a label of the account, or a type's number")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="the records of OTHER_CLASS that it is associated with")
    what.add_argument("--remove", action="store_true", help="separate the two, or with --label take that label off")
    what.add_argument("--labels", action="store_true", help="the labels that CLASS and OTHER_CLASS can have")
    add_json(parser)
    runs(parser, _run)


async def _run(context: Context, _session: Session, operations: Operations) -> int:
    args = context.args
    if args.labels:
        return await _labels(context, operations)
    other = args.other or _other(operations, args.object_class)
    if args.uid is None or (args.other_uid is None and not args.list):
        raise usage("Which records?", "hubspoke associate contact 101 company 201, or: associate contact 101 --list")
    if args.list:
        return await _list(context, operations, other)
    do = operations.dissociate if args.remove else operations.associate
    await do(args.object_class, args.uid, other, args.other_uid, label=_label(args.label))
    done = {"id": args.uid, "class": args.object_class, "otherClass": other, "otherId": args.other_uid}
    if args.json:
        context.out.json({**done, "label": args.label, "associated": not args.remove or args.label is not None})
    else:
        words = ("Took the label off" if args.label else "Separated") if args.remove else "Associated"
        context.out.line(f"{words} {args.object_class} {args.uid} and {other} {args.other_uid}.")
    return Exit.OK


async def _list(context: Context, operations: Operations, other: str) -> int:
    found = await operations.associations(context.args.object_class, context.args.uid, other)
    if context.args.json:
        shapes = [{"id": one.to_id, "class": other, "types": [_shape(each) for each in one.types]} for one in found]
        context.out.json(shapes)
    elif found:
        context.out.table(("id", "labels"), [(one.to_id, ", ".join(one.labels)) for one in found])
    context.out.note(f"{len(found)} associated.")
    return Exit.OK


async def _labels(context: Context, operations: Operations) -> int:
    args = context.args
    found = await operations.labels(args.object_class, args.other or args.uid or _other(operations, args.object_class))
    if args.json:
        context.out.json([_shape(each) for each in found])
    else:
        context.out.table(("id", "category", "label"), [(each.type_id, each.category, each.label) for each in found])
    return Exit.OK


def _shape(each: AssociationType) -> dict[str, Any]:
    return {"id": each.type_id, "category": each.category, "label": each.label or None}


def _label(text: str | None) -> Label:
    return int(text) if text is not None and text.isascii() and text.isdigit() else text


def _other(operations: Operations, cls: str) -> str:
    found = {"contact": "company", "company": "contact"}.get(operations.types.find(cls).native)
    if found is None:
        raise usage("With what class?", f"hubspoke associate {cls} UID OTHER_CLASS OTHER_UID")
    return found
