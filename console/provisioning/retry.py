"""Failed entries, second chances: retry them as they are, mend a value and send that, or give them up.

What HubSpot refused is a dead letter until one of the three is done about it. A retry sends what was approved; a mended
value is another plan, which is approved anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

import msgspec

from console.hubspot.model import PropertyDefinition
from console.journal.journal import Journal, Settlement
from console.journal.model import (
    Action,
    Change,
    EntryState,
    NewEntry,
    Origin,
    Plan,
    RunProgress,
    RunState,
)
from console.journal.troubled import DEAD
from console.provisioning.cost import cost
from console.provisioning.errors import PlanRefused
from console.provisioning.guard import Guards, verdicts

_AGAIN = {EntryState.FAILED: EntryState.PLANNED, EntryState.UNCERTAIN: EntryState.INFLIGHT}
"""What is sent again, and what is looked up again: nobody sends what may have happened."""
_PAGE = 500


async def dead_letters(
    journal: Journal, run: RunProgress, numbers: Collection[int] = (), states: Sequence[EntryState] = DEAD
) -> AsyncIterator[list[NewEntry]]:
    """The entries of a run in these states, or those of these numbers, a page at a time.

    Raises:
        PlanRefused: a number is none of them.
    """
    for number in numbers:
        state = (await journal.entry(run.plan_id, number)).state
        if state not in states:
            raise PlanRefused(
                f"The entry {number} of the run {run.id} is {state.value}.",
                remedy=f"Name one of those that hubspoke runs dead-letters {run.id} tells of.",
            )
    after = 0
    wanted = [state.value for state in states]
    while page := await journal.keyed_entries(run.plan_id, states=wanted, after=after, limit=_PAGE):
        after = page[-1].number
        if found := [entry for entry in page if entry.works and (not numbers or entry.number in numbers)]:
            yield found


async def reopen(journal: Journal, run: RunProgress, numbers: Collection[int] = ()) -> int:
    """Plan the failed entries of a run again, and let uncertain ones be looked up again; how many.

    The caller holds the run's lock, and starts the run afterwards.

    Raises:
        PlanRefused: the run never began, was cancelled, or has none of them.
    """
    if run.state in (RunState.CANCELLED, RunState.APPROVED):
        raise PlanRefused(f"The run {run.id} is {run.state.value}.", remedy=f"Plan again: hubspoke plan {run.mapping}")
    many = 0
    async for page in dead_letters(journal, run, numbers, tuple(_AGAIN)):
        await journal.settle(run, [Settlement(number=one.number, state=_AGAIN[one.state]) for one in page])
        many += len(page)
    if not many:
        raise PlanRefused(
            f"The run {run.id} has no failed entries.", remedy="Conflicts and refused values need a new plan."
        )
    await journal.end_run(run.id, RunState.PAUSED, f"{many:,} entries are to be tried again")
    return many


async def discard(journal: Journal, run: RunProgress, numbers: Collection[int] = ()) -> int:
    """Give dead letters up: they count as skipped from now on; how many. The caller holds the run's lock."""
    many = 0
    async for page in dead_letters(journal, run, numbers):
        await journal.settle(run, [_discarded(entry) for entry in page])
        many += len(page)
    return many


def _discarded(entry: NewEntry) -> Settlement:
    outcome = f"Discarded. It was {entry.state.value}: {entry.outcome}"
    return Settlement(number=entry.number, state=EntryState.SKIPPED, outcome=outcome, cause="discarded")


async def plan_repair(
    journal: Journal, run: RunProgress, number: int, values: Mapping[str, str], schema: Mapping[str, PropertyDefinition]
) -> Plan:
    """A plan of one dead letter with other values; an empty value leaves the property out.

    Raises:
        PlanRefused: the entry is no dead letter that values are sent of, or a property cannot be written.
    """
    plan = await journal.plan(run.plan_id)
    ((entry,),) = [page async for page in dead_letters(journal, run, [number])]
    if entry.action not in (Action.CREATE, Action.UPDATE) or entry.payload is None:
        raise PlanRefused(f"The entry {number} sends no values.", remedy=f"Try it again: hubspoke runs retry {run.id}")
    if entry.state is EntryState.UNCERTAIN:
        raise PlanRefused(
            f"Nobody knows whether the entry {number} was written.",
            remedy=f"Look for it first: hubspoke runs retry {run.id} {number}",
        )
    for name in values:
        if name not in schema or not schema[name].writable:
            raise PlanRefused(
                f"{name} is no property that can be written.", remedy=f"See hubspoke schema {plan.object_class}."
            )
    changes = mended(entry.payload.changes, values)
    if not changes:
        raise PlanRefused(f"Nothing would be left to send of the entry {number}.", remedy="Discard it instead.")
    begun = await journal.new_plan(
        Plan(
            id="",
            mapping=plan.mapping,
            object_class=plan.object_class,
            portal_id=plan.portal_id,
            source=f"entry {number} of {run.id}, mended",
            source_digest=f"repair {run.id} {run.plan_hash}",
            created_at="",
            rules=plan.rules,
            origin=Origin(run_id=run.id, plan_id=plan.id, kind="repair"),
        )
    )
    key = next((one.after for one in changes if one.name == entry.payload.key_property), entry.payload.key) or ""
    again = NewEntry(
        number=number,
        situation=entry.situation,
        action=entry.action,
        undo=entry.undo,
        uid=entry.uid if entry.action is Action.UPDATE else None,
        payload=msgspec.structs.replace(entry.payload, changes=changes, key=key),
        clears=sum(change.clears for change in changes),
        key_digest=entry.key_digest,
        correlation_digest=entry.correlation_digest,
    )
    await journal.add_entries(begun.id, [again])
    totals, hashed = await journal.add_up(begun)
    links = await journal.count_links(begun.portal_id, begun.mapping, object_class=begun.object_class)
    finished = msgspec.structs.replace(
        begun,
        read=1,
        cost=cost(totals.actions, None),
        guards=verdicts(Guards(), deletes=0, clears=totals.clears, links=links),
    )
    return await journal.finish_plan(finished, (totals, hashed))


def mended(changes: Sequence[Change], values: Mapping[str, str]) -> tuple[Change, ...]:
    """The changes with other values: an empty one leaves its property out, a new one is added."""
    kept = [
        msgspec.structs.replace(change, after=values.get(change.name, change.after))
        for change in changes
        if values.get(change.name, "kept")
    ]
    known = {change.name for change in changes}
    return (*kept, *(Change(name=name, after=value) for name, value in values.items() if value and name not in known))
