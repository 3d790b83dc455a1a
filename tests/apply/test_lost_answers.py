"""What is read after an answer was lost decides rightly what happened."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from console.hubspot.errors import Invalid, Locked, NotFound
from console.hubspot.model import Outcome
from console.journal.model import Action, ApplyRules, Change, EntryState, RunState
from tests.apply.apply_parts import Parts, contact, create, email, lastname, update
from tests.support.simulator import Simulator

Batch = Callable[..., Awaitable[list[Outcome]]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.hubspot.retry.FIRST_WAIT", 0.01)


async def test_an_update_that_never_arrived_is_not_taken_for_one_that_was_tidied(parts: Parts, sim: Simulator) -> None:
    """The old value contains the new one, as a tidied one might."""
    uid = contact(sim, 1, firstname="Annette")
    sim.faults("", {"kind": "reset", "path": "batch/update", "count": 5, "when": "before"})
    plan = await parts.approved(
        sim.portal_id, [update(1, uid, Change(name="firstname", before="Annette", after="Ann"))]
    )
    run = await parts.apply(plan)
    assert run.states == {"done": 1}
    assert sim.dump()[uid]["firstname"] == "Ann"
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert link.accepted == {}


async def test_a_lost_update_that_hubspot_took_in_part_is_told_as_such(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1, lifecyclestage="customer")
    sim.faults("", {"kind": "reset", "path": "batch/update", "count": 5, "when": "after"})
    backwards = Change(name="lifecyclestage", before="customer", after="lead")
    plan = await parts.approved(sim.portal_id, [update(1, uid, backwards, lastname())])
    run = await parts.apply(plan)
    assert run.states == {"not_accepted": 1}
    assert run.failures == {"not accepted (lifecyclestage)": 1}
    assert sim.dump()[uid]["lastname"] == "New"


async def test_each_failure_is_its_own(parts: Parts, sim: Simulator) -> None:
    """Whose answer was lost must not be told with the words of another person's mistake."""

    async def answers(real: Batch, object_class: str, writes: Sequence[Any]) -> list[Outcome]:
        wrong = Invalid("Email address ann@secret is invalid", category="VALIDATION_ERROR")
        return [Outcome(), Outcome(error=wrong)]

    plan = await parts.approved(
        sim.portal_id, [create(1, email=""), create(2, email="")], rules=ApplyRules(allow_unkeyed_creates=True)
    )
    run = await parts.apply(plan, between={"batch_create": answers})
    assert run.states == {"failed": 1, "uncertain": 1}
    assert "secret" not in (await parts.store.entry(plan.id, 1)).outcome


async def test_a_lock_is_waited_for_before_the_next_attempt(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    asked: list[float] = []

    async def answers(real: Batch, object_class: str, writes: Sequence[Any]) -> list[Outcome]:
        asked.append(time.monotonic())
        if len(asked) == 1:
            return [Outcome(error=Locked("locked", category="LOCKED", retry_after=0.4))]
        return await real(object_class, writes)

    plan = await parts.approved(sim.portal_id, [update(1, uid, lastname())])
    assert (await parts.apply(plan, between={"batch_update": answers})).states == {"done": 1}
    assert asked[1] - asked[0] >= 0.4


async def test_a_create_that_arrives_late_is_still_ours(parts: Parts, sim: Simulator) -> None:
    """The look-up misses it, the second sending is refused: it is the record that the first one made."""
    sim.faults("", {"kind": "reset", "path": "batch/create", "count": 1, "when": "after"})
    missed: list[str] = []

    async def lagging(real: Batch, object_class: str, keys: Sequence[str], **more: Any) -> list[Outcome]:
        if more.get("id_property") == "email" and not missed:
            missed.extend(keys)
            return [Outcome(error=NotFound("resource not found")) for _ in keys]
        return await real(object_class, keys, **more)

    plan = await parts.approved(sim.portal_id, [create(1)])
    run = await parts.apply(plan, between={"batch_read": lagging})
    assert (run.states, missed) == ({"done": 1}, [email(1)])
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert link.created_by_us
    assert len(sim.state()["creates"]) == 1


async def test_who_came_between_a_crash_and_its_resume_is_not_ours(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(1)])
    await parts.left_in_flight(plan, 1)
    sim.advance(3_600)
    contact(sim, 1, lastname="New")  # by chance with all that we would have sent
    run = await parts.apply(plan)
    assert run.states == {"done": 1}
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert not link.created_by_us


async def test_a_delete_in_flight_is_not_sent_over_a_change(parts: Parts, sim: Simulator) -> None:
    changed, same, gone = (contact(sim, n) for n in (1, 2, 3))
    await parts.linked(sim.portal_id, *((f"E{n}", uid, True) for n, uid in enumerate((changed, same, gone), 1)))
    was = Change(name="lastname", before="Old")
    plan = await parts.approved(
        sim.portal_id, [update(n, uid, was, action=Action.DELETE) for n, uid in enumerate((changed, same, gone), 1)]
    )
    await parts.left_in_flight(plan, 1, 2, 3)
    sim.mutate("contacts", changed, lastname="Elsewhere")
    sim.mutate("contacts", gone, archived=True)
    run = await parts.apply(plan)
    assert run.states == {"conflict": 1, "done": 2}
    assert set(sim.dump()) == {changed}
    assert (await parts.store.entry(plan.id, 1)).state is EntryState.CONFLICT


async def test_what_is_gone_already_is_deleted(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    await parts.linked(sim.portal_id, ("E1", uid, True))
    sim.mutate("contacts", uid, archived=True)
    plan = await parts.approved(sim.portal_id, [update(1, uid, action=Action.DELETE, read_at=0.0)])
    run = await parts.apply(plan)
    assert run.states == {"done": 1}
    assert "gone already" in (await parts.store.entry(plan.id, 1)).outcome
    assert await parts.link(sim.portal_id, "E1") is None


async def test_a_cancelled_run_leaves_nothing_in_flight(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(1), create(2)])
    await parts.left_in_flight(plan, 1)
    applier = parts.applier(plan)
    applier.stand_still(RunState.CANCELLED, "cancelled")
    run = await applier.run()
    assert (run.state, run.states) == (RunState.CANCELLED, {"skipped": 1, "uncertain": 1})


async def test_a_refused_unkeyed_create_is_planned_again_when_the_rest_cannot_be_looked_up(
    parts: Parts, sim: Simulator
) -> None:
    """One answer is lost and cannot be looked up: what was merely refused for the moment did not happen."""
    rules = ApplyRules(allow_unkeyed_creates=True)
    nameless = create(1, email="")

    async def answers(real: Batch, object_class: str, writes: Sequence[Any]) -> list[Outcome]:
        sim.faults("", {"kind": "503", "path": "batch/read", "count": 99})
        await real(object_class, [])
        return [
            Outcome() if one.properties.get("email") else Outcome(error=Locked("locked", category="LOCKED"))
            for one in writes
        ]

    plan = await parts.approved(sim.portal_id, [nameless, create(2)], rules=rules)
    run = await parts.apply(plan, between={"batch_create": answers})
    assert (run.state, run.states) == (RunState.QUARANTINED, {"inflight": 1, "planned": 1})
