"""The first few and then a pause; a HubSpot that stays bad and is left alone."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from console.journal.model import RunState
from console.provisioning.quarantine import MOST_TRIES, WAITS, next_try
from console.provisioning.runner import run_attached
from console.provisioning.runs import Runs
from tests.apply.apply_parts import ME, Parts, create, open_parts
from tests.apply.nursery import Nursery
from tests.support.simulator import Simulator


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gives a request up soon, and a quarantine is short."""
    monkeypatch.setattr("console.hubspot.retry.FIRST_WAIT", 0.01)
    monkeypatch.setattr("console.provisioning.quarantine.WAITS", (0.4, 30.0))
    monkeypatch.setattr("console.provisioning.quarantine._STEP", 0.05)


async def test_the_first_ten_then_a_pause_then_the_rest(parts: Parts, sim: Simulator) -> None:
    plan = await parts.plan(sim.portal_id, [create(number) for number in range(1, 251)])
    runs = Runs(parts.store, parts.paths, parts.profile)
    assert (await runs.approve(plan.id, first=10)).canary == 10
    run = await parts.apply(plan)
    assert (run.state, run.states) == (RunState.PAUSED, {"done": 10, "planned": 240})
    assert "first 10" in run.message
    assert len(sim.dump()) == 10
    await runs.approve(plan.id, first=5)
    assert (await parts.apply(plan)).states == {"done": 15, "planned": 235}
    run = await parts.apply(plan)
    assert (run.state, run.states, run.canary) == (RunState.DONE, {"done": 250}, 0)


@pytest.mark.parametrize("point", ["before_send", "sent", "answered", "committed"])
async def test_a_canary_that_is_killed_is_still_a_canary(
    sim: Simulator, nursery: Nursery, tmp_path: Path, point: str
) -> None:
    async with open_parts(tmp_path, sim.url, sim.token) as parts:
        plan = await parts.plan(sim.portal_id, [create(number) for number in range(1, 31)])
        await Runs(parts.store, parts.paths, parts.profile).approve(plan.id, first=10)
    assert nursery.end(nursery.begin(tmp_path, sim, plan.id, point)).code < 0
    assert nursery.end(nursery.begin(tmp_path, sim, plan.id)) == (0, "paused")
    assert len(sim.dump()) == 10
    assert nursery.end(nursery.begin(tmp_path, sim, plan.id)) == (0, "done")
    assert len(sim.dump()) == len(sim.state()["creates"]) == 30


async def test_a_canary_as_large_as_the_plan_is_just_the_plan(parts: Parts, sim: Simulator) -> None:
    plan = await parts.plan(sim.portal_id, [create(1), create(2)])
    await Runs(parts.store, parts.paths, parts.profile).approve(plan.id, first=2)
    run = await parts.apply(plan)
    assert (run.state, run.message) == (RunState.DONE, "")


@pytest.mark.usefixtures("hurried")
async def test_a_bad_hubspot_is_left_alone_and_tried_again(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(1)])
    sim.faults("503=100%@batch")
    work = asyncio.create_task(run_attached(parts, plan.id))
    while (run := await parts.store.progress(plan.id)).state is not RunState.QUARANTINED:
        assert not work.done(), work.result()
        await asyncio.sleep(0.02)
    assert run.next_try_at is not None
    assert run.tries == 1
    assert "Next try" in run.message
    sim.faults()
    run = await work
    assert (run.state, run.states, run.tries, run.next_try_at) == (RunState.DONE, {"done": 1}, 0, None)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("command", "state"), [("resume", "done"), ("pause", "paused"), ("cancel", "cancelled")])
async def test_a_quarantined_run_obeys(parts: Parts, sim: Simulator, command: str, state: str) -> None:
    plan = await parts.approved(sim.portal_id, [create(1)])
    sim.faults("503=100%@batch")
    work = asyncio.create_task(run_attached(parts, plan.id))
    while (run := await parts.store.progress(plan.id)).tries < 2:  # the second wait is long
        assert not work.done(), work.result()
        await asyncio.sleep(0.02)
    sim.faults()
    runs = Runs(parts.store, parts.paths, parts.profile)
    if command == "pause":
        await parts.store.command(run.id, "pause", ME)
    else:
        await (runs.resume(run.id) if command == "resume" else runs.cancel(run.id))
    began = time.monotonic()
    assert (await work).state == state
    assert time.monotonic() - began < 3
    assert len(sim.dump()) == (1 if state == "done" else 0)


def test_tries_come_later_and_later_and_end() -> None:
    waits = [next_try(tries, None, 0.0) for tries in range(1, MOST_TRIES)]
    assert waits[: len(WAITS)] == list(WAITS)
    assert set(waits[len(WAITS) :]) == {WAITS[-1]}
    assert next_try(MOST_TRIES, None, 0.0) is None
    assert next_try(1, 7200.0, 100.0) == 7300.0
