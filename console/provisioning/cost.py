"""What a plan takes of HubSpot's allowance."""

from __future__ import annotations

import math
from collections.abc import Mapping as Dict

from console.hubspot.budget.model import BudgetState
from console.journal.model import Cost

BATCH = 100
LATENCY = 0.15
"""Seconds that an answer is taken to need; a slot is free again one window after it."""
FALLBACK = (100, 10.0)


def cost(actions: Dict[str, int], budget: BudgetState | None) -> Cost:
    """Requests and seconds of applying these actions in batches of 100, the account read included."""
    requests = sum(math.ceil(actions.get(name, 0) / BATCH) for name in ("CREATE", "UPDATE", "DELETE"))
    requests += 1 if requests else 0
    window = budget.window("burst") if budget is not None else None
    limit, seconds = (window.limit, window.window_seconds) if window is not None and window.limit else FALLBACK
    full, rest = divmod(requests, limit)
    waits = full if rest else max(full - 1, 0)
    remaining = None
    if budget is not None and budget.daily_limit:
        remaining = max(budget.daily_limit - budget.daily_used, 0)
    return Cost(
        requests=requests,
        seconds=round(waits * (seconds + LATENCY) + (rest or min(requests, limit)) * LATENCY / 4, 1),
        daily_remaining=remaining,
    )
