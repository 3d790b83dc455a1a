"""Creates that meet a record: whose it is, and who may write it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from console.hubspot.model import Outcome
from console.journal.model import Action, Change, EntryState, Situation
from tests.apply.apply_parts import Parts, contact, create, email, lastname, update
from tests.support.simulator import Simulator

Batch = Callable[..., Awaitable[list[Outcome]]]


async def test_two_people_of_two_batches_do_not_share_a_record(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    sim.mutate("contacts", uid, hs_additional_emails=email(101))
    both = asyncio.Barrier(2)

    async def together(real: Batch, object_class: str, keys: Sequence[str], **more: Any) -> list[Outcome]:
        found = await real(object_class, keys, **more)
        async with asyncio.timeout(2):
            await both.wait()
        return found

    plan = await parts.approved(sim.portal_id, [create(n, lastname=f"New{n}") for n in range(1, 201)])
    run = await parts.apply(plan, between={"batch_read": together})
    assert run.states == {"done": 199, "needs_decision": 1}
    states = {n: (await parts.store.entry(plan.id, n)).state for n in (1, 101)}
    assert set(states.values()) == {EntryState.DONE, EntryState.NEEDS_DECISION}
    (winner,) = [n for n, state in states.items() if state is EntryState.DONE]
    assert [one["id"] for one in sim.log("update")] == [uid]
    assert sim.dump()[uid]["lastname"] == f"New{winner}"


async def test_a_record_that_another_entry_writes_is_not_adopted(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    sim.mutate("contacts", uid, hs_additional_emails=email(2))
    found = asyncio.Event()

    async def read(real: Batch, object_class: str, keys: Sequence[str], **more: Any) -> list[Outcome]:
        outcomes = await real(object_class, keys, **more)
        asyncio.get_running_loop().call_later(0.2, found.set)
        return outcomes

    async def later(real: Batch, object_class: str, writes: Sequence[Any]) -> list[Outcome]:
        async with asyncio.timeout(2):
            await found.wait()
        return await real(object_class, writes)

    plan = await parts.approved(sim.portal_id, [update(1, uid, lastname()), create(2, lastname="Other")])
    run = await parts.apply(plan, between={"batch_read": read, "batch_update": later})
    assert run.states == {"done": 1, "needs_decision": 1}
    assert [one["id"] for one in sim.log("update")] == [uid]
    assert sim.dump()[uid]["lastname"] == "New"


async def test_a_record_with_another_key_is_not_the_persons(parts: Parts, sim: Simulator) -> None:
    """A clash in some other unique property says that two records have something in common, not that they are one."""
    badge = {
        "name": "badge", "label": "Badge", "type": "string", "fieldType": "text", "groupName": "contactinformation",
        "hasUniqueValue": True,
    }  # fmt: skip
    assert sim.post("/crm/properties/2026-09/contacts", badge).status == 201
    uid = contact(sim, 9, badge="B7")
    plan = await parts.approved(sim.portal_id, [create(1, badge="B7")])
    run = await parts.apply(plan)
    assert run.states == {"needs_decision": 1}
    assert run.failures == {"unique value of another record": 1}
    assert (sim.dump()[uid]["email"], sim.dump()[uid]["lastname"]) == (email(9), "Old")


async def test_a_secondary_address_finds_its_person(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 9)
    sim.mutate("contacts", uid, hs_additional_emails=f"x@example.com;{email(1)}")
    plan = await parts.approved(sim.portal_id, [create(1)])
    run = await parts.apply(plan)
    assert run.states == {"done": 1}
    assert sim.dump()[uid]["lastname"] == "New"
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert (link.uid, link.created_by_us) == (uid, False)


@pytest.mark.parametrize("sent", [True, False])
async def test_a_key_that_is_not_sent_protects_nothing(parts: Parts, sim: Simulator, sent: bool) -> None:
    entry = create(1)
    assert entry.payload is not None
    changes = tuple(change for change in entry.payload.changes if sent or change.name != "email")
    plan = await parts.approved(sim.portal_id, [_with(entry, changes)])
    run = await parts.apply(plan)
    assert run.states == ({"done": 1} if sent else {"needs_decision": 1})


async def test_a_link_of_somebody_else_stops_a_late_link(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    plan = await parts.approved(sim.portal_id, [_found(update(1, uid, action=Action.LINK))])
    await parts.linked(sim.portal_id, ("E9", uid, True))
    run = await parts.apply(plan)
    assert run.states == {"needs_decision": 1}
    assert await parts.link(sim.portal_id, "E1") is None


def _with(entry: Any, changes: tuple[Change, ...]) -> Any:
    import msgspec

    return msgspec.structs.replace(entry, payload=msgspec.structs.replace(entry.payload, changes=changes))


def _found(entry: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(entry, situation=Situation.FOUND)
