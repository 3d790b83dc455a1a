"""kill -9 at each named point, then resume: nothing lost, nothing twice, by the simulator's own log."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from console.journal.model import Change, RunState
from tests.apply.apply_parts import create, email, open_parts, update
from tests.apply.nursery import Nursery
from tests.support.simulator import Simulator

PEOPLE = 210


async def plan_of_all(folder: Path, sim: Simulator) -> str:
    """Every third person exists and gets another last name; one more person exists without the plan knowing."""
    inputs = [
        {"properties": {"email": email(n), "firstname": f"Given{n}", "lastname": "Old"}}
        for n in [*range(3, PEOPLE + 1, 3), 1]
    ]
    uids = {}
    for start in range(0, len(inputs), 100):
        body = {"inputs": inputs[start : start + 100]}
        for record in sim.post("/crm/objects/2026-09/contacts/batch/create", body).json["results"]:
            uids[record["properties"]["email"]] = record["id"]
    async with open_parts(folder, sim.url, sim.token) as parts:
        change = Change(name="lastname", before="Old", after="New")
        plan = await parts.approved(
            sim.portal_id,
            [create(n) if n % 3 else update(n, uids[email(n)], change) for n in range(1, PEOPLE + 1)],
        )
    return plan.id


def judge(sim: Simulator) -> None:
    """HubSpot equals the plan, and nobody was created twice."""
    people = sim.by_email()
    assert set(people) == {email(n) for n in range(1, PEOPLE + 1)}
    assert {values["lastname"] for values in people.values()} == {"New"}
    assert {values["firstname"] for values in people.values()} == {f"Given{n}" for n in range(1, PEOPLE + 1)}
    created = Counter(one["key"] for one in sim.state()["creates"])
    assert set(created.values()) == {1}
    assert len(sim.dump()) == PEOPLE


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("point", ["before_send", "sent", "answered", "committed"])
async def test_killed_then_resumed(sim: Simulator, nursery: Nursery, tmp_path: Path, point: str, nth: int) -> None:
    sim.settings(latency=0.01)
    plan = await plan_of_all(tmp_path, sim)
    assert nursery.end(nursery.begin(tmp_path, sim, plan, point, nth)).code == -signal.SIGKILL
    async with open_parts(tmp_path, sim.url, sim.token) as parts:
        left = await parts.store.progress(plan)
        assert left.state is RunState.RUNNING
        run = await parts.apply(await parts.store.plan(plan))
        assert run.state is RunState.DONE
        assert run.states == {"done": PEOPLE}
        entries = await parts.store.keyed_entries(plan, limit=PEOPLE)
        links = await parts.store.links(
            sim.portal_id, "people", [one.key_digest for one in entries], object_class="contact"
        )
    judge(sim)
    people = sim.dump()
    assert {people[link.uid]["email"] for link in links.values()} == {email(n) for n in range(1, PEOPLE + 1)}
    created = {link.uid for link in links.values() if link.created_by_us}
    assert email(1) not in {people[uid]["email"] for uid in created}
    assert {people[uid]["email"] for uid in created} == {email(n) for n in range(2, PEOPLE + 1) if n % 3}


async def test_two_processes_at_once_one_is_refused(sim: Simulator, nursery: Nursery, tmp_path: Path) -> None:
    plan = await plan_of_all(tmp_path, sim)
    sim.settings(latency=0.2)
    before = len(sim.log())
    both = [nursery.begin(tmp_path, sim, plan) for _ in range(2)]
    ended = [nursery.end(pid) for pid in both]
    assert sorted(one.code for one in ended) == [0, 7]
    loser = 0 if ended[0].code == 7 else 1
    assert f"process {both[1 - loser]}" in ended[loser].said
    judge(sim)
    assert len(sim.log()) - before == PEOPLE


async def test_killed_three_times_in_a_row(sim: Simulator, nursery: Nursery, tmp_path: Path) -> None:
    plan = await plan_of_all(tmp_path, sim)
    for point in ("sent", "before_send", "committed"):
        assert nursery.end(nursery.begin(tmp_path, sim, plan, point)).code == -signal.SIGKILL
    assert nursery.end(nursery.begin(tmp_path, sim, plan)) == (0, "done")
    judge(sim)


@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_at_any_moment_of_a_bad_day(sim: Simulator, nursery: Nursery, tmp_path: Path, seed: int) -> None:
    """HubSpot loses answers, fails and leaves results out, and the process dies again and again."""
    chance = random.Random(seed)
    plan = await plan_of_all(tmp_path, sim)
    sim.settings(latency=0.02)
    for _ in range(4):
        kinds = chance.sample(["reset", "truncate", "omit", "502", "503"], 2)
        sim.faults("", *({"kind": kind, "probability": 0.2, "path": "batch"} for kind in kinds))
        pid = nursery.begin(tmp_path, sim, plan)
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if nursery.end(pid) == (0, "done"):
            break
    else:
        sim.faults()
        assert nursery.end(nursery.begin(tmp_path, sim, plan)) == (0, "done")
    judge(sim)
    async with open_parts(tmp_path, sim.url, sim.token) as parts:
        run = await parts.store.progress(plan)
        assert run.states == {"done": PEOPLE}
        entries = await parts.store.keyed_entries(plan, limit=PEOPLE)
        links = await parts.store.links(
            sim.portal_id, "people", [one.key_digest for one in entries], object_class="contact"
        )
    people = sim.dump()
    ours = {people[link.uid]["email"] for link in links.values() if link.created_by_us}
    assert ours == {email(n) for n in range(2, PEOPLE + 1) if n % 3}
