"""One simulator for all tests of a module that do not end it: begun anew for each of them, which is quicker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="session")
def lasting_hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def hubspot(lasting_hubspot: Simulator) -> Iterator[Simulator]:
    """HubSpot as it is at first: no records, no faults, nothing counted."""
    lasting_hubspot.reset()
    yield lasting_hubspot
    lasting_hubspot.faults()
    lasting_hubspot.rules()
