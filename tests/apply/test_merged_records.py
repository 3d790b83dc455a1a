"""Records that somebody merged in HubSpot after they were planned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from console.hubspot.errors import Unmentioned
from console.hubspot.model import Outcome
from console.journal.model import Action, Change
from tests.apply.apply_parts import Parts, contact, lastname, update
from tests.support.simulator import Simulator

Batch = Callable[..., Awaitable[list[Outcome]]]


def merged(into: dict[str, str]) -> dict[str, Callable[..., Awaitable[list[Outcome]]]]:
    """A HubSpot in which these records are part of others: reading by an old id answers with the survivor, writing
    by one does nothing without a word (facts section 3.8)."""

    async def read(real: Batch, object_class: str, keys: Sequence[str], **more: Any) -> list[Outcome]:
        found = dict(
            zip(
                now := list(dict.fromkeys(into.get(key, key) for key in keys)),
                await real(object_class, now, **more),
                strict=True,
            )
        )
        return [found[into.get(key, key)] for key in keys]

    async def update(real: Batch, object_class: str, writes: Sequence[Any]) -> list[Outcome]:
        known = [one for one in writes if one.id not in into]
        done = dict(zip([one.id for one in known], await real(object_class, known) if known else [], strict=True))
        return [done.get(one.id, Outcome(error=Unmentioned("not mentioned"))) for one in writes]

    async def archive(real: Batch, object_class: str, ids: Sequence[str]) -> list[Outcome]:
        await real(object_class, [one for one in ids if one not in into])
        return [Outcome() for _ in ids]

    return {"batch_read": read, "batch_update": update, "batch_archive": archive}


async def test_an_update_follows_its_record(parts: Parts, sim: Simulator) -> None:
    old, survivor = contact(sim, 1), contact(sim, 2)
    plan = await parts.approved(sim.portal_id, [update(1, old, lastname())])
    run = await parts.apply(plan, between=merged({old: survivor}))
    assert run.states == {"done": 1}
    assert sim.dump()[survivor]["lastname"] == "New"
    link = await parts.link(sim.portal_id, "E1")
    assert link is not None
    assert link.uid == survivor


async def test_an_update_does_not_follow_into_another_persons_record(parts: Parts, sim: Simulator) -> None:
    linked, planned, free = (contact(sim, n) for n in (7, 8, 9))
    await parts.linked(sim.portal_id, ("E99", linked, False))
    one, two, three = (contact(sim, n) for n in (1, 2, 3))
    plan = await parts.approved(
        sim.portal_id,
        [
            update(1, one, lastname(), read_at=0.0),
            update(2, two, lastname(), read_at=0.0),
            update(3, three, lastname(after="Three"), read_at=0.0),
            update(4, planned, lastname(after="Four")),
        ],
    )
    run = await parts.apply(plan, between=merged({one: linked, two: planned, three: free}))
    assert run.states == {"conflict": 2, "done": 2}
    assert run.failures == {"merged": 2}
    names = {uid: sim.dump()[uid]["lastname"] for uid in (linked, planned, free)}
    assert names == {linked: "Old", planned: "Four", free: "Three"}


async def test_nothing_is_deleted_that_was_merged(parts: Parts, sim: Simulator) -> None:
    ours, survivor = contact(sim, 1), contact(sim, 2)
    await parts.linked(sim.portal_id, ("E1", ours, True))
    was = Change(name="lastname", before="Old")
    plan = await parts.approved(sim.portal_id, [update(1, ours, was, action=Action.DELETE, read_at=0.0)])
    run = await parts.apply(plan, between=merged({ours: survivor}))
    assert run.states == {"conflict": 1}
    assert survivor in sim.dump()
    again = msgspec.structs.replace(update(1, ours, was, action=Action.DELETE))
    plan = await parts.approved(sim.portal_id, [again])
    await parts.left_in_flight(plan, 1)
    assert (await parts.apply(plan, between=merged({ours: survivor}))).states == {"conflict": 1}
    assert survivor in sim.dump()
