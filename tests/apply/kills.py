"""A run over many people and its undo, by processes that are killed: what all of these tests begin with and must end with."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from console.journal.model import Change, Link, RunState
from console.provisioning.desk import ANSWERED, BEFORE_SEND, COMMITTED, SENT
from console.provisioning.undo import plan_undo
from tests.apply.apply_parts import ME, create, email, open_parts, update
from tests.apply.nursery import Nursery
from tests.support.simulator import Simulator

POINTS = (BEFORE_SEND, SENT, ANSWERED, COMMITTED)
TIMES = (1, 2, 3)
"""Killed when a point is reached for the first time, the next process at the second, the one after it at the third."""
CONNECTIONS = 1
"""So few that at most five batches are under way, and every process has something left to be killed at."""
Dump = dict[str, dict[str, str]]
CHANGES = (
    Change(name="lastname", before="Old", after="New"),
    Change(name="lifecyclestage", before="lead", after="customer"),
)


async def killed_at(
    nursery: Nursery, folder: Path, sim: Simulator, plan: str, point: str, times: Sequence[int] = TIMES
) -> None:
    """Processes killed at this point, one after another, each going on with what the one before left; then one that ends it."""
    for nth in times:
        pid = nursery.begin(folder, sim, plan, point, nth, connections=CONNECTIONS)
        assert nursery.end(pid).code == -signal.SIGKILL, (point, nth)
        async with open_parts(folder, sim.url, sim.token) as parts:
            assert (await parts.store.progress(plan)).state is RunState.RUNNING
    assert nursery.end(nursery.begin(folder, sim, plan)) == (0, "done")


@dataclass
class Crowd:
    """So many people: every third is in HubSpot and gets other values, and one is there without the plan knowing."""

    sim: Simulator
    nursery: Nursery
    folder: Path
    people: int
    stranger: int = 1
    before: Dump = field(default_factory=dict)

    async def plan(self) -> str:
        """The approved plan of all of them."""
        uids = self._fill([*range(3, self.people + 1, 3), self.stranger])
        self.before = self.sim.dump()
        async with open_parts(self.folder, self.sim.url, self.sim.token) as parts:
            entries = [
                create(n, lifecyclestage="customer") if n % 3 else update(n, uids[email(n)], *CHANGES)
                for n in range(1, self.people + 1)
            ]
            return (await parts.approved(self.sim.portal_id, entries)).id

    async def undo(self, plan: str) -> str:
        """The approved undo of that plan's run."""
        async with open_parts(self.folder, self.sim.url, self.sim.token) as parts:
            undo = await plan_undo(parts.target, parts.store, plan)
            guards = tuple(msgspec.structs.replace(guard, accepted=guard.count) for guard in undo.guards)
            await parts.store.approve(msgspec.structs.replace(undo, guards=guards), ME)
        return undo.id

    def _fill(self, numbers: list[int]) -> dict[str, str]:
        uids: dict[str, str] = {}
        for start in range(0, len(numbers), 100):
            inputs = [
                {
                    "properties": {
                        "email": email(n),
                        "firstname": f"Given{n}",
                        "lastname": "Old",
                        "lifecyclestage": "lead",
                    }
                }
                for n in numbers[start : start + 100]
            ]
            answer = self.sim.post("/crm/objects/2026-09/contacts/batch/create", {"inputs": inputs})
            uids |= {record["properties"]["email"]: record["id"] for record in answer.json["results"]}
        return uids

    # ------------------------------------------------------------- killing

    async def killed(self, plan: str, point: str) -> None:
        """Processes killed at this point three times, and one that ends the work."""
        self.sim.settings(latency=0.01)
        await killed_at(self.nursery, self.folder, self.sim, plan, point)

    async def through_a_bad_day(self, plan: str, seed: int) -> None:
        """HubSpot loses answers, fails and leaves results out, and the process dies again and again."""
        chance = random.Random(seed)
        self.sim.settings(latency=0.02)
        for _ in range(4):
            kinds = chance.sample(["reset", "truncate", "omit", "502", "503"], 2)
            self.sim.faults("", *({"kind": kind, "probability": 0.2, "path": "batch"} for kind in kinds))
            pid = self.nursery.begin(self.folder, self.sim, plan)
            await asyncio.sleep(chance.uniform(0.1, 0.6))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            if self.nursery.end(pid) == (0, "done"):
                self.sim.faults()
                return
        self.sim.faults()
        assert self.nursery.end(self.nursery.begin(self.folder, self.sim, plan)) == (0, "done")

    # ------------------------------------------------------------- judging

    async def judge(self, plan: str) -> None:
        """HubSpot equals the plan, nobody was created twice, and the links say who made whom."""
        numbers = range(1, self.people + 1)
        people = self.sim.by_email()
        assert set(people) == {email(n) for n in numbers}
        assert {(values["lastname"], values["lifecyclestage"]) for values in people.values()} == {("New", "customer")}
        assert all(people[email(n)]["firstname"] == f"Given{n}" for n in numbers)
        assert set(Counter(one["key"] for one in self.sim.state()["creates"]).values()) == {1}
        assert len(self.sim.dump()) == self.people
        links = await self._links(plan, {"done": self.people})
        held = self.sim.dump()
        assert {held[link.uid]["email"] for link in links} == {email(n) for n in numbers}
        ours = {held[link.uid]["email"] for link in links if link.created_by_us}
        assert ours == {email(n) for n in numbers if n % 3 and n != self.stranger}

    async def judge_undo(self, plan: str, undo: str) -> None:
        """HubSpot is as it was, each entry is undone once, and no record was archived twice."""
        assert self.sim.dump() == self.before
        assert set(Counter(one["id"] for one in self.sim.log("archive")).values()) == {1}
        async with open_parts(self.folder, self.sim.url, self.sim.token) as parts:
            taken_back, run = await parts.store.progress(plan), await parts.store.progress(undo)
        assert (run.state, run.states) == (RunState.DONE, {"done": self.people})
        assert (taken_back.states, taken_back.undone_by) == ({"undone": self.people}, {run.id: self.people})
        links = await self._links(plan, {"undone": self.people})
        held = self.sim.dump()
        assert {held[link.uid]["email"] for link in links} == {email(n) for n in range(3, self.people + 1, 3)}

    async def _links(self, plan: str, states: dict[str, int]) -> list[Link]:
        async with open_parts(self.folder, self.sim.url, self.sim.token) as parts:
            assert (await parts.store.progress(plan)).states == states
            entries = await parts.store.keyed_entries(plan, limit=self.people)
            links = await parts.store.links(
                self.sim.portal_id, "people", [one.key_digest for one in entries], object_class="contact"
            )
        return list(links.values())
