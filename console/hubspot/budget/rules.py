"""Which windows a request needs, and the figures they start from until HubSpot's headers teach better."""

from __future__ import annotations

import msgspec

from console.hubspot.budget.model import Kind, Priority

LEASE_SECONDS = 60.0
"""A slot whose holder died comes back after this and one window (70 s); live holders renew every RENEW_SECONDS."""
SEND_SECONDS = 30.0
"""A slot taken or renewed longer ago than this may not be sent with: a machine slept meanwhile."""
RENEW_SECONDS = 15.0
AUTO_CONNECTIONS = 12
"""As many as the transport opens: a slot that waits for a connection is a slot wasted."""
PROBE = 3
"""Requests in flight while no answer has told the limits yet."""


class Rule(msgspec.Struct, frozen=True):
    """A window's first figures. `transit`: the longest time (s) from sending until HubSpot counts, when no answer came."""

    capacity: int
    window: float
    transit: float


BURST_OAUTH = Rule(110, 10.0, 30.0)
BURST_TOKEN = Rule(100, 10.0, 30.0)
SEARCH = Rule(4, 1.0, 5.0)  # HubSpot allows 5 for all apps of the account together
ASSOCIATIONS = Rule(100, 10.0, 30.0)


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose allowance: the app, the portal once it is known, and the process that asks."""

    app: str
    holder: str
    portal: int | None = None
    burst: Rule = BURST_OAUTH
    permits_per_second: int = 0

    @property
    def ceiling(self) -> str:
        """Where the operator's own pace is kept."""
        return f"ceiling:{self.app}"

    def rule(self, window: str) -> Rule:
        """The first figures of a window."""
        return {"burst": self.burst, "search": SEARCH, "associations": ASSOCIATIONS}[window]


class Want(msgspec.Struct, frozen=True):
    """A request that waits for its slot."""

    kind: Kind
    priority: Priority = "bulk"


class Granted(msgspec.Struct, frozen=True):
    """The slot is there, under this number since `at`. `taken`: how many were taken of the day, this one included."""

    number: int
    taken: int
    at: float


class Blocked(msgspec.Struct, frozen=True):
    """No slot before `until`, as far as is known now."""

    until: float


class Spent(msgspec.Struct, frozen=True):
    """The day's allowance is used up until `resets_at` (seconds since 1970)."""

    resets_at: float
    capacity: int
    seconds: float


Answer = Granted | Blocked | Spent


def slack(window: float) -> float:
    """What a window is lengthened by: two clocks that differ by 500 ppm, and rounding."""
    return 0.002 + window * 0.0005
