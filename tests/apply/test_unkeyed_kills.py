"""Companies that nothing tells apart: none twice, whatever dies; every uncertain one is listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apply.nursery import Nursery
from tests.apply.unkeyed import judge, killed_again_and_again, planned
from tests.support.simulator import Simulator, start_simulator

COMPANIES, KILLS = 1_200, 5


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A HubSpot of its own: the clock of the shared one may be hours ahead, and when a record was made matters here."""
    with start_simulator() as simulator:
        yield simulator


async def test_companies_are_never_made_twice(sim: Simulator, nursery: Nursery, tmp_path: Path) -> None:
    sim.settings(latency=0.1)
    plan = await planned(tmp_path, sim, COMPANIES)
    killed, _ = await killed_again_and_again(sim, nursery, tmp_path, plan, KILLS, seed=4)
    assert killed >= 2
    states = await judge(sim, tmp_path, plan, COMPANIES)
    assert sum(states.values()) == COMPANIES
    assert states["done"]


async def test_an_index_that_lags_is_waited_for(sim: Simulator, nursery: Nursery, tmp_path: Path) -> None:
    sim.settings(latency=0.02, indexLag=0.5)
    sim.faults("", {"kind": "reset", "path": "companies/batch/create", "count": 1, "when": "after"})
    plan = await planned(tmp_path, sim, 9)
    assert nursery.end(nursery.begin(tmp_path, sim, plan)) == (0, "done")
    assert await judge(sim, tmp_path, plan, 9) == {"done": 9}


async def test_one_of_two_namesakes_is_for_a_human(sim: Simulator, nursery: Nursery, tmp_path: Path) -> None:
    """Two were lost and one is there: nobody can tell which one it is."""
    sim.faults("", {"kind": "reset", "path": "companies/batch/create", "count": 1, "when": "before"})
    plan = await planned(tmp_path, sim, 10)
    sim.mutate("companies", name="Works 9")
    assert nursery.end(nursery.begin(tmp_path, sim, plan)) == (0, "done")
    assert await judge(sim, tmp_path, plan, 10) == {"uncertain": 10}
