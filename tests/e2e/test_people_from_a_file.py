"""The main job by its command: a file of people becomes HubSpot's contacts, at the limit of the allowance."""

from __future__ import annotations

import math
import time
from pathlib import Path

from tests.support.operator import Operator
from tests.support.people import create_half, differences, write_people
from tests.support.simulator import start_simulator

PEOPLE = 2000
SLOTS, WINDOW, LATENCY = 8, 2.0, 0.1


def ideal(requests: int) -> float:
    """Seconds that so many requests take at least; docs/rate-budget.md."""
    return (math.ceil(requests / SLOTS) - 1) * (WINDOW + LATENCY) + LATENCY


def test_hubspot_equals_the_file_then_nothing_is_left_to_do(tmp_path: Path) -> None:
    with start_simulator(burst="100000/10") as hubspot:
        create_half(hubspot, PEOPLE)
        hubspot.advance(WINDOW + 1)  # what the judge used up is no concern of the run
        hubspot.allowances(burst=f"{SLOTS}/{WINDOW:g}")
        hubspot.settings(latency=LATENCY)
        before = hubspot.state()
        mapping = write_people(tmp_path, PEOPLE)
        operator = Operator(tmp_path, hubspot.url, hubspot.token)

        started = time.monotonic()
        operator.run("provision", str(mapping), "--yes", "--attached")
        elapsed = time.monotonic() - started

        after = hubspot.state()
        assert differences(hubspot, PEOPLE) == []
        assert after["rateLimited"] == before["rateLimited"]
        requests = after["requests"]["total"] - before["requests"]["total"]
        assert requests <= PEOPLE / 1000 * 20 + 20
        assert elapsed <= ideal(requests) / 0.97 + 3  # the start of two Python processes on a shared machine

        again = operator.json("plan", str(mapping))
        assert again["writes"] == 0
        assert again["read"] == PEOPLE
