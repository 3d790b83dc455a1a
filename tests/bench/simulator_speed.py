"""What the simulator costs: `python -m tests.bench.simulator_speed [CONTACTS]` prints times and memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

OBJECTS = "/crm/objects/2026-09/contacts"
COMPANIES = "/crm/objects/2026-09/companies"
PAIRS = "/crm/associations/2026-09/contacts/companies"


def main() -> int:
    """Measure and print; 1 if a limit of the issue is broken."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    began = time.perf_counter()
    with start_simulator(contacts=count, companies=count // 8) as hubspot:
        print(f"ready with {count:,} contacts   {time.perf_counter() - began:8.2f} s")
        times = {name: best(call) for name, call in calls(hubspot).items()}
        for name, took in times.items():
            print(f"{name:30} {took:8.2f} ms")
        peak = peak_megabytes(hubspot)
        print(f"{'peak memory':30} {peak:8.0f} MB")
    batches = [took for name, took in times.items() if name.startswith("batch")]
    return int(max(batches) > 30 or (count <= 100_000 and peak > 500))


def calls(hubspot: Simulator) -> dict[str, Callable[[int], Answer]]:
    """What is measured."""
    ids = [record["id"] for record in hubspot.get(f"{OBJECTS}?limit=100").json["results"]]
    companies = [record["id"] for record in hubspot.get(f"{COMPANIES}?limit=100").json["results"]]
    pairs = [{"from": {"id": one}, "to": {"id": other}} for one, other in zip(ids, companies, strict=False)]
    values = {"firstname": "New", "lastname": "Name", "city": "Kandy", "jobtitle": "Buyer", "phone": "+94 77 000 0000"}

    def batch(verb: str, inputs: Callable[[int, str], dict[str, Any]]) -> Callable[[int], Answer]:
        return lambda number: hubspot.post(f"{OBJECTS}/batch/{verb}", {"inputs": [inputs(number, id_) for id_ in ids]})

    def search(**body: Any) -> Callable[[int], Answer]:
        return lambda _: hubspot.post(f"{OBJECTS}/search", {"limit": 100, **body})

    return {
        "list of 100": lambda _: hubspot.get(f"{OBJECTS}?limit=100"),
        "batch read": batch("read", lambda _, id_: {"id": id_}),
        "batch update": batch("update", lambda n, id_: {"id": id_, "properties": values | {"fax": str(n)}}),
        "batch create": batch("create", lambda n, id_: {"properties": values | {"email": f"{n}.{id_}@x.example"}}),
        "batch upsert": batch(
            "upsert", lambda n, id_: {"id": f"u{n}.{id_}@x.example", "idProperty": "email", "properties": values}
        ),
        "batch associate": lambda _: hubspot.post(f"{PAIRS}/batch/associate/default", {"inputs": pairs}),
        "batch associations": lambda _: hubspot.post(f"{PAIRS}/batch/read", {"inputs": [{"id": one} for one in ids]}),
        "search, first page of all": search(),
        "search, email EQ": search(filters=[{"propertyName": "email", "operator": "EQ", "value": "a@x.example"}]),
        "search, free text": search(query="mul"),
        "search, sorted by name": search(sorts=["lastname"]),
    }


def best(call: Callable[[int], Answer], times: int = 7) -> float:
    """The best time of some calls in milliseconds."""
    took = []
    for number in range(times):
        began = time.perf_counter()
        answer = call(number)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status in (200, 201, 207), answer.text[:300]
    return min(took)


def peak_megabytes(hubspot: Simulator) -> float:
    """The largest resident size so far."""
    status = Path(f"/proc/{hubspot.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
