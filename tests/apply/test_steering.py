"""Pause, resume, cancel, interruption."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from console.journal.model import Plan, RunProgress, RunState
from tests.apply.apply_parts import ME, Parts, create, open_parts
from tests.support.simulator import Simulator, start_simulator

PEOPLE = 2_000


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with start_simulator(latency=60) as simulator:
        yield simulator


@pytest.fixture
async def parts(sim: Simulator, tmp_path: Path) -> AsyncIterator[Parts]:
    async with open_parts(tmp_path, sim.url, sim.token, maximum_connections=1) as opened:
        yield opened


@pytest.fixture
async def plan(parts: Parts, sim: Simulator) -> Plan:
    return await parts.approved(sim.portal_id, [create(n) for n in range(1, PEOPLE + 1)])


async def begun(parts: Parts, plan: Plan) -> tuple[asyncio.Task[RunProgress], str]:
    """A run that has written something."""
    work = asyncio.create_task(parts.apply(plan))
    while (run := await parts.store.progress(plan.id)).states.get("done", 0) == 0:
        assert not work.done(), work.result()
        await asyncio.sleep(0.02)
    return work, run.id


async def test_pause_then_resume_finishes_without_doubles(parts: Parts, plan: Plan, sim: Simulator) -> None:
    work, run_id = await begun(parts, plan)
    await parts.store.command(run_id, "pause", ME)
    paused = await work
    assert (paused.state, paused.message, paused.owner) == (RunState.PAUSED, "paused", "")
    assert 0 < paused.states["planned"] < PEOPLE
    assert "inflight" not in paused.states
    done = await parts.apply(plan)
    assert (done.state, done.states) == (RunState.DONE, {"done": PEOPLE})
    assert len(sim.state()["creates"]) == PEOPLE
    assert done.requests >= PEOPLE // 100


async def test_a_pause_that_is_withdrawn_at_once_does_not_stop_the_run(
    parts: Parts, plan: Plan, sim: Simulator
) -> None:
    work, run_id = await begun(parts, plan)
    await parts.store.command(run_id, "pause", ME)
    await parts.store.command(run_id, "resume", ME)
    done = await work
    assert (done.state, done.states) == (RunState.DONE, {"done": PEOPLE})


async def test_cancel_skips_what_was_not_sent(parts: Parts, plan: Plan, sim: Simulator) -> None:
    work, run_id = await begun(parts, plan)
    await parts.store.command(run_id, "cancel", ME)
    cancelled = await work
    assert cancelled.state is RunState.CANCELLED
    assert cancelled.states["done"] == len(sim.state()["creates"])
    assert cancelled.states["done"] + cancelled.states["skipped"] == PEOPLE


async def test_cancelling_the_task_pauses_the_run(parts: Parts, plan: Plan, sim: Simulator) -> None:
    work, run_id = await begun(parts, plan)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    run = await parts.store.progress(run_id)
    assert run.state is RunState.PAUSED
    assert "inflight" not in run.states
    assert run.states["done"] == len(sim.state()["creates"])


async def test_a_hubspot_that_vanishes_pauses_and_loses_nothing(
    parts: Parts, plan: Plan, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.hubspot.retry.FIRST_WAIT", 0.01)
    work, _ = await begun(parts, plan)
    sim.process.kill()
    run = await work
    assert run.state is RunState.PAUSED
    assert run.message
    assert run.states.get("failed", 0) == 0
