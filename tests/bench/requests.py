"""Requests that a plan and its run take, per 1,000 people, beside the limits.

    python -P -m tests.bench.requests [--people 10000]

All people are new, unchanged, or half of them differ; the last plan is left lying for more than a minute before it is applied, so
that what it wants to write is read again. A run may take 20 requests besides. Prints a table; 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.compare import begin
from tests.support.operator import Operator
from tests.support.people import differences, write_people
from tests.support.simulator import start_simulator

CASES = (("all new", 0, 20), ("all unchanged", 0, 10), ("half changed", 0, 15), ("half changed", 62, 20))
PER_RUN = 20
BURST = "1000000/10"


def main() -> int:
    """Runs all cases; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    people = parser.parse_args().people
    good = True
    print("| people | | plan | requests | per 1,000 people, 20 for the run left out | limit | wrong afterwards |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with start_simulator(burst=BURST) as simulator:
        for case, wait, limit in CASES:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                mapping = write_people(folder, people)
                begin(simulator, case, people, BURST, 0.0)
                operator = Operator(folder, simulator.url, simulator.token)
                before = simulator.state()["requests"]["total"]
                plan = operator.json("plan", str(mapping))
                time.sleep(wait)
                if plan["writes"]:
                    operator.run("apply", plan["id"], "--yes", "--attached")
                sent = simulator.state()["requests"]["total"] - before
            wrong = len(differences(simulator, people))
            each = (sent - PER_RUN) * 1000 / people
            good = good and each <= limit and not wrong
            print(
                f"| {people:,} | {case} | {f'{wait} s old' if wait else 'fresh'} | {sent:,} | {each:.1f} | {limit} | {wrong} |",
                flush=True,
            )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
