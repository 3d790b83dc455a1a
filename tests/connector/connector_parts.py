"""A connector on a simulator, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from console.connector.connector import Connector
from console.hubspot.budget import MemoryStore, open_budget
from console.hubspot.budget_port import Budget
from console.hubspot.hubspot import HubSpot
from console.settings.profile import Profile
from tests.support.hubspot_parts import MemorySecrets
from tests.support.simulator import Simulator


def settings_for(simulator: Simulator, **changed: Any) -> Profile:
    values: dict[str, Any] = {
        "name": "test",
        "api_base_url": simulator.url,
        "authentication": "token",
        "timeout_seconds": 5.0,
    }
    return Profile(**(values | changed))


def secrets_for(simulator: Simulator, **changed: str) -> MemorySecrets:
    values = {
        "accessToken": simulator.token,
        "clientSecret": simulator.client_secret,
        "refreshToken": simulator.refresh_token,
    }
    return MemorySecrets(values=values | changed)


@asynccontextmanager
async def connected(simulator: Simulator, budget: Budget | None = None, **changed: Any) -> AsyncIterator[Connector]:
    profile = settings_for(simulator, **changed)
    own = open_budget(MemoryStore(), app="test", portal=None, profile=profile)
    hubspot = HubSpot.open(profile, secrets_for(simulator), budget or own)
    try:
        yield Connector(hubspot, profile)
    finally:
        await hubspot.aclose()
        await own.aclose()
