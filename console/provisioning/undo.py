"""Undo: a plan that takes back what a run did, entry by entry, and is approved and applied like any other.

HubSpot is only read here. An entry of the undo has the number of the entry that it takes back; what cannot be taken
back is in the plan too, with the reason and the way out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from console.hubspot.model import AccountDetails, Outcome
from console.journal.journal import Journal
from console.journal.model import WORK, Action, ApplyRules, EntryState, NewEntry, Origin, Plan, RunProgress
from console.provisioning.correlate import TYPES
from console.provisioning.cost import cost
from console.provisioning.errors import PlanRefused
from console.provisioning.guard import Guards, verdicts
from console.provisioning.outcomes import Meaning, Values, halt_for, meaning
from console.provisioning.planner import PlanningTarget, PlanProgress
from console.provisioning.undo_entries import Seen, UndoMaker

BATCH = 100
_DID = (EntryState.DONE, EntryState.NOT_ACCEPTED)
_ACTIONS = sorted(action.value for action in WORK)


async def plan_undo(
    connector: PlanningTarget,
    journal: Journal,
    run_or_plan: str,
    *,
    recreate: bool = False,
    progress: Callable[[PlanProgress], None] | None = None,
) -> Plan:
    """A plan that takes a run back. `recreate` makes archived records anew (new ids, their history lost).

    Raises:
        PlanRefused: the run goes on or is an undo itself; nothing is left to take back; another portal.
        HubSpotError, JournalError: no plan is kept.
    """
    run = await journal.progress(run_or_plan)
    plan = await journal.plan(run.plan_id)
    _check(run, plan)
    details, schema = await asyncio.gather(
        connector.details(fresh=True), connector.schema(plan.object_class, live=True)
    )
    _check_portal(run, details)
    rules = ApplyRules(
        allow_unkeyed_creates=plan.rules.allow_unkeyed_creates,
        failure_percent=plan.rules.failure_percent,
        failure_after=plan.rules.failure_after,
        recreate=recreate,
    )
    begun = await journal.new_plan(
        Plan(
            id="",
            mapping=plan.mapping,
            object_class=plan.object_class,
            portal_id=plan.portal_id,
            source=f"undo of {run.id}",
            source_digest=f"undo {run.id} {run.plan_hash}",
            created_at="",
            rules=rules,
            origin=Origin(run_id=run.id, plan_id=plan.id, kind="undo"),
        )
    )
    try:
        making = _Making(connector, journal, plan, begun, UndoMaker(plan, Values(schema), details, rules), progress)
        await making.run()
        return await _finish(journal, begun, making)
    except BaseException:
        await asyncio.shield(journal.drop_plan(begun.id))
        raise


def _check(run: RunProgress, plan: Plan) -> None:
    if plan.origin is not None and plan.origin.kind == "undo":
        raise PlanRefused(
            f"The run {run.id} is an undo itself, and an undo is not taken back.",
            remedy=f"Make HubSpot equal to the source again: hubspoke plan {plan.mapping}",
        )
    if not run.ended:
        raise PlanRefused(
            f"The run {run.id} is {run.state.value}: what it still has to do would come after the undo.",
            remedy=f"End it first: hubspoke runs cancel {run.id}",
        )
    if not any(run.states.get(state, 0) for state in _DID):
        told = " It was taken back already." if run.undone_by else ""
        raise PlanRefused(f"The run {run.id} has nothing to take back.{told}", remedy="See hubspoke runs report.")


def _check_portal(run: RunProgress, details: AccountDetails) -> None:
    if details.portal_id != run.portal_id:
        raise PlanRefused(
            f"The run {run.id} wrote to portal {run.portal_id}, but the profile leads to portal {details.portal_id}.",
            remedy="Choose the profile of that portal (--profile).",
        )


async def _finish(journal: Journal, begun: Plan, making: _Making) -> Plan:
    totals, hashed = await journal.add_up(begun)
    links = await journal.count_links(begun.portal_id, begun.mapping, object_class=begun.object_class)
    actions = totals.actions
    plan = msgspec.structs.replace(
        begun,
        read=making.read,
        requests_spent=making.requests,
        cost=cost(actions, None, making.ties),
        associations=making.ties,
        guards=verdicts(Guards(), deletes=actions.get("DELETE", 0), clears=totals.clears, links=links),
    )
    return await journal.finish_plan(plan, (totals, hashed))


class _Making:
    """One undo plan while it is made."""

    def __init__(
        self,
        connector: PlanningTarget,
        journal: Journal,
        plan: Plan,
        begun: Plan,
        maker: UndoMaker,
        progress: Callable[[PlanProgress], None] | None,
    ) -> None:
        self._connector = connector
        self._journal = journal
        self._plan = plan
        self._begun = begun
        self._maker = maker
        self._progress = progress
        self.read = 0
        self.requests = 1
        self.ties = 0

    async def run(self) -> None:
        """Look at every entry that was done, a batch at a time."""
        states = [state.value for state in _DID]
        after = 0
        while page := await self._journal.keyed_entries(
            self._plan.id, actions=_ACTIONS, states=states, after=after, limit=BATCH
        ):
            after = page[-1].number
            seen = await self._look(page)
            made = [self._maker.entry(entry, seen) for entry in page]
            await self._journal.add_entries(self._begun.id, made)
            self.ties += sum(len(entry.payload.ties) for entry in made if entry.payload is not None)
            self.read += len(page)
            if self._progress is not None:
                told = PlanProgress(read=self.read, planned=self.read, requests=self.requests, message="looking back")
                self._progress(told)

    async def _look(self, page: Sequence[NewEntry]) -> Seen:
        """The records and links of these entries, as they are now."""
        plan, journal = self._plan, self._journal
        scope = {"portal_id": plan.portal_id, "mapping": plan.mapping, "object_class": plan.object_class}
        uids = list(dict.fromkeys(entry.uid for entry in page if entry.uid and _needs_record(entry)))
        names = sorted({change.name for entry in page if entry.payload is not None for change in entry.payload.changes})
        links = await journal.links(digests=[entry.key_digest for entry in page], **scope)  # type: ignore[arg-type]
        outcomes: list[Outcome] = []
        if uids:
            outcomes = await self._connector.batch_read(plan.object_class, uids, properties=names)
            self.requests += 1
        seen = Seen(links=links)
        for uid, outcome in zip(uids, outcomes, strict=True):
            if outcome.record is not None:
                seen.records[uid] = outcome.record
            elif outcome.error is not None and meaning(outcome.error) is not Meaning.GONE:
                raise PlanRefused(halt_for(outcome.error).message, remedy="Try it again later.")
        await self._look_at_associations(page, seen)
        return seen

    async def _look_at_associations(self, page: Sequence[NewEntry], seen: Seen) -> None:
        asked: dict[str, dict[str, None]] = {}
        for entry in page:
            for tie in entry.payload.ties if entry.payload is not None else ():
                if entry.uid in seen.records:
                    asked.setdefault(tie.object_class, {})[entry.uid] = None
        for object_class, uids in asked.items():
            answers = await self._connector.hubspot.associations.batch_read(
                TYPES[self._plan.object_class], TYPES[object_class], list(uids)
            )
            self.requests += 1
            for uid, answer in zip(uids, answers, strict=True):
                if answer.error is not None and meaning(answer.error) is not Meaning.GONE:
                    raise PlanRefused(halt_for(answer.error).message, remedy="Try it again later.")
                seen.associated[object_class, uid] = answer


def _needs_record(entry: NewEntry) -> bool:
    return entry.action in (Action.CREATE, Action.UPDATE, Action.DELETE)
