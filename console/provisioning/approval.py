"""What an approver must know besides the plan: whether it still holds, who makes it theirs, and who planned it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from console.journal.journal import Journal
from console.journal.model import Approver, Plan, RunState
from console.journal.who import approver
from console.provisioning.errors import PlanRefused
from console.provisioning.mapping import Mapping
from console.provisioning.planner_bench import PlanningTarget
from console.sources.errors import SourceError
from console.sources.opening import open_source, scheme_of
from console.sources.workbook import WorkbookSource


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A plan on the desk of whoever may approve it.

    `refused` says why it may not be approved now, with `remedy`; both empty where it may. `makers` are the people who
    planned it; where the mapping asks for four eyes (`four_eyes`), none of them may approve.
    """

    plan: Plan
    who: Approver
    makers: tuple[str, ...] = ()
    refused: str = ""
    remedy: str = ""

    @property
    def four_eyes(self) -> bool:
        """Whether somebody else than who planned must approve."""
        return self.plan.rules.four_eyes

    @property
    def is_own(self) -> bool:
        """Whether the one who looks at it is one of those who planned it."""
        return self.who.person in self.makers


async def approval(journal: Journal, plan: Plan, error: PlanRefused | None) -> Approval:
    """The approval of a plan; `error` is why it may not be used any more."""
    events = await journal.plan_events(plan.id)
    makers = tuple(dict.fromkeys(event.who.person for event in events if event.kind == "plan"))
    found = Approval(plan=plan, who=approver(), makers=makers)
    if error is not None:
        return msgspec.structs.replace(found, refused=error.message, remedy=error.remedy)
    if found.four_eyes and (found.is_own or not makers):
        told = f"{found.who.person} planned it" if makers else "it is not recorded who planned it"
        return msgspec.structs.replace(
            found,
            refused=f"the mapping {plan.mapping} asks for four eyes, and {told}",
            remedy=f"Let somebody else approve it from a login of their own: hubspoke apply {plan.id}",
        )
    return found


async def refuse_other_portal(connector: PlanningTarget, plan: Plan) -> None:
    """Raise PlanRefused where the profile leads to another portal than the plan's."""
    details = await connector.details(fresh=True)
    if details.portal_id != plan.portal_id:
        raise PlanRefused(
            f"the plan {plan.id} is for portal {plan.portal_id}, and this profile leads to portal {details.portal_id}",
            remedy="Choose the profile of that portal (--profile), or make a new plan.",
        )


def refuse_changed(plan: Plan, mapping: Mapping) -> None:
    """Raise PlanRefused where the mapping, or the file that it reads, is not what the plan was made of.

    Sources that are no files are not read again: what they hold by now nobody can tell without a new plan.
    """
    remedy = f"Make a new plan: hubspoke plan {plan.mapping}"
    if mapping.digest != plan.mapping_digest:
        raise PlanRefused(f"the mapping {plan.mapping} changed since the plan {plan.id} was made", remedy=remedy)
    if plan.state is not RunState.PLANNED:
        return  # what was approved is the plan, not the file
    now = _digest(mapping, plan)
    if now is not None and now != plan.source_digest:
        raise PlanRefused(f"the source {plan.source} changed since the plan {plan.id} was made", remedy=remedy)


def _digest(mapping: Mapping, plan: Plan) -> str | None:
    """The digest of the plan's source as it is now; None where it is no file, or not the mapping's own."""
    if scheme_of(mapping.source) or not plan.source_digest:
        return None
    try:
        source = open_source(mapping.source, base=mapping.base, types=mapping.types)
        if source.name != plan.source:
            return None
        if isinstance(source, WorkbookSource):
            for _ in source.rows():
                pass
            return source.digest()
        with Path(plan.source).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, SourceError):
        return ""  # gone, or not readable any more
