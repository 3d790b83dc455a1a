"""Hubspoke beside the official SDK, in one run on one simulator: requests, 429s, seconds, and who is wrong afterwards.

    python -P -m tests.bench.compare [--people 1000,5000] [--burst 110/0.5] [--latency 0]

The SDK (hubspot-api-client) is used in three ways: a record at a time with the retries on 429 of its README, the same with
retries that wait and also cover writes, and in batches of 100 with these. The allowance is that of HubSpot with a shorter window, so that all of it takes
minutes. "Wrong" are people who are missing, doubled or different in HubSpot when the tool has ended.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import hubspot  # type: ignore[import-untyped]
from hubspot.crm import contacts as crm
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from tests.support.operator import Operator
from tests.support.people import chunks, differences, wanted, write_people
from tests.support.simulator import Simulator, start_simulator

Person = dict[str, str]
README_RETRY = Retry(total=5, status_forcelist=(429,))
"""As the SDK's README has it: what writes is not repeated, and there is no wait between two tries."""
PATIENT_RETRY = Retry(total=8, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=None, backoff_factor=0.2)
REFUSED = (crm.ApiException, HTTPError, OSError)
NAMES = list(wanted(1))
CASES = ("all new", "all unchanged", "half changed")


def people_of(folder: Path) -> Iterator[Person]:
    """The contacts that the file means."""
    with (folder / "people.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield {
                "email": row["mail"].lower(), "firstname": row["givenName"], "lastname": row["sn"],
                "phone": row["telephone"], "company": row["department"],
            }  # fmt: skip


def differing(person: Person, have: dict[str, str]) -> Person:
    """What has to be written."""
    return {name: value for name, value in person.items() if have.get(name) != value}


def one_at_a_time(simulator: Simulator, folder: Path, retry: Retry = README_RETRY) -> None:
    """Read, then create or update, as the README shows each of them."""
    api = hubspot.HubSpot(host=simulator.url, access_token=simulator.token, retry=retry).crm.contacts.basic_api
    for person in people_of(folder):
        try:
            try:
                found = api.get_by_id(person["email"], id_property="email", properties=NAMES)
            except crm.ApiException as error:
                if error.status != 404:
                    raise
                api.create(crm.SimplePublicObjectInputForCreate(properties=person))
                continue
            if changed := differing(person, found.properties):
                api.update(found.id, crm.SimplePublicObjectInput(properties=changed))
        except REFUSED:
            continue  # the README prints it, and the script goes on


def in_batches(simulator: Simulator, folder: Path) -> None:
    """Read, create and update by the hundred."""
    api = hubspot.HubSpot(host=simulator.url, access_token=simulator.token, retry=PATIENT_RETRY).crm.contacts.batch_api
    everybody = list(people_of(folder))
    for numbers in chunks(range(len(everybody)), 100):
        hundred = [everybody[number] for number in numbers]
        try:
            _hundred(api, hundred)
        except REFUSED:
            continue


def _hundred(api: Any, people: list[Person]) -> None:
    read = api.read(
        crm.BatchReadInputSimplePublicObjectId(
            inputs=[crm.SimplePublicObjectId(id=person["email"]) for person in people],
            id_property="email", properties=NAMES, properties_with_history=[],
        )
    )  # fmt: skip
    found = {record.properties["email"]: record for record in read.results}
    new = [person for person in people if person["email"] not in found]
    if new:
        inputs = [crm.SimplePublicObjectBatchInputForCreate(properties=person, associations=[]) for person in new]
        api.create(crm.BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs))
    updates = [
        crm.SimplePublicObjectBatchInput(id=found[person["email"]].id, properties=changed)
        for person in people
        if person["email"] in found and (changed := differing(person, found[person["email"]].properties))
    ]
    if updates:
        api.update(crm.BatchInputSimplePublicObjectBatchInput(inputs=updates))


def hubspoke(simulator: Simulator, folder: Path) -> None:
    """The command, from start to end."""
    operator = Operator(folder, simulator.url, simulator.token)
    subprocess.run(
        operator.command("provision", str(folder / "people-to-contacts.toml"), "--yes", "--attached"),
        env=operator.environment, stdin=subprocess.DEVNULL, capture_output=True, check=True,
    )  # fmt: skip


TOOLS: dict[str, Callable[[Simulator, Path], None]] = {
    "SDK, a record at a time": one_at_a_time,
    "SDK, a record at a time, patient": partial(one_at_a_time, retry=PATIENT_RETRY),
    "SDK, in batches, patient": in_batches,
    "hubspoke": hubspoke,
}


def begin(simulator: Simulator, case: str, people: int, burst: str, latency: float) -> None:
    """HubSpot as it is before the case."""
    simulator.reset()
    simulator.allowances(burst="1000000/10")
    simulator.settings(latency=0)
    for hundred in chunks(range(1, people + 1) if case != "all new" else (), 100):
        inputs = [
            {"properties": wanted(n) | ({"lastname": "Before"} if case == "half changed" and n % 2 else {})}
            for n in hundred
        ]
        answer = simulator.post("/crm/objects/2026-09/contacts/batch/create", {"inputs": inputs})
        assert len(answer.json["results"]) == len(inputs), answer.text[:300]
    simulator.advance(60)
    simulator.allowances(burst=burst)
    simulator.settings(latency=latency)


def main() -> int:
    """Runs the comparison; 1 where Hubspoke leaves anybody wrong or meets a 429."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", default="1000,5000")
    parser.add_argument("--burst", default="110/0.5")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    options = parser.parse_args()
    good = True
    print("| people | | | requests per 1,000 people | 429s | seconds | people wrong afterwards |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with start_simulator(burst="1000000/10") as simulator:
        for people in map(int, options.people.split(",")):
            for case in CASES:
                for name, tool in TOOLS.items():
                    with tempfile.TemporaryDirectory() as folder:
                        write_people(Path(folder), people)
                        begin(simulator, case, people, options.burst, options.latency)
                        before, started = simulator.state(), time.monotonic()
                        tool(simulator, Path(folder))
                        seconds, after = time.monotonic() - started, simulator.state()
                    sent = after["requests"]["total"] - before["requests"]["total"]
                    refused = after["rateLimited"] - before["rateLimited"]
                    wrong = len(differences(simulator, people))
                    good = good and (name != "hubspoke" or wrong == refused == 0)
                    print(
                        f"| {people:,} | {case} | {name} | {sent * 1000 / people:,.1f} | {refused:,} | {seconds:.1f} | {wrong:,} |",
                        flush=True,
                    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
