"""The service behind `plan` and `diff`: make plans, list them, page through their entries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from console.journal.errors import UnknownPlan
from console.journal.journal import Journal
from console.journal.model import Candidate, Entry, Plan
from console.journal.who import approver
from console.provisioning.approval import Approval, approval, refuse_changed, refuse_other_portal
from console.provisioning.choosing import Choosing, choosing
from console.provisioning.entry_filter import filtered
from console.provisioning.errors import PlanRefused, placed
from console.provisioning.explain import Explainer, Explanation
from console.provisioning.linking import Linking
from console.provisioning.mappings import Mappings
from console.provisioning.plan_revision import Revision, Revisor
from console.provisioning.planner import Planner, PlanningTarget, PlanProgress, in_thread
from console.provisioning.request import PlanRequest
from console.sources.errors import SourceError
from console.sources.opening import SecretGetter


class Plans:
    """Plans of one portal. Methods raise PlanRefused, HubSpotError and JournalError, all with a remedy."""

    def __init__(
        self,
        connector: PlanningTarget,
        journal: Journal,
        mappings: Mappings,
        *,
        source_secret: SecretGetter | None = None,
    ) -> None:
        self._connector = connector
        self._journal = journal
        self._mappings = mappings
        self._source_secret = source_secret

    async def create(
        self,
        mapping: str,
        request: PlanRequest | None = None,
        *,
        progress: Callable[[PlanProgress], None] | None = None,
        **asked: Any,
    ) -> Plan:
        """Make a plan of a mapping (its name or path). Reads only; nothing is written in HubSpot.

        `asked` are fields of a PlanRequest, for whoever has no such one at hand: source, only, scope.
        """
        found = await in_thread(lambda: self._mappings.load(mapping))
        planner = Planner(self._connector, self._journal, source_secret=self._source_secret)
        request = msgspec.structs.replace(request or PlanRequest(), **asked)
        with _source_errors():
            return await planner.plan(found, request, progress=progress)

    async def explain(self, mapping: str, source_id: str, *, source: str | None = None) -> Explanation:
        """Why one person is in or out, and what a plan would do. Reads only, and keeps nothing."""
        found = await in_thread(lambda: self._mappings.load(mapping))
        with _source_errors():
            return await self._explainer().explain(found, source_id, source=source)

    async def candidates(self, mapping: str, source_id: str) -> list[Candidate]:
        """Records that may be this person's, for a human to choose from."""
        found = await in_thread(lambda: self._mappings.load(mapping))
        with _source_errors():
            return await self._explainer().candidates(found, source_id)

    async def choosing(self, mapping: str, source_id: str) -> Choosing:
        """A person beside the records that may be theirs, with their values."""
        found = await in_thread(lambda: self._mappings.load(mapping))
        with _source_errors():
            return await choosing(self._connector, self._journal, found, source_id, source_secret=self._source_secret)

    async def link(self, mapping: str, source_id: str, uid: str, *, replace: bool = False) -> tuple[str, str]:
        """Remember that this record is the person's; answers its id and how people call it."""
        found = await in_thread(lambda: self._mappings.load(mapping))
        return await Linking(self._connector, self._journal).link(found, source_id, uid, approver(), replace=replace)

    async def unlink(self, mapping: str, source_id: str) -> str:
        """Forget the person's link; answers the record that it led to."""
        found = await in_thread(lambda: self._mappings.load(mapping))
        return await Linking(self._connector, self._journal).unlink(found, source_id, approver())

    def _explainer(self) -> Explainer:
        return Explainer(self._connector, self._journal, source_secret=self._source_secret)

    async def undo(
        self, run_or_plan: str, *, recreate: bool = False, progress: Callable[[PlanProgress], None] | None = None
    ) -> Plan:
        """Make a plan that takes a run back; see `console.provisioning.undo`. Reads only."""
        from console.provisioning.undo import plan_undo

        return await plan_undo(self._connector, self._journal, run_or_plan, recreate=recreate, progress=progress)

    async def repair(self, run_or_plan: str, number: int, values: Mapping[str, str]) -> Plan:
        """Make a plan of one dead letter with other values; see `console.provisioning.retry`."""
        from console.provisioning.retry import plan_repair

        run = await self._journal.progress(run_or_plan)
        plan = await self._journal.plan(run.plan_id)
        return await plan_repair(
            self._journal, run, number, values, await self._connector.schema(plan.object_class, live=True)
        )

    async def show(self, plan_id: str) -> Plan:
        """One plan. Raises UnknownPlan."""
        return await self._journal.plan(plan_id)

    async def entries(
        self,
        plan_id: str,
        *,
        actions: Collection[str] | None = None,
        situations: Collection[str] | None = None,
        states: Collection[str] | None = None,
        text: str | None = None,
        query: str = "",
        after: int = 0,
        limit: int = 200,
    ) -> list[Entry]:
        """The next entries after a number, in plan order; `query` is a filter of `console.provisioning.entry_filter`."""
        if query:
            return await filtered(
                self._journal,
                plan_id,
                query,
                actions=actions,
                situations=situations,
                states=states,
                text=text,
                after=after,
                limit=limit,
            )
        return await self._journal.entries(
            plan_id, actions=actions, situations=situations, states=states, text=text, after=after, limit=limit
        )

    async def usable(self, plan_id: str) -> Plan:
        """A plan that may still be approved. Raises PlanRefused for a stale one, naming why."""
        plan = await self._journal.plan(plan_id)
        if not plan.complete:
            raise PlanRefused(
                f"the plan {plan.id} was not finished", remedy=f"Make a new plan: hubspoke plan {plan.mapping}"
            )
        await refuse_other_portal(self._connector, plan)
        if plan.origin is not None:
            return plan  # it was made of a run's entries: what the mapping says by now does not matter
        reference = plan.mapping_file or plan.mapping
        await in_thread(lambda: refuse_changed(plan, self._mappings.load(reference)))
        return plan

    async def approval(self, plan_id: str) -> Approval:
        """Whether a plan may be approved now, why not, and who would approve it. Raises UnknownPlan and HubSpotError."""
        plan = await self._journal.plan(plan_id)
        try:
            await self.usable(plan_id)
        except PlanRefused as error:
            return await approval(self._journal, plan, error)
        return await approval(self._journal, plan, None)

    async def revise(
        self, plan_id: str, revision: Revision, *, progress: Callable[[PlanProgress], None] | None = None
    ) -> Plan:
        """Make a plan that differs from another one as asked; see `console.provisioning.plan_revision`."""
        plan = await self.usable(plan_id)
        reference = plan.mapping_file or plan.mapping
        mapping = await in_thread(lambda: self._mappings.load(reference)) if revision.again else None
        revisor = Revisor(self._connector, self._journal, source_secret=self._source_secret)
        with _source_errors():
            return await revisor.revise(plan, mapping, revision, progress)

    async def list(self, limit: int = 50) -> list[Plan]:
        """The newest plans of all portals and mappings, newest first."""
        return await self._journal.plans(limit)


@contextmanager
def _source_errors() -> Iterator[None]:
    """What is wrong with a source, as a reason why there is no plan."""
    try:
        yield
    except SourceError as error:
        raise PlanRefused(
            placed(error.problem, error.message), remedy=error.remedy, problems=(error.problem,)
        ) from error


__all__ = ["Approval", "PlanProgress", "PlanRefused", "PlanRequest", "Plans", "Revision", "UnknownPlan"]
