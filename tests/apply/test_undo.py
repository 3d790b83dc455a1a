"""Undo as a plan of its own: what goes back, what does not and says so, and that nothing of others is touched."""

from __future__ import annotations

import msgspec
import pytest

from console.journal.model import Action, Change, EntryState, Plan, RunProgress, RunState, Situation
from console.provisioning.errors import PlanRefused
from console.provisioning.undo import plan_undo
from tests.apply.apply_parts import ME, Parts, contact, create, email, lastname, update
from tests.support.simulator import Simulator


async def undone(parts: Parts, plan: Plan, *, recreate: bool = False) -> tuple[Plan, RunProgress]:
    """The undo's plan and run."""
    undo = await plan_undo(parts.target, parts.store, plan.id, recreate=recreate)
    guards = tuple(msgspec.structs.replace(guard, accepted=guard.count) for guard in undo.guards)
    await parts.store.approve(msgspec.structs.replace(undo, guards=guards), ME)
    return undo, await parts.apply(undo)


async def test_values_go_back_creates_are_archived_links_are_as_before(parts: Parts, sim: Simulator) -> None:
    first, found, last = contact(sim, 1), contact(sim, 3), contact(sim, 4)
    before = sim.dump()
    await parts.linked(sim.portal_id, ("E1", first, False), ("E4", last, True))
    entries = [update(1, first, lastname()), create(2), create(3), update(4, last, action=Action.UNLINK)]
    plan = await parts.approved(sim.portal_id, entries)
    assert (await parts.apply(plan)).states == {"done": 4}
    undo, run = await undone(parts, plan)
    assert undo.actions == {"DELETE": 1, "LINK": 1, "UPDATE": 2}
    assert undo.undo == {"none": 3}
    assert (run.state, run.states, run.undoes) == (RunState.DONE, {"done": 4}, (await parts.store.progress(plan.id)).id)
    assert sim.dump() == before
    for source_id, uid, ours in (("E1", first, False), ("E4", last, True)):
        link = await parts.link(sim.portal_id, source_id)
        assert link is not None
        assert (link.uid, link.created_by_us) == (uid, ours)
    assert await parts.link(sim.portal_id, "E2") is None
    assert await parts.link(sim.portal_id, "E3") is None
    assert found in sim.dump()
    again = await parts.store.progress(plan.id)
    assert (again.states, again.undone_by, again.actions) == ({"undone": 4}, {run.id: 4}, {})
    with pytest.raises(PlanRefused, match="nothing to take back"):
        await plan_undo(parts.target, parts.store, plan.id)
    with pytest.raises(PlanRefused, match="not taken back"):
        await plan_undo(parts.target, parts.store, run.id)


async def test_what_changed_since_is_left_and_listed(parts: Parts, sim: Simulator) -> None:
    uid, other = contact(sim, 1), contact(sim, 2)
    changes = (lastname(), Change(name="firstname", before="Given1", after="Fresh"))
    plan = await parts.approved(sim.portal_id, [update(1, uid, *changes), update(2, other, lastname()), create(3)])
    await parts.apply(plan)
    made = next(one for one, values in sim.dump().items() if values["email"] == email(3))
    sim.mutate("contacts", uid, firstname="Theirs")
    sim.mutate("contacts", other, lastname="Theirs")
    sim.mutate("contacts", made, lastname="Theirs")
    undo, run = await undone(parts, plan)
    assert undo.actions == {"EXCEPTION": 2, "UPDATE": 1}
    assert run.states == {"done": 1, "needs_decision": 2}
    held = sim.dump()
    assert (held[uid]["firstname"], held[uid]["lastname"]) == ("Theirs", "Old")
    assert held[other]["lastname"] == held[made]["lastname"] == "Theirs"
    entries = await parts.store.entries(undo.id)
    assert "Theirs" in entries[0].outcome
    assert all(entry.payload is not None and "Theirs" in entry.payload.problems[0].message for entry in entries)
    assert (await parts.store.progress(plan.id)).states == {"done": 2, "undone": 1}


