"""`hubspoke livesync`: plan and apply again and again, for a terminal, cron (`--once`) or systemd."""

from __future__ import annotations

import argparse
import time
from contextlib import aclosing
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.plans import counts
from console.cli.running import code_of, line
from console.cli.running import shape as run_shape

if TYPE_CHECKING:
    from console.provisioning.livesync import Cycle
    from console.provisioning.plans import PlanProgress
    from console.session import Session

_INTERVAL = 60.0
_RECHECK = 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `livesync`."""
    parser.add_argument("mapping", metavar="MAPPING", help="the name of a mapping, or the path of its file")
    parser.add_argument("--source", metavar="SOURCE", help="read people from here instead of the mapping's source")
    parser.add_argument("--interval", type=float, default=_INTERVAL, metavar="S", help="seconds between cycles (60)")
    parser.add_argument(
        "--recheck",
        type=float,
        default=_RECHECK,
        metavar="S",
        help="seconds between comparisons of everybody, which also mend what was changed in HubSpot (3600)",
    )
    parser.add_argument("--once", action="store_true", help="one cycle, comparing everybody: for cron")
    parser.add_argument("--yes", action="store_true", help="write without being asked; guards still hold")
    parser.add_argument("--jsonl", action="store_true", help="one JSON document for each cycle")
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    from console.provisioning.livesync import LiveSync

    args = context.args
    if args.interval < 0 or args.recheck < 0:
        raise usage("Seconds are 0 or more.")
    if not args.yes and not context.interactive:
        raise usage("Nothing is written without approval.", "Add --yes; guards still hold.")

    def planning(progress: PlanProgress) -> None:
        context.out.progress(f"{progress.message or 'planning'}: {progress.read:,} read, {progress.planned:,} planned")

    async with context.session() as session:
        await _confirm(context, session)
        sync = LiveSync(
            session,
            args.mapping,
            source=args.source,
            recheck=args.recheck,
            on_plan=planning,
            on_run=lambda run: context.out.progress(line(run)),
        )
        if args.once:
            return _tell(context, await sync.cycle())
        async with aclosing(sync.forever(args.interval)) as cycles:  # type: ignore[type-var]
            async for cycle in cycles:
                _tell(context, cycle)
    return Exit.OK


async def _confirm(context: Context, session: Session) -> None:
    """One word of a human for all that follows, who sees where it goes."""
    from console.cli.asking import ask

    if context.args.yes:
        await session.account  # whoever is behind the credentials, the budget counts for them
        return
    account = await session.account
    kind = "a PRODUCTION account" if account.is_production else f"a {account.account_type.lower()} account"
    context.out.note(f"{account.portal_name or 'portal'} ({account.portal_id}), {kind}")
    context.out.note("Until this is stopped, every change of the source is written there. Guards hold.")
    if ask("Begin? Type yes: ").strip().lower() != "yes":
        raise Stop(Exit.FAILURE, "Not approved; nothing was written.")


def _tell(context: Context, cycle: Cycle) -> Exit:
    """A cycle in a line, where it did something; answers the exit code that it stands for."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S")
    out = context.out
    if context.args.jsonl:
        out.json_line({"id": cycle.plan.id if cycle.plan else None, "at": now, **_shape(cycle)})
    elif cycle.kind == "waiting":
        out.note(f"{now} {cycle.message} Trying again.")
    elif cycle.run is not None:
        done = f"{counts(cycle.plan.actions)}: " if cycle.plan is not None else "went on: "
        out.line(f"{now} {done}{line(cycle.run)}")
    elif context.args.once:
        out.line(f"{now} nothing to write{_told(cycle)}")
    else:
        out.detail(f"{now} nothing to write{_told(cycle)}")
    out.flush()
    if cycle.run is not None:
        return code_of(cycle.run)
    decisions = cycle.plan is not None and cycle.plan.actions.get("EXCEPTION", 0)
    return Exit.NEEDS_DECISION if decisions else Exit.OK


def _told(cycle: Cycle) -> str:
    if cycle.plan is None:
        return ""
    invalid = f", {cycle.plan.invalid:,} invalid" if cycle.plan.invalid else ""
    undecided = cycle.plan.actions.get("EXCEPTION", 0)
    return f": {cycle.plan.read:,} read{invalid}{f', {undecided:,} need a decision' if undecided else ''}"


def _shape(cycle: Cycle) -> dict[str, object]:
    plan = cycle.plan
    return {
        "outcome": cycle.kind,
        "read": plan.read if plan else None,
        "actions": plan.actions if plan else None,
        "invalid": plan.invalid if plan else None,
        "run": run_shape(cycle.run) if cycle.run else None,
        "message": cycle.message or None,
    }
