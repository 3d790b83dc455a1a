"""Companies without a unique key, a HubSpot that loses answers, and processes that die: what must hold all the same."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from console.journal.model import Action, ApplyRules, Change, NewEntry, Payload, Situation, Undo
from tests.apply.apply_parts import open_parts
from tests.apply.nursery import Ended, Nursery
from tests.support.simulator import Simulator

PATIENCE, SHORT = 5.0, 0.1
"""Seconds that a process has for its first write; once one had nothing to write, the rest only look for what was lost."""


def company(number: int) -> NewEntry:
    """An organisation whom HubSpot does not have, and that has nothing unique; every tenth has a namesake."""
    name = f"Works {number - 1 if number % 10 == 0 else number}"
    return NewEntry(
        number=number,
        situation=Situation.ABSENT,
        action=Action.CREATE,
        undo=Undo.FULL,
        payload=Payload(source_id=f"C{number}", label=name, changes=(Change(name="name", after=name),)),
    )


async def planned(folder: Path, sim: Simulator, companies: int) -> str:
    """An approved plan of so many companies."""
    async with open_parts(folder, sim.url, sim.token) as parts:
        rules = ApplyRules(allow_unkeyed_creates=True, failure_percent=100.0)
        entries = [company(number) for number in range(1, companies + 1)]
        return (await parts.approved(sim.portal_id, entries, rules=rules, object_class="company")).id


async def killed_again_and_again(
    sim: Simulator, nursery: Nursery, folder: Path, plan: str, kills: int, seed: int
) -> tuple[int, int]:
    """Apply with resets after the write, killing the process at any moment; then to the end.

    Answers how many processes were killed at their work, and how many answers were lost.
    """
    chance = random.Random(seed)
    killed, patience, ended = 0, PATIENCE, Ended(0, "")
    lossy = {"kind": "reset", "probability": 0.5, "path": "companies/batch/create", "when": "after", "seed": seed}
    sim.faults("", lossy)  # once: set anew, its dice would begin again
    for _ in range(kills):
        before, end = len(_creates(sim)), time.monotonic() + patience
        pid = nursery.begin(folder, sim, plan, connections=1)
        while len(_creates(sim)) == before and time.monotonic() < end:
            await asyncio.sleep(0.01)  # a process that has written nothing has nothing to lose
        patience = SHORT if time.monotonic() >= end else patience
        await asyncio.sleep(chance.uniform(0.0, 0.15))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        ended = nursery.end(pid)
        killed += ended.code == -signal.SIGKILL
        if ended == (0, "done"):
            break
    lost = sum(one["fault"] == "reset" for one in _creates(sim))
    sim.faults()
    if ended != (0, "done"):
        ended = nursery.end(nursery.begin(folder, sim, plan))
    assert ended == (0, "done"), ended
    return killed, lost


def _creates(sim: Simulator) -> list[dict[str, Any]]:
    return sim.asked(path="companies/batch/create")


async def judge(sim: Simulator, folder: Path, plan: str, companies: int) -> dict[str, int]:
    """None twice, none lost without a word; answers the states."""
    wanted = Counter(change.after for number in range(1, companies + 1) for change in company(number).payload.changes)  # type: ignore[union-attr]
    there = Counter(values["name"] for values in sim.dump("companies").values())
    assert not there - wanted, "something was made twice"
    async with open_parts(folder, sim.url, sim.token) as parts:
        run = await parts.store.progress(plan)
        entries = await parts.store.keyed_entries(plan, limit=companies)
        states = Counter(entry.state.value for entry in entries)
        assert dict(states) == run.states
        assert set(states) <= {"done", "uncertain"}
        links = await parts.store.links(
            sim.portal_id, "people", [entry.key_digest for entry in entries], object_class="company"
        )
        done = [entry for entry in entries if entry.state == "done"]
        assert len({links[entry.key_digest].uid for entry in done}) == len(done)
        held = sim.dump("companies")
        assert all(held[entry.uid or ""]["name"] == entry.payload.label for entry in done if entry.payload)
        missing = wanted - there
        listed = Counter(entry.payload.label for entry in entries if entry.state == "uncertain" and entry.payload)
        assert not missing - listed, "something is missing and nobody says so"
    return dict(states)
