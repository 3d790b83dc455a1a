"""One person among many, from the command to HubSpot, while somebody waits for it."""

from __future__ import annotations

import time
from pathlib import Path

from tests.cli.shell import connected
from tests.support.people import person, write_people
from tests.support.simulator import start_simulator

PEOPLE = 2_000
WHO = person(1_234)


def test_one_person_of_many_is_there_within_five_seconds(tmp_path: Path) -> None:
    with start_simulator() as hubspot:
        write_people(tmp_path, PEOPLE)
        shell = connected(tmp_path, hubspot)
        hubspot.settings(latency=0.1)
        began = time.monotonic()
        done = shell.run(
            "provision", "./people-to-contacts.toml", "--only", WHO["employee_id"], "--yes", "--attached", "--json"
        )
        took = time.monotonic() - began
        assert done.code == 0, done.err
        assert set(hubspot.by_email()) == {WHO["mail"].lower()}
        assert took < 5
