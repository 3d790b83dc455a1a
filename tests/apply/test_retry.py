"""Dead letters: listed, tried again, mended, given up."""

from __future__ import annotations

import pytest

from console.journal.model import EntryState, RunState
from console.provisioning.errors import PlanRefused
from console.provisioning.retry import discard, plan_repair, reopen
from console.provisioning.runs import Runs
from console.provisioning.undo import plan_undo
from tests.apply.apply_parts import ME, Parts, create, email
from tests.support.simulator import Simulator


async def test_a_failed_entry_is_sent_again_and_only_that(parts: Parts, sim: Simulator) -> None:
    sim.rules("contacts.jobtitle")
    plan = await parts.approved(sim.portal_id, [create(1), create(2, jobtitle="Clerk")])
    run = await parts.apply(plan)
    assert run.states == {"done": 1, "failed": 1}
    sim.rules()
    runs = Runs(parts.store, parts.paths, parts.profile)
    assert [one.number async for one in runs.dead_letters(run.id)] == [1]
    assert await runs.retry(run.id) == 1
    assert (await parts.store.progress(run.id)).state is RunState.PAUSED
    run = await parts.apply(plan)
    assert (run.state, run.states, run.failures) == (RunState.DONE, {"done": 2}, {})
    assert len(sim.state()["creates"]) == 2
    with pytest.raises(PlanRefused, match="no failed entries"):
        await runs.retry(run.id)
    assert [event.kind for event in await parts.store.events(run_id=run.id)] == ["approve", "retry"]


async def test_a_mended_value_is_another_plan(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(1), create(2, email="bad")])
    run = await parts.apply(plan)
    assert run.states == {"done": 1, "failed": 1}
    schema = await parts.target.schema("contact", live=True)
    with pytest.raises(PlanRefused, match="can be written"):
        await plan_repair(parts.store, run, 2, {"emial": email(2)}, schema)
    with pytest.raises(PlanRefused, match="is done"):
        await plan_repair(parts.store, run, 1, {"email": email(2)}, schema)
    repair = await plan_repair(parts.store, run, 2, {"email": email(2), "firstname": ""}, schema)
    assert repair.actions == {"CREATE": 1}
    await parts.store.approve(repair, ME)
    assert (await parts.apply(repair)).states == {"done": 1}
    assert "firstname" not in sim.by_email()[email(2)]
    now = await parts.store.progress(run.id)
    assert (now.states, now.failures) == ({"done": 1, "skipped": 1}, {})
    (entry,) = await parts.store.entries(plan.id, states=["skipped"])
    assert entry.cause.startswith("made good by r-")
    undo = await plan_undo(parts.target, parts.store, repair.id)
    assert undo.actions == {"DELETE": 1}


async def test_dead_letters_are_given_up(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(1, email="bad"), create(2, email="worse")])
    run = await parts.apply(plan)
    assert await discard(parts.store, run, [2]) == 1
    with pytest.raises(PlanRefused, match="is skipped"):
        await reopen(parts.store, run, [2])
    (entry,) = await parts.store.entries(plan.id, states=["skipped"])
    assert (entry.number, entry.state, entry.cause) == (2, EntryState.SKIPPED, "discarded")
    assert "Discarded" in entry.outcome
    now = await parts.store.progress(run.id)
    assert (now.states, sum(now.failures.values())) == ({"failed": 1, "skipped": 1}, 1)
