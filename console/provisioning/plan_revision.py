"""A plan made anew from another one: people left out or taken in again, and those looked up again whom a human decided.

A plan is never changed: what is approved is the hash of what was shown. So a revision is a plan of its own, with the
numbers of the one it came from. Only who is looked up again costs requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import msgspec

from console.journal.journal import Journal
from console.journal.model import (
    WORK,
    Action,
    Cost,
    EntryState,
    GuardVerdict,
    NewEntry,
    Payload,
    Plan,
    PlanTotals,
    Problem,
    RunState,
)
from console.journal.rows import TWIN_REMEDY
from console.provisioning.cost import cost
from console.provisioning.deletion import GUARD
from console.provisioning.errors import PlanRefused
from console.provisioning.mapping import Mapping
from console.provisioning.planner import Planner, PlanningTarget, PlanProgress
from console.provisioning.request import PlanRequest
from console.sources.opening import SecretGetter

PAGE = 500
LEFT_OUT = "left out"
_DELETES = frozenset({"deletes", GUARD})


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different, by the numbers of entries; `again` are looked up anew in the source and in HubSpot."""

    exclude: frozenset[int] = frozenset()
    include: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()

    @property
    def all(self) -> frozenset[int]:
        """Every number that is meant."""
        return self.exclude | self.include | self.again


class Revisor:
    """Makes revisions of plans of one portal. Nothing is written in HubSpot."""

    def __init__(
        self, connector: PlanningTarget, journal: Journal, *, source_secret: SecretGetter | None = None
    ) -> None:
        self._connector = connector
        self._journal = journal
        self._source_secret = source_secret

    async def revise(
        self,
        plan: Plan,
        mapping: Mapping | None,
        revision: Revision,
        progress: Callable[[PlanProgress], None] | None = None,
    ) -> Plan:
        """The revised plan. `mapping` is needed where somebody is looked up again.

        Raises PlanRefused, SourceError, HubSpotError and JournalError; then nothing is kept.
        """
        if plan.state is not RunState.PLANNED or not plan.complete:
            raise PlanRefused(
                f"the plan {plan.id} is {plan.state.value if plan.complete else 'not finished'} and cannot be revised",
                remedy=f"Make a new plan: hubspoke plan {plan.mapping}",
            )
        await self._check(plan, revision)
        begun = await self._journal.new_plan(msgspec.structs.replace(plan, id=""))
        try:
            fresh, spent = await self._looked_up(plan, mapping, revision.again)
            ties = await self._copy(plan, begun, revision, fresh, progress)
            return await self._finish(plan, begun, revision, ties, spent)
        except BaseException:
            await asyncio.shield(self._journal.drop_plan(begun.id))
            raise

    async def _check(self, plan: Plan, revision: Revision) -> None:
        """Refuse numbers that are not there, or of which the wish makes no sense."""
        for number in sorted(revision.all):
            entry = await self._journal.entry(plan.id, number)
            if number in revision.exclude and entry.action not in WORK:
                raise PlanRefused(
                    f"entry {number} would do nothing ({entry.action.value}), so it cannot be left out",
                    remedy=f"See: hubspoke diff {plan.id}",
                )
            if number in revision.include and action_of(entry) is None:
                raise PlanRefused(f"entry {number} was not left out of this plan", remedy="Include what was excluded.")
            if number in revision.again and (entry.payload is None or not entry.payload.source_id):
                raise PlanRefused(
                    f"entry {number} is about nobody of the source, so it cannot be looked up again",
                    remedy=f"Make a new plan: hubspoke plan {plan.mapping}",
                )

    async def _looked_up(
        self, plan: Plan, mapping: Mapping | None, numbers: Collection[int]
    ) -> tuple[dict[int, NewEntry], int]:
        """New entries of these numbers, each from a plan of that one person, and the requests that they took."""
        fresh: dict[int, NewEntry] = {}
        spent = 0
        planner = Planner(self._connector, self._journal, source_secret=self._source_secret)
        for number in sorted(numbers):
            payload = (await self._journal.entry(plan.id, number)).payload
            if mapping is None or payload is None:
                raise PlanRefused(f"the mapping {plan.mapping} is gone", remedy="Make a new plan.")
            alone = await planner.plan(mapping, PlanRequest(only=payload.source_id))
            try:
                if alone.source != plan.source:
                    raise PlanRefused(
                        f"the plan {plan.id} was made from {plan.source}, and the mapping reads {alone.source}",
                        remedy=f"Make a new plan: hubspoke plan {plan.mapping} --source {plan.source}",
                    )
                fresh[number] = await self._only(alone, payload.source_id, number)
                spent += alone.requests_spent
            finally:
                await asyncio.shield(self._journal.drop_plan(alone.id))
        return fresh, spent

    async def _only(self, plan: Plan, source_id: str, number: int) -> NewEntry:
        for entry in await self._journal.keyed_entries(plan.id, limit=PAGE):
            # one who is as HubSpot has them leaves no payload
            if entry.payload is None or entry.payload.source_id == source_id:
                return msgspec.structs.replace(entry, number=number)
        raise PlanRefused(f"{source_id} is not in the source any more", remedy="Make a new plan.")

    async def _copy(
        self,
        plan: Plan,
        begun: Plan,
        revision: Revision,
        fresh: dict[int, NewEntry],
        progress: Callable[[PlanProgress], None] | None,
    ) -> int:
        """All entries into the new plan; how many associations they make."""
        ties = after = 0
        while page := await self._journal.keyed_entries(plan.id, after=after, limit=PAGE):
            made = [revised(fresh.get(entry.number, entry), revision) for entry in page]
            ties += sum(
                not tie.remove
                for entry in made
                if entry.works and entry.payload is not None
                for tie in entry.payload.ties
            )
            await self._journal.add_entries(begun.id, made)
            after = page[-1].number
            if progress is not None:
                progress(PlanProgress(read=plan.read, planned=after, message="revising"))
        return ties

    async def _finish(self, plan: Plan, begun: Plan, revision: Revision, ties: int, spent: int) -> Plan:
        added_up = await self._journal.add_up(begun)
        totals, _ = added_up
        return await self._journal.finish_plan(
            msgspec.structs.replace(
                begun,
                requests_spent=plan.requests_spent + spent,
                cost=self._cost(plan, totals, ties),
                associations=ties,
                guards=tuple(_judged(guard, totals) for guard in plan.guards),
                problems=(*plan.problems, _note(plan, revision)),
            ),
            added_up,
        )

    def _cost(self, plan: Plan, totals: PlanTotals, ties: int) -> Cost:
        snapshot = getattr(self._connector.hubspot.budget, "snapshot", None)
        budget = snapshot() if snapshot is not None else None
        return cost(totals.actions, budget, ties, erasing=plan.rules.deletion == "gdpr_delete")


