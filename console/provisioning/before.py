"""What is looked at before a run writes anything: that the plan is the approved one, and whose account it is."""

from __future__ import annotations

import asyncio

from console.hubspot.model import AccountDetails
from console.journal.errors import NotApproved
from console.journal.journal import Journal
from console.journal.model import Plan, RunProgress
from console.provisioning.errors import PlanRefused
from console.provisioning.outcomes import Values
from console.provisioning.target import Target


async def checked(target: Target, journal: Journal, plan: Plan, run: RunProgress) -> Values:
    """Refuse what must not be written; answers what compares values.

    HubSpot is asked while the entries are hashed: reading does no harm, and a slot may take its time.

    Raises:
        NotApproved: the entries are not those that were approved.
        PlanRefused: the profile leads to another portal.
    """
    asking = asyncio.create_task(_ask(target, plan))
    try:
        if run.plan_hash != plan.hash or await journal.compute_hash(plan) != run.plan_hash:
            raise NotApproved(
                f"The plan {plan.id} is not the one that was approved: its hash differs.", remedy="Make a new plan."
            )
        account, values = await asking
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    if account.portal_id != plan.portal_id:
        name = f" ({account.portal_name})" if account.portal_name else ""
        raise PlanRefused(
            f"The plan {plan.id} was made for portal {plan.portal_id}, but the profile now leads to portal"
            f" {account.portal_id}{name}. Nothing was written.",
            remedy=f"Use the profile of portal {plan.portal_id}, or make a new plan.",
        )
    return values


async def _ask(target: Target, plan: Plan) -> tuple[AccountDetails, Values]:
    """Whose account it is, and what its properties are like."""
    account = await target.details(fresh=True)
    return account, Values(await target.schema(plan.object_class, live=True))
