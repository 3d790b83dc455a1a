"""Makes a plan: reads the source once, looks everybody up, and writes down what a run would do.

Nothing is changed in HubSpot. Memory does not grow with the number of people: they pass through
in chunks, and their entries go to the journal as they come.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import msgspec

from console.hubspot.budget.model import BudgetState
from console.journal.journal import Journal
from console.journal.model import GuardVerdict, Plan, Problem
from console.provisioning.associations import Associations
from console.provisioning.correlate import Correlator, KeyReader
from console.provisioning.cost import cost
from console.provisioning.deletion import erasures
from console.provisioning.denials import Denials
from console.provisioning.guard import shrunk, verdicts
from console.provisioning.lanes import ListReader, choose, expected
from console.provisioning.mapping import Mapping
from console.provisioning.planner_bench import Bench, PlanningTarget, lay_out
from console.provisioning.planner_making import Making, PlanProgress
from console.provisioning.request import PlanRequest
from console.provisioning.threads import in_thread
from console.sources.opening import SecretGetter

__all__ = ["PlanProgress", "Planner", "PlanningTarget", "in_thread"]

RUNS_SEEN = 20
"""So many of the newest runs tell in which other portals a mapping has links."""
PLANS_SEEN = 100
"""So many of the newest plans are searched for the one that this one can be compared with."""


class Planner:
    """Makes plans for one portal."""

    def __init__(
        self, connector: PlanningTarget, journal: Journal, *, source_secret: SecretGetter | None = None
    ) -> None:
        self._connector = connector
        self._journal = journal
        self._source_secret = source_secret

    async def plan(
        self,
        mapping: Mapping,
        request: PlanRequest | None = None,
        *,
        progress: Callable[[PlanProgress], None] | None = None,
    ) -> Plan:
        """Make a plan of a mapping.

        Raises PlanRefused (MappingError, too), SourceError, HubSpotError and JournalError; then nothing is kept.
        """
        request = request or PlanRequest()
        if request.discover:
            mapping = msgspec.structs.replace(mapping, target_phase="all")
        bench = await lay_out(self._connector, self._journal, mapping, request, self._source_secret)
        begun = await self._journal.new_plan(
            Plan(
                id="",
                mapping=mapping.name,
                object_class=mapping.target,
                portal_id=bench.portal_id,
                source=bench.source.name,
                created_at="",
                mapping_digest=mapping.digest,
                mapping_file=mapping.path,
                rules=mapping.rules,
                partial=request.partial,
            )
        )
        try:
            before = await self._before(mapping, bench)
            making = await self._making(mapping, request, bench, begun, before, progress)
            try:
                await making.run()
            finally:
                making.close()
            return await self._finish(making, bench, before)
        except BaseException:
            await asyncio.shield(self._journal.drop_plan(begun.id))
            raise

    async def _making(
        self,
        mapping: Mapping,
        request: PlanRequest,
        bench: Bench,
        begun: Plan,
        before: Plan | None,
        progress: Callable[[PlanProgress], None] | None,
    ) -> Making:
        base = await self._base(mapping, before) if request.incremental else None
        incremental = base is not None
        people = 1 if request.only is not None or request.since is not None or request.gone else None
        if people is None and request.lane == "auto" and not incremental:
            people = await in_thread(lambda: expected(bench.source, before.read if before is not None else None))
        lane, asked = await choose(
            self._connector,
            mapping.target,
            wanted="keys" if incremental else request.lane,
            why="only who changed is looked up" if incremental else "as you asked",
            everybody=mapping.target_phase == "all" and not request.partial,
            people=people,
            budget=self._budget(),
        )
        reader: KeyReader | ListReader = (
            ListReader(self._connector, mapping.target, bench.properties, mapping.correlate)
            if lane.name == "list"
            else KeyReader(self._connector, mapping.target, bench.properties)
        )
        return Making(
            mapping=mapping,
            request=request,
            bench=bench,
            begun=begun,
            lane=lane,
            spent=asked + 1,  # and the account
            reader=reader,
            correlator=Correlator(reader, self._journal, mapping.target, bench.portal_id, mapping.name),
            associations=Associations(self._connector, self._journal, mapping, bench.portal_id, bench.maker),
            journal=self._journal,
            base=base,
            denials=Denials(self._connector.profile.icf, mapping.target, deletion=mapping.deletion.how),
            progress=progress,
        )

    async def _before(self, mapping: Mapping, bench: Bench) -> Plan | None:
        """The newest whole plan of this mapping, portal and source."""
        wanted = (bench.portal_id, mapping.name, mapping.target, bench.source.name)
        for plan in await self._journal.plans(PLANS_SEEN):
            whole = plan.complete and not plan.partial and plan.origin is None
            if whole and (plan.portal_id, plan.mapping, plan.object_class, plan.source) == wanted:
                return plan
        return None

    async def _base(self, mapping: Mapping, before: Plan | None) -> Plan | None:
        """The plan that an incremental one may go on from: of the same mapping, and nothing but its own run came after it."""
        if before is None or before.mapping_digest != mapping.digest:
            return None
        made = dt.datetime.fromisoformat(before.created_at).timestamp()
        for run in await self._journal.runs(RUNS_SEEN):
            same = (run.portal_id, run.mapping) == (before.portal_id, before.mapping)
            if same and run.plan_id != before.id and (run.updated_at or 0.0) >= made:
                return None  # it may have written what that plan saw as equal
        return before

    async def _finish(self, making: Making, bench: Bench, before: Plan | None) -> Plan:
        mapping = making.mapping
        plan = msgspec.structs.replace(making.begun, source_digest=making.digest)
        making.tell("checking for duplicates")
        added_up = await self._journal.add_up(plan)
        totals, _ = added_up
        links = await self._journal.count_links(bench.portal_id, mapping.name, object_class=mapping.target)
        guards: tuple[GuardVerdict, ...] = verdicts(
            mapping.guards, deletes=totals.actions.get("DELETE", 0), clears=totals.clears, links=links
        )
        guards += erasures(mapping.deletion, totals.actions.get("DELETE", 0))
        if before is not None and not plan.partial:
            guards = (*guards, shrunk(mapping.guards, before=before.read, now=making.read))
        associations = making.associations
        return await self._journal.finish_plan(
            msgspec.structs.replace(
                plan,
                read=making.read,
                requests_spent=making.requests,
                cost=cost(
                    totals.actions,
                    self._budget(),
                    associations.planned,
                    erasing=mapping.deletion.how == "gdpr_delete",
                ),
                guards=guards,
                lane=making.lane,
                associations=associations.planned,
                problems=(
                    *making.notes,
                    *associations.notes,
                    *([] if links else await self._elsewhere(mapping, bench.portal_id)),
                ),
            ),
            added_up,
        )

    async def _elsewhere(self, mapping: Mapping, portal_id: int) -> list[Problem]:
        """Where a mapping without links here has links: a profile may lead to another portal than it used to."""
        portals = {run.portal_id for run in await self._journal.runs(RUNS_SEEN) if run.mapping == mapping.name}
        found = []
        for portal in sorted(portals - {portal_id}):
            count = await self._journal.count_links(portal, mapping.name, object_class=mapping.target)
            if count:
                found.append(
                    Problem(
                        message=f"{count:,} links of {mapping.name} belong to portal {portal} and are not used here: "
                        f"this plan is for portal {portal_id}",
                        remedy="If that is not the portal you mean, choose its profile (--profile) and plan again.",
                        file=mapping.path,
                    )
                )
        return found

    def _budget(self) -> BudgetState | None:
        snapshot = getattr(self._connector.hubspot.budget, "snapshot", None)
        state = snapshot() if snapshot is not None else None
        return state if isinstance(state, BudgetState) else None
