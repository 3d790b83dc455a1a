"""`hubspoke gdpr-delete`: a contact erased for good, or an address blocked for ever."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.operation import runs
from console.cli.output import add_json
from console.cli.sure import add_yes, confirm, needs_yes

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `gdpr-delete`."""
    parser.add_argument("object_class", metavar="CLASS", help="contact: HubSpot erases nothing else")
    parser.add_argument("key", metavar="UID|EMAIL", help="the contact, by its record id or its email address")
    parser.add_argument("--block", action="store_true", help="block an address that no contact has")
    add_yes(parser)
    add_json(parser)
    runs(parser, _run)


async def _run(context: Context, session: Session, operations: Operations) -> int:
    cls, key = context.args.object_class, context.args.key
    needs_yes(context, "A GDPR delete")
    what = (
        f"The {cls} {key} will be erased with all its history, and HubSpot may never take its address again. "
        "Nothing undoes that."
    )
    await confirm(context, session, what, key)
    erased = await operations.gdpr_delete(cls, key, confirm=(key,), blocklist=context.args.block)
    if context.args.json:
        # whether the address of an erased contact is blocked, HubSpot does not tell
        done = {"erased": True, "blocked": None} if erased else {"erased": False, "blocked": True}
        context.out.json({"id": erased.uid if erased else None, "class": cls, **done})
    else:
        context.out.line(f"Erased {cls} {erased.uid}." if erased else f"No {cls} has {key}; the address is blocked.")
    return Exit.OK
