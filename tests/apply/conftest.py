"""One HubSpot for all tests of applying, begun anew for each; and a nursery of processes that die on time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.apply.apply_parts import Parts, open_parts
from tests.apply.nursery import Nursery, open_nursery
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="session")
def hubspot_process() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(hubspot_process: Simulator) -> Simulator:
    """An empty HubSpot that answers at once."""
    hubspot_process.reset()
    return hubspot_process


@pytest.fixture
async def parts(sim: Simulator, tmp_path: Path) -> AsyncIterator[Parts]:
    async with open_parts(tmp_path, sim.url, sim.token) as opened:
        yield opened


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with open_nursery() as opened:
        yield opened


@pytest.fixture(autouse=True)
def quick_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator's index needs no minute to catch up."""
    monkeypatch.setattr("console.provisioning.lost.INDEX_SECONDS", 0.3)
    monkeypatch.setattr("console.provisioning.lost.STEP_SECONDS", 0.05)
