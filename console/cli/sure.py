"""Confirmation of what cannot be taken back lightly: typed by a human, or `--yes` of a script."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.asking import ask
from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage

if TYPE_CHECKING:
    from console.session import Session


def add_yes(parser: argparse.ArgumentParser) -> None:
    """The option that answers instead of a human."""
    parser.add_argument("--yes", action="store_true", help="do it without being asked")


def needs_yes(context: Context, what: str) -> None:
    """Stop before anything is read where nobody can be asked and nobody has said yes."""
    if not context.args.yes and not context.interactive:
        raise usage(f"{what} needs a confirmation, and there is no terminal to ask on.", "Add --yes.")


async def confirm(context: Context, session: Session, what: str, word: str) -> None:
    """Tell what would happen to whom in which account, and want `word` typed.

    Raises:
        Stop: something else was typed.
    """
    if context.args.yes:
        return
    account = await session.account
    kind = "a PRODUCTION account" if account.is_production else f"a {account.account_type.lower()} account"
    context.out.note(f"{account.portal_name or 'portal'} ({account.portal_id}), {kind}")
    context.out.note(what)
    context.out.flush()
    if ask(f"Type {word} to confirm: ").strip() != word:
        raise Stop(Exit.FAILURE, "Not confirmed; nothing was changed.")