async def test_a_change_between_the_undo_and_its_plan_is_a_conflict(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    plan = await parts.approved(sim.portal_id, [update(1, uid, lastname())])
    await parts.apply(plan)
    undo = await plan_undo(parts.target, parts.store, plan.id)
    await parts.store.approve(undo, ME)
    sim.mutate("contacts", uid, lastname="Theirs")
    run = await parts.apply(undo)
    assert run.states == {"conflict": 1}
    assert sim.dump()[uid]["lastname"] == "Theirs"
    assert (await parts.store.progress(plan.id)).states == {"done": 1}


async def test_a_value_that_somebody_else_wrote_is_not_taken_back(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    entry = update(1, uid, lastname(), Change(name="firstname", before="Given1", after="Fresh"), read_at=0.0)
    plan = await parts.approved(sim.portal_id, [entry])
    sim.mutate("contacts", uid, firstname="Fresh")
    assert (await parts.apply(plan)).states == {"done": 1}
    await undone(parts, plan)
    assert (sim.dump()[uid]["firstname"], sim.dump()[uid]["lastname"]) == ("Fresh", "Old")


async def test_an_archive_needs_a_human_or_is_made_anew(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    await parts.linked(sim.portal_id, ("E1", uid, True))
    held = sim.dump()[uid]
    gone = [Change(name=name, before=held[name]) for name in ("email", "firstname", "lastname")]
    entry = msgspec.structs.replace(update(1, uid, *gone, action=Action.DELETE), situation=Situation.SOURCE_MISSING)
    plan = await parts.approved(sim.portal_id, [entry])
    assert (await parts.apply(plan)).states == {"done": 1}
    assert sim.dump() == {}
    listed = await plan_undo(parts.target, parts.store, plan.id)
    (told,) = await parts.store.entries(listed.id)
    assert (told.action, told.state) == (Action.EXCEPTION, EntryState.NEEDS_DECISION)
    assert told.payload is not None
    assert f"/contacts/{sim.portal_id}/objects/0-1/" in told.payload.problems[0].remedy
    assert "--recreate" in told.payload.problems[0].remedy
    undo, run = await undone(parts, plan, recreate=True)
    assert (undo.actions, run.states) == ({"CREATE": 1}, {"done": 1})
    ((new, values),) = sim.dump().items()
    assert new != uid
    assert {name: values[name] for name in ("email", "firstname", "lastname")} == {
        change.name: change.before for change in gone
    }
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert (link.uid, link.created_by_us) == (new, True)


async def test_a_lifecycle_stage_goes_back_by_way_of_nothing(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1, lifecyclestage="lead")
    change = Change(name="lifecyclestage", before="lead", after="customer")
    plan = await parts.approved(sim.portal_id, [update(1, uid, change)])
    assert (await parts.apply(plan)).states == {"done": 1}
    assert sim.dump()[uid]["lifecyclestage"] == "customer"
    _, run = await undone(parts, plan)
    assert run.states == {"done": 1}
    assert sim.dump()[uid]["lifecyclestage"] == "lead"


async def test_a_run_that_is_not_over_is_not_undone(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(1)])
    with pytest.raises(PlanRefused, match="approved"):
        await plan_undo(parts.target, parts.store, plan.id)
    assert sim.dump() == {}


async def test_guards_hold_an_undo_too(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(number) for number in range(1, 61)])
    await parts.apply(plan)
    undo = await plan_undo(parts.target, parts.store, plan.id)
    (deletes,) = [guard for guard in undo.guards if guard.name == "deletes"]
    assert deletes.holds
    assert (deletes.count, undo.actions) == (60, {"DELETE": 60})
    assert len(sim.dump()) == 60


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("found", [False, True], ids=["made", "found on the way"])
async def test_a_link_to_a_record_that_was_gone_comes_back(
    parts: Parts, sim: Simulator, ours: bool, found: bool
) -> None:
    gone = contact(sim, 1)
    sim.request("DELETE", f"/crm/v3/objects/contacts/{gone}")
    await parts.linked(sim.portal_id, ("E1", gone, ours))
    entry = msgspec.structs.replace(create(1), situation=Situation.MISSING)
    plan = await parts.approved(sim.portal_id, [entry])
    if found:
        contact(sim, 1, lastname="Theirs")
    before = sim.dump()
    assert (await parts.apply(plan)).states == {"done": 1}
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert (link.uid in sim.dump(), link.created_by_us) == (True, not found)
    undo, run = await undone(parts, plan)
    assert (undo.actions, run.states) == ({"UPDATE" if found else "DELETE": 1}, {"done": 1})
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert (link.uid, link.created_by_us, sim.dump()) == (gone, ours, before)


@pytest.mark.parametrize("changed", [True, False], ids=["written", "linked only"])
async def test_a_link_that_followed_a_merge_leads_back(parts: Parts, sim: Simulator, changed: bool) -> None:
    first, second = contact(sim, 1), contact(sim, 2)
    await parts.linked(sim.portal_id, ("E1", first, True))
    body = {"primaryObjectId": second, "objectIdToMerge": first}
    assert sim.post("/crm/objects/2026-09/contacts/merge", body).status == 200
    entry = update(1, second, lastname()) if changed else update(1, second, action=Action.LINK)
    plan = await parts.approved(sim.portal_id, [entry])
    assert (await parts.apply(plan)).states == {"done": 1}
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert (link.uid, link.created_by_us) == (second, False)
    _, run = await undone(parts, plan)
    assert run.states == {"done": 1}
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert (link.uid, link.created_by_us) == (first, True)
    assert sim.dump()[second]["lastname"] == "Old"
