"""A server that counts like HubSpot: at arrival, in a rolling window; on the virtual loop."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable

from console.hubspot.budget import RateBudget


class RollingServer:
    def __init__(self, limit: int, window: float, *, tell: bool = True) -> None:
        self.limit, self.window, self.tell = limit, window, tell
        self.counted: deque[float] = deque()
        self.accepted: list[float] = []
        self.refused = 0

    def arrive(self) -> tuple[int, dict[str, str]]:
        now = asyncio.get_running_loop().time()
        while self.counted and now - self.counted[0] >= self.window:
            self.counted.popleft()
        status = 200
        if len(self.counted) < self.limit:
            self.counted.append(now)
            self.accepted.append(now)
        else:
            self.refused += 1
            status = 429
        if not self.tell:
            return status, {}
        return status, {
            "x-hubspot-ratelimit-max": str(self.limit),
            "x-hubspot-ratelimit-remaining": str(self.limit - len(self.counted)),
            "x-hubspot-ratelimit-interval-milliseconds": str(int(self.window * 1000)),
        }

    async def ask(self, budget: RateBudget, delay: Callable[[], float], priority: str = "bulk") -> int:
        async with budget.slot("burst", priority) as lease:  # type: ignore[arg-type]
            lease.sent()
            await asyncio.sleep(delay())
            status, headers = self.arrive()
            await asyncio.sleep(delay())
            lease.answered(status, headers)
        return status

    async def keep_asking(self, budget: RateBudget, delay: Callable[[], float], until: float) -> None:
        while asyncio.get_running_loop().time() < until:
            await self.ask(budget, delay)


def network(seed: int, median: float = 0.05) -> Callable[[], float]:
    """Half a round trip: log-normal, with a spike of 400 ms now and then."""
    dice = random.Random(seed)
    return lambda: median * dice.lognormvariate(0, 0.4) + (0.4 if dice.random() < 0.01 else 0.0)
