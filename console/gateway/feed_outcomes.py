"""What became of people on their way to HubSpot, in words for the clients who wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from console.gateway.ports import Fed
from console.journal.model import WORK, Action, Entry, EntryState, Plan, RunProgress

if TYPE_CHECKING:
    from console.provisioning.plans import Plans

_PAGE = 500
_FAILURES = ("failed", "conflict", "uncertain", "not_accepted", "needs_decision")


class Waiting(NamedTuple):
    """A client that waits for a person's change to be in HubSpot."""

    change: int
    source_id: str
    answer: asyncio.Future[Fed]


def works(plan: Plan) -> bool:
    """Whether a plan would do anything."""
    return any(plan.actions.get(action.value) for action in WORK)


def exceptions(plan: Plan) -> int:
    """People of a plan for whom nothing can be done as they are."""
    return plan.actions.get(Action.EXCEPTION.value, 0)


def failures(run: RunProgress) -> int:
    """People for whom a run did not do what was planned."""
    return sum(run.states.get(state, 0) for state in _FAILURES)


async def outcomes(plans: Plans, plan_id: str, wanted: Iterable[str], *, ran: bool) -> dict[str, Fed]:
    """What became of these people, by source id."""
    left, after = set(wanted), 0
    found: dict[str, Fed] = {}
    while left and (page := await plans.entries(plan_id, after=after, limit=_PAGE)):
        for entry in page:
            if entry.payload is not None and entry.payload.source_id in left:
                found[entry.payload.source_id] = fed_by(entry, ran=ran)
        left -= found.keys()
        after = page[-1].number
    return found


def fed_by(entry: Entry, *, ran: bool) -> Fed:
    """What an entry says to the client who caused it; `ran` tells whether a run followed the plan."""
    uid = entry.uid or ""
    well = entry.state in (EntryState.DONE, EntryState.NOT_ACCEPTED) or (
        not _wrong(entry) and (entry.state is EntryState.SKIPPED or (not ran and entry.action not in WORK))
    )
    if well:
        return Fed(state="done", uid=uid, message=entry.outcome)
    problems = "; ".join(problem.message for problem in entry.payload.problems) if entry.payload is not None else ""
    return Fed(state="failed", uid=uid, message=entry.outcome or problems or entry.cause or entry.state.value)


def _wrong(entry: Entry) -> bool:
    return entry.action is Action.EXCEPTION or bool(entry.payload is not None and entry.payload.problems)


def tell(waiting: Iterable[Waiting], found: dict[str, Fed], otherwise: Fed) -> None:
    """Answer those who wait."""
    for one in waiting:
        if not one.answer.done():
            one.answer.set_result(found.get(one.source_id, otherwise))
