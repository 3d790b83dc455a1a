"""The connector's operations on a simulator, for tests."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from console.connector.errors import IcfError
from console.connector.operations import Operations
from console.settings.icf import IcfSettings
from tests.connector.connector_parts import connected
from tests.support.simulator import Simulator


@asynccontextmanager
async def operating(
    simulator: Simulator, icf: Mapping[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Operations]:
    """Operations of a profile; `icf` is what a provisioner file said beside the connector's properties."""
    async with connected(simulator, icf=IcfSettings(icf), **settings) as connector:
        yield Operations(connector)


def address() -> str:
    """An email address that nobody has."""
    return f"p{secrets.token_hex(6)}@example.com"


def refused(kind: type[IcfError], match: str | None = None) -> Any:
    """`pytest.raises` for exactly this class of the framework."""
    return pytest.raises(kind, match=match, check=lambda error: type(error) is kind)
