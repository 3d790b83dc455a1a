"""`hubspoke apply`: approve exactly this plan and write it to HubSpot.

Without --detach and --attached a runner process writes and this command watches: Ctrl-C ends the
watching, the run goes on. With --attached this process is the runner: Ctrl-C pauses the run.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from console.cli.asking import ask
from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.output import add_json
from console.cli.plans import tell
from console.cli.running import attached, follow, verdict

if TYPE_CHECKING:
    from console.journal.model import Plan
    from console.session import Session
    from console.settings.vault import Vault

_HANDOVER_LIMIT = 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `apply`."""
    parser.add_argument("plan", metavar="PLAN")
    add_applying(parser)
    parser.add_argument("--secrets-fd", type=int, metavar="N", help=argparse.SUPPRESS)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


def add_applying(parser: argparse.ArgumentParser) -> None:
    """How to approve, and who writes."""
    parser.add_argument("--yes", action="store_true", help="approve without being asked; guards still hold")
    parser.add_argument(
        "--accept", action="append", default=[], metavar="GUARD=N", help="let exactly this number pass a guard"
    )
    parser.add_argument("--first", type=_number, metavar="N", help="write the first N, then pause: runs resume goes on")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--detach", action="store_true", help="start the runner and return at once")
    where.add_argument("--attached", action="store_true", help="write in this process: for containers and cron")
    add_json(parser)


async def _run(context: Context) -> int:
    args = context.args
    accepts = accepted(args.accept)
    vault = _handed_over(args.secrets_fd) if args.secrets_fd is not None else None
    async with context.session(vault=vault) as session:
        if vault is not None:
            return await attached(context, session, args.plan)  # approved by whoever started us
        await session.account  # whoever is behind the credentials, the budget counts for them
        plan = await (await session.plans).usable(args.plan)
        return await approve_and_run(context, session, plan, accepts)


async def approve_and_run(context: Context, session: Session, plan: Plan, accepts: dict[str, int]) -> int:
    """The human's word, then the run."""
    args = context.args
    accepts = accepts | await confirm(context, session, plan, accepts)
    runs = await session.runs
    await runs.approve(plan.id, accepts, first=args.first)
    if args.attached:
        return await attached(context, session, plan.id)
    run_id = await runs.start(plan.id, detach=True)
    if args.detach:
        if args.json:
            context.out.json({"id": run_id, "plan": plan.id})
        else:
            context.out.line(run_id)
            context.out.note(f"The run goes on by itself. Look: hubspoke runs watch {run_id}")
        return Exit.OK
    context.out.note(f"Run {run_id} of plan {plan.id}; it goes on if you leave: hubspoke runs watch {run_id}")
    progress = await follow(context, session, run_id)
    return verdict(context, progress)


async def confirm(context: Context, session: Session, plan: Plan, accepts: dict[str, int]) -> dict[str, int]:
    """Ask a human, who sees what would happen and where; `--yes` is the answer of a script.

    Comes back with the number of erasures that was typed.
    """
    from console.journal.model import RunState
    from console.journal.who import approver

    if context.args.yes or plan.state is not RunState.PLANNED:
        return {}
    if not context.interactive:
        raise usage(
            "Nothing is written without approval.", f"Add --yes, or approve on a terminal: hubspoke apply {plan.id}"
        )
    account = await session.account
    tell(context, plan)
    context.out.out.flush()
    kind = "a PRODUCTION account" if account.is_production else f"a {account.account_type.lower()} account"
    portal = f"{account.portal_name or 'portal'} ({account.portal_id}), {kind}"
    context.out.note(f"{plan.writes:,} records will be written to {portal}. Writes may start HubSpot workflows.")
    context.out.note(f"The approval is recorded as {approver().title}.")
    if ask("Write them? Type yes: ").strip().lower() != "yes":
        raise Stop(Exit.FAILURE, "Not approved; nothing was written.")
    typed = {}
    for guard in plan.guards:
        if guard.name == "gdpr" and guard.holds and guard.name not in accepts:
            wanted = f"erase {guard.count}"
            context.out.note(
                f"{guard.count:,} contacts will be erased for good. Nothing brings them back, and their addresses can"
                " never be used again."
            )
            if ask(f"Type {wanted}: ").strip().lower() != wanted:
                raise Stop(Exit.FAILURE, "Not approved; nothing was written.")
            typed[guard.name] = guard.count
    return typed


def _number(text: str) -> int:
    """A number of writes."""
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number of writes")
    return int(text)


def accepted(texts: list[str]) -> dict[str, int]:
    """`deletes=120` as guard and exact number."""
    found = {}
    for text in texts:
        guard, equals, number = text.partition("=")
        if not equals or not guard or not number.isdecimal():
            raise usage(f'--accept "{text}" is not GUARD=N.', "Name the exact number, such as --accept deletes=120")
        found[guard.strip().lower()] = int(number)
    return found


def _handed_over(descriptor: int) -> Vault:
    """What the starting process put into our pipe."""
    from console.settings.handover import unpack

    with os.fdopen(descriptor, "rb") as pipe:
        data = pipe.read(_HANDOVER_LIMIT)
    return unpack(data)
