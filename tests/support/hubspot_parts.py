"""What tests of the HubSpot client are made of: a profile, secrets in memory, the smallest budget."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from console.hubspot.budget_port import Budget, Kind, Priority
from console.hubspot.hubspot import HubSpot
from console.settings.profile import Profile

ACCESS = "pat-na1-canary-access-token"
CLIENT_SECRET = "canary-client/secret+x"
REFRESH = "na1-canary-refresh-token"


@dataclass
class MemorySecrets:
    """Secrets of one profile, with their sources."""

    values: dict[str, str] = field(
        default_factory=lambda: {"accessToken": ACCESS, "clientSecret": CLIENT_SECRET, "refreshToken": REFRESH},
        repr=False,
    )
    sources: dict[str, str] = field(default_factory=dict)
    broken: bool = False

    async def get(self, name: str) -> str | None:
        return self.values.get(name)

    async def set(self, name: str, value: str) -> None:
        if self.broken:
            raise RuntimeError(f"the vault is locked and cannot take {value}")
        self.values[name] = value

    def source(self, name: str) -> str:
        return self.sources.get(name, "memory")


@dataclass
class TinyLease:
    told: list[str]

    def sent(self) -> None:
        self.told.append("sent")

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        self.told.append(f"answered {status}")


@dataclass
class TinyBudget:
    """Gives every slot at once and remembers what it was told."""

    slots: list[tuple[Kind, Priority]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    cooled: list[tuple[Kind, float]] = field(default_factory=list)
    held: int = 0
    day_over: bool = False

    @asynccontextmanager
    async def slot(self, kind: Kind = "burst", priority: Priority = "bulk") -> AsyncIterator[TinyLease]:
        self.slots.append((kind, priority))
        self.held += 1
        try:
            yield TinyLease(self.told)
        finally:
            self.held -= 1
            self.told.append("back")

    async def cool(self, kind: Kind, seconds: float) -> None:
        self.cooled.append((kind, seconds))

    def exhaust_day(self) -> None:
        self.day_over = True


def profile(url: str, **settings: Any) -> Profile:
    return Profile(
        **{
            "name": "test",
            "api_base_url": url,
            "authentication": "token",
            "client_id": "app-1",
            "timeout_seconds": 2.0,
            **settings,
        }
    )


@asynccontextmanager
async def opened(
    url: str, secrets: MemorySecrets | None = None, budget: Budget | None = None, **settings: Any
) -> AsyncIterator[HubSpot]:
    """A HubSpot against `url`."""
    on_sent = settings.pop("on_sent", None)
    hubspot = HubSpot.open(
        profile(url, **settings), secrets or MemorySecrets(), budget or TinyBudget(), on_sent=on_sent
    )
    try:
        yield hubspot
    finally:
        await hubspot.aclose()


def crash_report(error: BaseException) -> str:
    """What a crash report prints of `error`, with all local variables but those of the test itself."""
    behind = error.__traceback__.tb_next if error.__traceback__ else None
    return "".join(traceback.TracebackException(type(error), error, behind, capture_locals=True).format())
