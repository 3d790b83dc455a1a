"""Pause, resume, cancel, interruption."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.journal.model import Action, ApplyRules, NewEntry, Plan, RunProgress, RunState
from tests.apply.apply_parts import ME, Parts, create, email, open_parts, update
from tests.support.simulator import Simulator, start_simulator

PEOPLE = 900


@pytest.fixture(autouse=True)
def attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are heard before the small plans of these tests are through."""
    monkeypatch.setattr("console.provisioning.apply.POLL_SECONDS", 0.05)


@pytest.fixture
def sim(sim: Simulator) -> Simulator:
    sim.settings(latency=0.06)
    return sim


@pytest.fixture
async def parts(sim: Simulator, tmp_path: Path) -> AsyncIterator[Parts]:
    async with open_parts(tmp_path, sim.url, sim.token, maximum_connections=1) as opened:
        yield opened


@pytest.fixture
async def plan(parts: Parts, sim: Simulator) -> Plan:
    return await parts.approved(sim.portal_id, [create(n) for n in range(1, PEOPLE + 1)])


async def begun(parts: Parts, plan: Plan, **more: Any) -> tuple[asyncio.Task[RunProgress], str]:
    """A run that has written something."""
    work = asyncio.create_task(parts.apply(plan, **more))
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


async def test_an_onlooker_that_breaks_does_not_make_the_run_deaf(parts: Parts, plan: Plan, sim: Simulator) -> None:
    sim.settings(latency=0.3)  # so that there is a run to be paused

    def broken(progress: RunProgress) -> None:
        raise OSError(5, "the terminal is gone")

    work, run_id = await begun(parts, plan, on_progress=broken)
    await asyncio.sleep(0.1)
    await parts.store.command(run_id, "pause", ME)
    assert (await work).state is RunState.PAUSED


async def test_a_withdrawn_pause_leaves_no_word_of_it(parts: Parts, plan: Plan) -> None:
    work, run_id = await begun(parts, plan)
    await parts.store.command(run_id, "pause", ME)
    while not (await parts.store.progress(run_id)).message:
        assert not work.done()
        await asyncio.sleep(0)
    await parts.store.command(run_id, "resume", ME)
    while (now := await parts.store.progress(run_id)).message:
        await asyncio.sleep(0.01)
    assert now.state is RunState.RUNNING
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def test_cancelling_twice_leaves_at_once(parts: Parts, plan: Plan, sim: Simulator) -> None:
    work, run_id = await begun(parts, plan)
    sim.settings(latency=3)
    while (await parts.store.progress(run_id)).states.get("inflight", 0) < 500:
        await asyncio.sleep(0.02)
    before = set(asyncio.all_tasks())
    began = time.monotonic()
    work.cancel()
    await asyncio.sleep(0.1)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    sim.settings(latency=0)
    await asyncio.wait(before - {asyncio.current_task()}, timeout=1)
    assert time.monotonic() - began < 2.0
    left = [task for task in before if not task.done() and task is not asyncio.current_task()]
    assert [task.get_name() for task in left if "Applier" in repr(task)] == []


async def test_links_do_not_thin_the_failures_out(parts: Parts, sim: Simulator) -> None:
    links = [update(n, str(5_000 + n), action=Action.LINK) for n in range(1, 1_001)]
    people = [create(n, **({"email": "bad"} if n % 6 == 0 else {})) for n in range(1_001, 2_001)]
    keyed = [_rekeyed(entry) for entry in people]
    sim.settings(latency=0.02)
    plan = await parts.approved(sim.portal_id, [*links, *keyed], rules=ApplyRules(failure_after=150))
    run = await parts.apply(plan)
    assert run.state is RunState.PAUSED
    assert "more than 10 %" in run.message


def _rekeyed(entry: NewEntry) -> NewEntry:
    assert entry.payload is not None
    return msgspec.structs.replace(entry, payload=msgspec.structs.replace(entry.payload, key=email(entry.number)))


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


async def test_a_hubspot_that_vanishes_is_left_alone_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.hubspot.retry.FIRST_WAIT", 0.01)
    with start_simulator(latency=50) as mortal:
        async with open_parts(tmp_path, mortal.url, mortal.token, maximum_connections=1) as parts:
            plan = await parts.approved(mortal.portal_id, [create(n) for n in range(1, PEOPLE + 1)])
            work, _ = await begun(parts, plan)
            mortal.process.kill()
            run = await work
    assert run.state is RunState.QUARANTINED
    assert run.message
    assert run.states.get("failed", 0) == 0