def revised(entry: NewEntry, revision: Revision) -> NewEntry:
    """The entry as the revision wants it. What it would have done stays readable in its cause."""
    entry = msgspec.structs.replace(entry, payload=_own_problems(entry), settled_at=0.0)
    if entry.number in revision.include and (action := action_of(entry)) is not None:
        return msgspec.structs.replace(entry, action=action, state=EntryState.PLANNED, cause="")
    if entry.number in revision.exclude and entry.action in WORK:
        cause = f"{LEFT_OUT} ({entry.action.value})"
        return msgspec.structs.replace(entry, action=Action.IGNORE, state=EntryState.SKIPPED, cause=cause)
    return entry


def action_of(entry: NewEntry | object) -> Action | None:
    """What an entry that a human left out would do; None where nobody left it out."""
    if getattr(entry, "action", None) is not Action.IGNORE:
        return None
    name = str(getattr(entry, "cause", "")).removeprefix(f"{LEFT_OUT} (").removesuffix(")")
    return Action(name) if name in {action.value for action in WORK} else None


def _own_problems(entry: NewEntry) -> Payload | None:
    """The payload without what the journal says of twins: it finds them again, and says it again."""
    if entry.payload is None or entry.cause not in ("duplicate_source_id", "duplicate_key"):
        return entry.payload
    kept = tuple(problem for problem in entry.payload.problems if problem.remedy != TWIN_REMEDY)
    return msgspec.structs.replace(entry.payload, problems=kept)


def _judged(guard: GuardVerdict, totals: PlanTotals) -> GuardVerdict:
    """The guard on the new numbers; what a human accepted counted for the old ones."""
    count = guard.count
    if guard.name in _DELETES:
        count = totals.actions.get("DELETE", 0)
    elif guard.name == "clears":
        count = totals.clears
    return msgspec.structs.replace(guard, count=count, accepted=None)


def _note(plan: Plan, revision: Revision) -> Problem:
    told = [
        f"{len(numbers):,} {words}"
        for numbers, words in (
            (revision.exclude, LEFT_OUT),
            (revision.include, "taken in again"),
            (revision.again, "looked up again"),
        )
        if numbers
    ]
    return Problem(message=f"made from the plan {plan.id}: {', '.join(told) or 'nothing is different'}")
