"""One gateway for the tests of the connector's REST that share it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.crest.crest_serving import Serving, serving
from tests.support.simulator import Simulator


@pytest.fixture
async def crest(tmp_path: Path, hubspot: Simulator) -> AsyncIterator[Serving]:
    """A gateway over an empty HubSpot."""
    async with serving(tmp_path, hubspot) as served:
        yield served
