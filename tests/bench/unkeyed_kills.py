"""2,000 companies without a unique key, resets after the write, 20 kills: none twice, every uncertain one listed.

python -m tests.bench.unkeyed_kills [COMPANIES [KILLS [SEED]]]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.apply.nursery import open_nursery
from tests.apply.unkeyed import judge, killed_again_and_again, planned
from tests.support.simulator import start_simulator


async def main(companies: int, kills: int, seed: int) -> None:
    """Run it once and print the states."""
    began = time.monotonic()
    with start_simulator() as sim, open_nursery() as nursery, tempfile.TemporaryDirectory() as folder:
        sim.settings(latency=0.1)
        plan = await planned(Path(folder), sim, companies)
        killed, lost = await killed_again_and_again(sim, nursery, Path(folder), plan, kills, seed)
        states = await judge(sim, Path(folder), plan, companies)
    told = f"{companies} companies, {killed} processes killed, {lost} answers lost, seed {seed}"
    print(f"{told}: {states} in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    asyncio.run(main(*(given + [2000, 20, 1][len(given) :])))
