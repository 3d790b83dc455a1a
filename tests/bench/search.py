"""`hubspoke search contact` over 250,000 contacts: memory, speed and requests; then batches of 100.

    python -P -m tests.bench.search [--contacts 250000] [--searched 25000] [--batches 500]

The simulator answers at once and its burst allowance is wide, so that the command itself is measured. The search of the
first 25,000 keeps HubSpot's 5 searches a second, by which its speed is bounded. Prints one JSON document. The limits: every contact once and in the order of ids; the command's resident memory at most 150 MB and at
100 % at most 1.15 times what it was at 10 %; no more pages than there must be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from console.hubspot.model import Outcome, Write
from tests.connector.connector_parts import connected
from tests.support.hubspot_parts import TinyBudget
from tests.support.operator import Operator
from tests.support.simulator import Simulator, start_simulator

MEGABYTES = 150
FLAT = 1.15


def main() -> int:
    """Runs the benchmark; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=250_000)
    parser.add_argument("--searched", type=int, default=25_000)
    parser.add_argument("--batches", type=int, default=500, help="of 100 records, to read and to update")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        start_simulator(contacts=options.contacts, burst="1000000/1") as hubspot,
    ):
        operator = Operator(Path(name), hubspot.url, hubspot.token)
        result: dict[str, Any] = {"contacts": options.contacts, "cores": os.cpu_count()}
        result["list"] = stream(hubspot, operator, options.contacts, ())
        beyond = asyncio.run(nth(hubspot, options.searched))
        result["search"] = stream(hubspot, operator, options.searched, (f"_id lt {beyond}",))
        result["batches"] = asyncio.run(batches(hubspot, options.batches))
    print(json.dumps(result, indent=2))
    return int(not (_good(result["list"]) and _good(result["search"])))


def stream(hubspot: Simulator, operator: Operator, count: int, arguments: tuple[str, ...]) -> dict[str, Any]:
    """One run of the command, whose output is read as it comes; a filter makes it search instead of list."""
    before = hubspot.state()["requests"]
    began = time.monotonic()
    process = operator.start("search", "contact", *arguments, "--jsonl", "--fields", "email,firstname,lastname,phone")
    assert process.stdout is not None
    seen, last, ordered = 0, 0, True
    resident: dict[int, float] = {}
    for line in process.stdout:
        seen += 1
        uid = int(json.loads(line)["id"])
        ordered = ordered and uid > last
        last = uid
        if seen * 10 % count == 0:
            resident[seen * 100 // count] = _megabytes(process.pid)
    process.stdout.close()
    elapsed = time.monotonic() - began
    code = process.wait()
    after = hubspot.state()["requests"]
    kinds = {kind: after["byKind"][kind] - before["byKind"].get(kind, 0) for kind in after["byKind"]}
    least = math.ceil(count / 200) + 1 if arguments else math.ceil(count / 100)
    return {
        "exit": code,
        "records": seen,
        "inOrderOfIds": ordered,
        "seconds": round(elapsed, 1),
        "recordsPerSecond": round(seen / elapsed),
        "residentMB": {"10%": resident.get(10), "50%": resident.get(50), "100%": resident.get(100)},
        "requests": {kind: number for kind, number in kinds.items() if number},
        "pagesAtLeast": least,
        "complete": code == 0 and seen == count and ordered,
    }


def _good(run: dict[str, Any]) -> bool:
    resident = run["residentMB"]
    pages = max(run["requests"].values())
    flat = resident["100%"] <= MEGABYTES and resident["100%"] <= FLAT * resident["10%"]
    return bool(run["complete"] and flat and pages <= run["pagesAtLeast"] + 2)


async def nth(hubspot: Simulator, number: int) -> str:
    """The id of the contact behind the first `number`."""
    async with connected(hubspot, TinyBudget()) as connector:
        found = connector.search("contact", None, properties=["hs_object_id"], limit=number + 1)
        return [record.id async for record in found][-1]


async def batches(hubspot: Simulator, count: int) -> dict[str, Any]:
    """Batches of 100, one after the other: what the connector itself makes of an answer that comes at once."""
    async with connected(hubspot, TinyBudget()) as connector:
        ids = [record.id async for record in connector.search("contact", None, properties=["email"], limit=count * 100)]
        parts = [ids[start : start + 100] for start in range(0, len(ids), 100)]
        read = await _timed(parts, lambda part: connector.batch_read("contact", part, properties=["email", "phone"]))
        at_read = _own_megabytes()
        update = await _timed(
            parts,
            lambda part: connector.batch_update(
                "contact", [Write(id=uid, properties={"jobtitle": f"Job {uid}", "city": "Galle"}) for uid in part]
            ),
        )
    return {
        "records": len(ids),
        "read": read,
        "update": update,
        "peakMB": {"read": at_read, "update": _own_megabytes()},
    }


async def _timed(parts: list[list[str]], do: Any) -> dict[str, Any]:
    began = time.monotonic()
    fine = 0
    for part in parts:
        outcomes: list[Outcome] = await do(part)
        fine += sum(outcome.ok for outcome in outcomes)
    elapsed = time.monotonic() - began
    return {"ok": fine, "seconds": round(elapsed, 1), "recordsPerSecond": round(fine / elapsed)}


def _megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


def _own_megabytes() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    sys.exit(main())
