"""What `plan`, `provision` and `apply` tell about a plan."""

from __future__ import annotations

import argparse
import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage

if TYPE_CHECKING:
    from console.hubspot.model import AccountDetails
    from console.journal.model import Plan
    from console.provisioning.plans import PlanProgress, PlanRequest
    from console.session import Session

_PROBLEMS_SHOWN = 20
_WORK = ("CREATE", "UPDATE", "DELETE", "LINK", "UNLINK")


def add_planning(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what to plan."""
    parser.add_argument("mapping", metavar="MAPPING", help="the name of a mapping, or the path of its file")
    parser.add_argument("--source", metavar="SOURCE", help="read people from here instead of the mapping's source")
    parser.add_argument("--only", metavar="SOURCE_ID", help="only this person")
    parser.add_argument("--scope", metavar="FILTER", default="", help="only people whom this query filter means")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="SOURCE_ID", help="leave this person as they are; repeatable"
    )
    parser.add_argument(
        "--only-action",
        action="append",
        default=[],
        type=str.upper,
        choices=_WORK,
        metavar="ACTION",
        help=f"plan only this, report the rest: {', '.join(_WORK)}; repeatable",
    )
    parser.add_argument(
        "--incremental", action="store_true", help="do not look up people who are as they were in the plan before"
    )
    parser.add_argument(
        "--lane",
        choices=("auto", "keys", "list"),
        default="auto",
        help="how HubSpot is read; auto takes the cheaper one",
    )


async def make_plan(context: Context, session: Session) -> Plan:
    """Read, compare and keep a plan; progress goes to stderr."""
    args = context.args

    def told(progress: PlanProgress) -> None:
        context.out.progress(
            f"{progress.message or 'planning'}: {progress.read:,} read, {progress.planned:,} planned, "
            f"{progress.requests:,} requests"
        )

    # what planning needs is loaded while HubSpot says who is behind the credentials, for whom the budget counts
    asked = asyncio.ensure_future(_account(session))
    try:
        await asyncio.to_thread(import_module, "console.provisioning.plans")
        plans = await session.plans
        plan = await plans.create(args.mapping, _request(args), progress=told)
    finally:
        await asyncio.gather(asked, return_exceptions=True)
    if plan.situations.get("ALL_GONE"):
        (first, *_) = [problem for problem in plan.problems if problem.message.startswith("nobody")]
        raise Stop(Exit.FAILURE, first.message, first.remedy)
    return plan


def _request(args: argparse.Namespace) -> PlanRequest:
    """What the command line asks for."""
    from console.journal.model import Action
    from console.provisioning.plans import PlanRequest

    discover = getattr(args, "discover", False)
    if discover and (args.only is not None or args.scope):
        raise usage("--discover looks at everybody; --only and --scope do not.", "Leave one of them out.")
    return PlanRequest(
        source=args.source,
        only=args.only,
        scope=args.scope,
        exclude=tuple(args.exclude),
        actions=tuple(Action(name) for name in args.only_action),
        discover=discover,
        incremental=args.incremental,
        lane=args.lane,
    )


async def _account(session: Session) -> AccountDetails:
    return await session.account


def shape(plan: Plan) -> dict[str, object]:
    """A plan as JSON."""
    return {
        "id": plan.id,
        "mapping": plan.mapping,
        "class": plan.object_class,
        "portalId": plan.portal_id,
        "source": plan.source,
        "createdAt": plan.created_at,
        "hash": plan.hash,
        "state": plan.state,
        "read": plan.read,
        "writes": plan.writes,
        "situations": plan.situations,
        "actions": plan.actions,
        "undo": plan.undo,
        "clears": plan.clears,
        "invalid": plan.invalid,
        "cost": {
            "requests": plan.cost.requests,
            "seconds": plan.cost.seconds,
            "dailyRemaining": plan.cost.daily_remaining,
            "associations": plan.cost.associations,
        },
        "associations": plan.associations,
        "partial": plan.partial,
        "lane": {
            "id": plan.lane.name,
            "why": plan.lane.why,
            "records": plan.lane.records,
            "skipped": plan.lane.skipped,
            "since": plan.lane.since or None,
            "requests": plan.requests_spent,
        },
        "guards": [
            {
                "id": guard.name,
                "count": guard.count,
                "limit": guard.limit,
                "rule": guard.rule,
                "accepted": guard.accepted,
                "holds": guard.holds,
            }
            for guard in plan.guards
        ],
        "problems": plan.problems,
        "sealed": plan.sealed,
    }


def tell(context: Context, plan: Plan) -> None:
    """A plan for people, on stdout."""
    out = context.out
    facts: dict[str, object] = {
        "plan": plan.id,
        "mapping": f"{plan.mapping} -> {plan.object_class} in portal {plan.portal_id}",
        "source": f"{plan.source} ({plan.read:,} read)",
        "actions": counts(plan.actions),
        "situations": counts(plan.situations),
        "undo": counts(plan.undo),
    }
    if plan.clears:
        facts["clears"] = f"{plan.clears:,} values would be emptied"
    if plan.invalid:
        facts["invalid"] = f"{plan.invalid:,} records cannot be used and stay as they are"
    if plan.associations:
        facts["associations"] = f"{plan.associations:,} to be made, about {plan.cost.associations:,} requests apart"
    facts["read by"] = lane(plan)
    facts["cost"] = cost(plan)
    out.facts(facts)
    for guard in plan.guards:
        if guard.holds:
            out.line(
                f"GUARD {guard.name}: {guard.count:,} is more than {guard.limit:,} ({guard.rule}); "
                f"to allow exactly that: --accept {guard.name}={guard.count}"
            )
    for problem in plan.problems[:_PROBLEMS_SHOWN]:
        place = f"{problem.file}:{problem.line}: " if problem.file and problem.line else ""
        out.note(f"{place}{f'{problem.field}: ' if problem.field else ''}{problem.message} {problem.remedy}".rstrip())
    if len(plan.problems) > _PROBLEMS_SHOWN:
        out.note(f"... and {len(plan.problems) - _PROBLEMS_SHOWN:,} more: hubspoke diff {plan.id} --situation INVALID")
    if plan.invalid:
        out.note(f"Which and why: hubspoke diff {plan.id} --situation INVALID")
    if not plan.sealed:
        out.note("There is no vault: what this plan holds of people is not sealed on disk.")


def counts(numbers: dict[str, int]) -> str:
    """`CREATE 12, UPDATE 3`."""
    return ", ".join(f"{name} {number:,}" for name, number in numbers.items() if number) or "none"


def lane(plan: Plan) -> str:
    """How HubSpot was read for this plan, and why so."""
    how = "listing every record" if plan.lane.name == "list" else "looking people up by key"
    why = f": {plan.lane.why}" if plan.lane.why else ""
    skipped = f"; {plan.lane.skipped:,} not looked up, unchanged since {plan.lane.since}" if plan.lane.since else ""
    return f"{how}, {plan.requests_spent:,} requests{why}{skipped}"


def cost(plan: Plan) -> str:
    """What applying takes: requests, time, what is left of the day."""
    minutes = plan.cost.seconds / 60
    takes = f"{plan.cost.seconds:.0f} s" if minutes < 2 else f"{minutes:.0f} minutes"
    left = f", {plan.cost.daily_remaining:,} left today" if plan.cost.daily_remaining is not None else ""
    return f"{plan.cost.requests:,} requests, about {takes}{left}"
