"""One simulator for all tests of the gateway."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="session")
def gateway_simulator() -> Iterator[Simulator]:
    """A HubSpot with a wide allowance."""
    with start_simulator(burst="100000/10") as made:
        yield made


@pytest.fixture
def hubspot(gateway_simulator: Simulator) -> Simulator:
    """The same, empty."""
    gateway_simulator.reset()
    return gateway_simulator
