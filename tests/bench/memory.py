"""Memory of a big plan and its run: resident after a tenth of the time, and at the end.

    python -P -m tests.bench.memory [--people 100000]

Nobody is in HubSpot at first, so that everybody is looked up, planned and created. Limits: 1.15 x from there to the end, 300 MB at
the most. The two commands are processes of their own, watched by /proc.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.support.operator import Operator
from tests.support.people import differences, write_people
from tests.support.simulator import start_simulator

STEP = 0.1
GROWTH, LARGEST = 1.15, 300.0


class Sample(NamedTuple):
    """Seconds since the command began, and megabytes resident."""

    seconds: float
    megabytes: float


def watched(operator: Operator, *arguments: str) -> tuple[list[Sample], float, str]:
    """A command's samples, its seconds, and what it printed."""
    samples: list[Sample] = []
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            operator.command(*arguments), stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.DEVNULL,
            env=operator.environment, cwd=operator.folder,
        )  # fmt: skip
        while process.poll() is None:
            resident = _resident(process.pid)
            if resident:
                samples.append(Sample(time.monotonic() - began, resident))
            time.sleep(STEP)
        said.seek(0)
        told = said.read()
    if process.returncode:
        raise SystemExit(f"{arguments[0]} ended with {process.returncode}: {told[-2000:]}")
    return samples, time.monotonic() - began, told


def _resident(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def at_a_tenth(samples: list[Sample]) -> float:
    """What was resident when a tenth of the time was over: the work is the same from beginning to end."""
    return next(one.megabytes for one in samples if one.seconds * 10 >= samples[-1].seconds)


def main() -> int:
    """Runs plan and apply; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    people = parser.parse_args().people
    good = True
    print("| people | | MB after a tenth | MB at the end | largest | growth | seconds | people a second |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name, start_simulator(burst="1000000/10", daily=10_000_000) as simulator:
        folder = Path(name)
        mapping = write_people(folder, people)
        operator = Operator(folder, simulator.url, simulator.token)
        plan = ""
        for what in ("plan", "apply", "plan again"):
            command = ("apply", plan, "--yes", "--attached") if what == "apply" else ("plan", str(mapping), "--json")
            samples, seconds, told = watched(operator, *command)
            plan = plan or json.loads(told)["id"]
            tenth, end, most = at_a_tenth(samples), samples[-1].megabytes, max(one.megabytes for one in samples)
            good = good and most <= LARGEST and most <= tenth * GROWTH
            print(
                f"| {people:,} | {what} | {tenth:.0f} | {end:.0f} | {most:.0f} | {most / tenth:.2f} | {seconds:.0f} |"
                f" {people / seconds:,.0f} |",
                flush=True,
            )
        wrong = len(differences(simulator, people))
    print(f"wrong afterwards: {wrong}")
    return 0 if good and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
