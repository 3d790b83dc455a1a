"""What a plan takes of HubSpot's allowance."""

from __future__ import annotations

import math
from collections.abc import Mapping as Dict

from console.hubspot.budget.model import BudgetState
from console.journal.model import Cost

BATCH = 100
ASSOCIATIONS = 1_000
LATENCY = 0.15
"""Seconds that an answer is taken to need; a slot is free again one window after it."""
PARALLEL = 4
"""Requests that are taken to be under way at once."""
FALLBACK = (100, 10.0)


def cost(actions: Dict[str, int], budget: BudgetState | None, associations: int = 0, *, erasing: bool = False) -> Cost:
    """Requests and seconds of applying these actions in batches of 100, the account read included.

    `associations` are written by the thousand, within an allowance of their own; they count for the day. `erasing` says
    that a DELETE is an erasure, which takes a request each.
    """
    sizes = {"CREATE": BATCH, "UPDATE": BATCH, "DELETE": 1 if erasing else BATCH}
    requests = sum(math.ceil(actions.get(name, 0) / size) for name, size in sizes.items())
    requests += 1 if requests else 0
    apart = math.ceil(associations / ASSOCIATIONS)
    return Cost(
        requests=requests,
        seconds=round(takes(requests, budget) + apart * LATENCY, 1),
        daily_remaining=left_today(budget),
        associations=apart,
    )


def takes(requests: int, budget: BudgetState | None, *, latency: float = LATENCY, parallel: int = PARALLEL) -> float:
    """Seconds that so many requests need: bursts, the waits between them, and the answers of the last one."""
    window = budget.window("burst") if budget is not None else None
    limit, seconds = (window.limit, window.window_seconds) if window is not None and window.limit else FALLBACK
    full, rest = divmod(requests, limit)
    waits = full if rest else max(full - 1, 0)
    burst = rest or min(requests, limit)
    return max(waits * (seconds + latency) + burst * latency / parallel, requests * latency / parallel)


def left_today(budget: BudgetState | None) -> int | None:
    """Requests that are left of the day; None where HubSpot tells no limit."""
    if budget is None or not budget.daily_limit:
        return None
    return max(budget.daily_limit - budget.daily_used, 0)
