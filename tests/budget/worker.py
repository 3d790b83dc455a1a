"""A process that sends requests to a simulator as fast as the shared budget lets it.

python -m tests.budget.worker URL TOKEN BUDGET_FILE SECONDS WORKERS: prints `accepted refused` at the end.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import httpx

from console.hubspot.budget import SqliteStore, open_budget
from console.settings.profile import Profile


async def main(url: str, token: str, path: str, seconds: float, workers: int) -> None:
    profile = Profile(name="worker", authentication="token", maximum_connections=workers)
    budget = open_budget(SqliteStore(Path(path)), app="app", portal=1, profile=profile)
    accepted = refused = 0
    end = time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=10) as http:

        async def work() -> None:
            nonlocal accepted, refused
            while time.monotonic() < end:
                async with budget.slot("burst") as lease:
                    lease.sent()
                    answer = await http.get("/crm/objects/2026-09/contacts?limit=1")
                    lease.answered(answer.status_code, answer.headers)
                accepted += answer.status_code == 200
                refused += answer.status_code == 429

        await asyncio.gather(*(work() for _ in range(workers)))
    await budget.aclose()
    print(accepted, refused, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), int(sys.argv[5])))
