"""50,000 people into an account of 110 requests in 10 seconds: elapsed against the ideal.

    python -P -m tests.bench.provision [--people 50000] [--burst 110/10] [--latency 0.1] [--lane auto]

Half of the people exist already, half of those differ. Prints one JSON document; the limit is ideal / 0.97, with no 429.
The ideals are those of docs/rate-budget.md: they follow from the work, not from the requests that were sent.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.operator import Operator
from tests.support.people import create_half, differences, write_people
from tests.support.simulator import start_simulator


def ideal_by_key(requests: int, slots: float, window: float, latency: float) -> float:
    """Seconds for requests of which none waits for another one."""
    return (math.ceil(requests / slots) - 1) * (window + latency) + latency


def ideal_by_list(pages: int, writes: int, slots: int, window: float, latency: float) -> float:
    """Seconds for pages of which each waits for the one before, and then for writes of which none does."""
    sent: list[float] = []
    for number in range(pages + writes):
        earliest = min(number, pages) * latency
        free = sent[number - slots] + latency + window if number >= slots else 0.0
        sent.append(max(earliest, free))
    return sent[-1] + latency


def main() -> int:
    """Runs the benchmark; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--burst", default="110/10")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds")
    parser.add_argument("--lane", default="auto", help="auto, keys or list")
    options = parser.parse_args()
    slots, window = (float(part) for part in options.burst.split("/"))
    with tempfile.TemporaryDirectory() as name, start_simulator(burst="1000000/10") as hubspot:
        folder = Path(name)
        create_half(hubspot, options.people)
        hubspot.advance(window + 1)
        hubspot.allowances(burst=options.burst)
        hubspot.settings(latency=options.latency)
        mapping = write_people(folder, options.people)
        operator = Operator(folder, hubspot.url, hubspot.token)
        before = hubspot.state()
        started = time.monotonic()
        done = subprocess.run(
            operator.command("provision", str(mapping), "--lane", options.lane, "--yes", "--attached"),
            env=operator.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
            stdout=sys.stderr,
        )  # fmt: skip
        elapsed = time.monotonic() - started
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        after = hubspot.state()
        requests = after["requests"]["total"] - before["requests"]["total"]
        writes = math.ceil(options.people / 2 / 100) + math.ceil(options.people / 4 / 100)
        ideal = ideal_by_key(math.ceil(options.people / 100) + writes, slots, window, options.latency)
        by_list = ideal_by_list(math.ceil(options.people / 2 / 100), writes, int(slots), window, options.latency)
        wrong = differences(hubspot, options.people)
        second = json.loads(
            subprocess.run(
                operator.command("plan", str(mapping), "--json"), env=operator.environment, capture_output=True,
                check=True, stdin=subprocess.DEVNULL,
            ).stdout
        )  # fmt: skip
    result = {
        "people": options.people,
        "exit": done.returncode,
        "wrong": len(wrong),
        "rateLimited": after["rateLimited"] - before["rateLimited"],
        "requests": requests,
        "elapsed": round(elapsed, 2),
        "ideal": round(ideal, 2),
        "idealByList": round(by_list, 2),
        "use": round(ideal / elapsed, 4),
        "cpuShare": round((usage.ru_utime + usage.ru_stime) / elapsed, 3),
        "largestChildMB": usage.ru_maxrss // 1024,
        "secondPlanWrites": second["writes"],
        "cores": os.cpu_count(),
    }
    print(json.dumps(result, indent=2))
    good = (
        result["exit"] == result["wrong"] == result["rateLimited"] == result["secondPlanWrites"] == 0
        and elapsed <= ideal / 0.97
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
