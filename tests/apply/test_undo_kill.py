"""kill -9 at each named point of an undo, then resume: everything is as it was before the run, and said to be so."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from console.journal.model import Change, RunState
from console.provisioning.undo import plan_undo
from tests.apply.apply_parts import ME, create, email, open_parts, update
from tests.apply.nursery import Nursery
from tests.support.simulator import Simulator

PEOPLE = 210
Dump = dict[str, dict[str, str]]


async def undo_of_all(folder: Path, sim: Simulator) -> tuple[str, str, Dump]:
    """A run over people of whom a third was there, done; its undo, approved; and how HubSpot was before."""
    inputs = [
        {"properties": {"email": email(n), "firstname": f"Given{n}", "lastname": "Old", "lifecyclestage": "lead"}}
        for n in range(3, PEOPLE + 1, 3)
    ]
    uids = {}
    for start in range(0, len(inputs), 100):
        body = {"inputs": inputs[start : start + 100]}
        for record in sim.post("/crm/objects/2026-09/contacts/batch/create", body).json["results"]:
            uids[record["properties"]["email"]] = record["id"]
    before = sim.dump()
    changes = (
        Change(name="lastname", before="Old", after="New"),
        Change(name="lifecyclestage", before="lead", after="customer"),
    )
    async with open_parts(folder, sim.url, sim.token) as parts:
        entries = [create(n) if n % 3 else update(n, uids[email(n)], *changes) for n in range(1, PEOPLE + 1)]
        plan = await parts.approved(sim.portal_id, entries)
        assert (await parts.apply(plan)).states == {"done": PEOPLE}
        undo = await plan_undo(parts.target, parts.store, plan.id)
        guards = tuple(msgspec.structs.replace(guard, accepted=guard.count) for guard in undo.guards)
        await parts.store.approve(msgspec.structs.replace(undo, guards=guards), ME)
    return plan.id, undo.id, before


async def judge(folder: Path, sim: Simulator, plan: str, undo: str, before: Dump) -> None:
    """HubSpot is as it was, each entry is undone once, and no record was archived twice."""
    assert sim.dump() == before
    assert set(Counter(one["id"] for one in sim.log("archive")).values()) == {1}
    async with open_parts(folder, sim.url, sim.token) as parts:
        taken_back, run = await parts.store.progress(plan), await parts.store.progress(undo)
        assert (run.state, run.states) == (RunState.DONE, {"done": PEOPLE})
        assert (taken_back.states, taken_back.undone_by) == ({"undone": PEOPLE}, {run.id: PEOPLE})
        links = [await parts.link(sim.portal_id, f"E{n}") for n in range(1, PEOPLE + 1)]
        assert all((link is None) == bool(n % 3) for n, link in enumerate(links, 1))


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("point", ["before_send", "sent", "answered", "committed"])
async def test_an_undo_is_killed_then_resumed(
    sim: Simulator, nursery: Nursery, tmp_path: Path, point: str, nth: int
) -> None:
    plan, undo, before = await undo_of_all(tmp_path, sim)
    sim.settings(latency=0.01)
    assert nursery.end(nursery.begin(tmp_path, sim, undo, point, nth)).code == -signal.SIGKILL
    assert nursery.end(nursery.begin(tmp_path, sim, undo)) == (0, "done")
    await judge(tmp_path, sim, plan, undo, before)


@pytest.mark.parametrize("seed", [1, 2])
async def test_an_undo_on_a_bad_day(sim: Simulator, nursery: Nursery, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    plan, undo, before = await undo_of_all(tmp_path, sim)
    sim.settings(latency=0.02)
    for _ in range(4):
        kinds = chance.sample(["reset", "truncate", "omit", "502", "503"], 2)
        sim.faults("", *({"kind": kind, "probability": 0.2, "path": "batch"} for kind in kinds))
        pid = nursery.begin(tmp_path, sim, undo)
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if nursery.end(pid) == (0, "done"):
            break
    else:
        sim.faults()
        assert nursery.end(nursery.begin(tmp_path, sim, undo)) == (0, "done")
    await judge(tmp_path, sim, plan, undo, before)
