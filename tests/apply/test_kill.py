"""kill -9 at each named point of a run and of its undo, three times each: nothing lost, nothing twice, by the simulator's log."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apply.kills import POINTS, Crowd
from tests.apply.nursery import Nursery
from tests.support.simulator import Simulator

MANY, SOME = 2_000, 210


@pytest.mark.parametrize("point", POINTS)
async def test_a_run_and_its_undo_are_killed_three_times_at(
    sim: Simulator, nursery: Nursery, tmp_path: Path, point: str
) -> None:
    crowd = Crowd(sim, nursery, tmp_path, MANY)
    plan = await crowd.plan()
    await crowd.killed(plan, point)
    await crowd.judge(plan)
    undo = await crowd.undo(plan)
    await crowd.killed(undo, point)
    await crowd.judge_undo(plan, undo)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_run_and_its_undo_are_killed_at_any_moment_of_a_bad_day(
    sim: Simulator, nursery: Nursery, tmp_path: Path, seed: int
) -> None:
    crowd = Crowd(sim, nursery, tmp_path, SOME)
    plan = await crowd.plan()
    await crowd.through_a_bad_day(plan, seed)
    await crowd.judge(plan)
    undo = await crowd.undo(plan)
    await crowd.through_a_bad_day(undo, seed)
    await crowd.judge_undo(plan, undo)


async def test_two_processes_at_once_one_is_refused(sim: Simulator, nursery: Nursery, tmp_path: Path) -> None:
    crowd = Crowd(sim, nursery, tmp_path, SOME)
    plan = await crowd.plan()
    sim.settings(latency=0.2)
    before = len(sim.log())
    both = [nursery.begin(tmp_path, sim, plan) for _ in range(2)]
    ended = [nursery.end(pid) for pid in both]
    assert sorted(one.code for one in ended) == [0, 7]
    loser = 0 if ended[0].code == 7 else 1
    assert f"process {both[1 - loser]}" in ended[loser].said
    await crowd.judge(plan)
    assert len(sim.log()) - before == SOME
