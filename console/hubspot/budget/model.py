"""What the budget shows: windows, the day, and what holds requests back."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["burst", "search", "associations", "none"]
Priority = Literal["bulk", "interactive"]


class WindowState(msgspec.Struct, frozen=True, kw_only=True):
    """One rolling window: `used` slots of `limit` are in flight or not free again yet."""

    name: str
    limit: int
    used: int
    window_seconds: float
    free_in: float = 0.0
    """Seconds until the next slot frees when all are used, else 0."""
    foreign: int = 0
    """Requests that somebody else on the same app was seen to send in this window."""


class BudgetState(msgspec.Struct, frozen=True, kw_only=True):
    """All that the gauges show. A `daily_limit` of 0 means that HubSpot did not tell one."""

    windows: tuple[WindowState, ...] = ()
    daily_used: int = 0
    daily_limit: int = 0
    daily_resets_at: float | None = None
    """When the day's allowance comes back, in seconds since 1970."""
    cooling_until: float | None = None
    """Until when nothing is sent after a 429, in seconds since 1970."""
    paced: bool = False
    """A console is attached, so bulk work leaves room for it."""

    def window(self, name: str) -> WindowState | None:
        """The window of that name: burst, search or associations."""
        return next((window for window in self.windows if window.name == name), None)
