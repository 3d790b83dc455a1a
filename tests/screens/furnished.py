"""Folders as an operator has them after some days of work: a profile, a known account, an allowance, a run."""

from __future__ import annotations

import asyncio
from pathlib import Path

from console.glance import remember_account
from console.hubspot.budget import SqliteStore, open_budget
from console.hubspot.model import AccountDetails
from console.journal.journal import Journal, Settlement
from console.journal.model import Action, Approver, EntryState, NewEntry, Payload, Plan, RunState, Situation, Undo
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles

PORTAL = 46123456
PROFILE = Profile(
    name="acme", display_name="Acme", authentication="token", api_base_url="http://127.0.0.1:9", timeout_seconds=2
)


def furnished(folder: Path, state: RunState = RunState.DONE) -> tuple[Paths, tuple[str, ...]]:
    """The folders, and words that Home must show at once; the run's id is the last. `state`: of the run."""
    paths = Paths.resolve(str(folder / "config"), str(folder / "state"))
    profiles = Profiles(paths)
    profiles.save(PROFILE)
    profiles.use(PROFILE.name)
    details = AccountDetails(portal_id=PORTAL, account_type="STANDARD", portal_name="Acme Manufacturing")
    remember_account(paths, PROFILE, details)
    run_id = asyncio.run(_worked(paths, state))
    return paths, ("acme", "Acme Manufacturing", "of 250,000", run_id)


async def _worked(paths: Paths, state: RunState) -> str:
    budget = open_budget(SqliteStore(paths.budget), app=PROFILE.name, portal=PORTAL, profile=PROFILE)
    await budget.bind(PORTAL)
    async with budget.slot("burst") as lease:
        lease.sent()
        lease.answered(200, {})
    budget.set_daily(250_000, 12_400)
    await budget.aclose()
    journal = await Journal.open(paths.journal, master_key=None)
    try:
        return await _run(journal, state)
    finally:
        await journal.close()


async def _run(journal: Journal, state: RunState) -> str:
    plan = await journal.new_plan(
        Plan(
            id="",
            mapping="people-to-contacts",
            object_class="contact",
            portal_id=PORTAL,
            source="people.csv",
            created_at="",
        )
    )
    entries = [
        NewEntry(
            number=number,
            situation=Situation.ABSENT,
            action=Action.CREATE,
            undo=Undo.FULL,
            payload=Payload(source_id=f"E{number}", label=f"Person {number}", key=f"p{number}@acme.example"),
            key_digest=number.to_bytes(4, "big"),
        )
        for number in range(1, 41)
    ]
    await journal.add_entries(plan.id, entries)
    plan = await journal.finish_plan(plan)
    run = await journal.approve(plan, Approver(login="vesper"))
    run = await journal.begin_run(run.id, "vesper@mgmt-1")
    await journal.claim(run, [entry.number for entry in entries])
    await journal.settle(
        run, [Settlement(number=entry.number, state=EntryState.DONE, uid=str(entry.number)) for entry in entries]
    )
    if state is not RunState.RUNNING:
        await journal.end_run(run.id, state)
    return run.id
