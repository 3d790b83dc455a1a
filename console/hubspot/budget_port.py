"""The allowance as the client sees it; `console.hubspot.budget` is what stands behind."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from console.hubspot.budget.model import Kind, Priority

__all__ = ["Budget", "Kind", "Lease", "Priority"]


class Lease(Protocol):
    """The right to send one request, from before it leaves until it was answered."""

    def sent(self) -> None:
        """The first byte is about to leave: from now on HubSpot may count it. NotSent where the slot was lost."""

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """The answer is here; header names are lower-case."""


class Budget(Protocol):
    """Hands out slots and learns from answers."""

    def slot(self, kind: Kind = "burst", priority: Priority = "bulk") -> AbstractAsyncContextManager[Lease]:
        """Wait for a slot and hold it. Leaving without `sent` frees it at once."""

    async def cool(self, kind: Kind, seconds: float) -> None:
        """HubSpot refused: nobody sends in this window for some seconds."""

    def exhaust_day(self) -> None:
        """HubSpot refused for the rest of the day."""
