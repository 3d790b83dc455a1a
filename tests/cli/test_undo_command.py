"""`hubspoke runs undo` from a shell: planned, looked at, guarded, approved, applied, told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.support.people import create_half, write_people
from tests.support.simulator import Simulator, start_simulator

PEOPLE = 12


@pytest.fixture
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    write_people(tmp_path, PEOPLE)
    return connected(tmp_path, hubspot)


def test_a_run_is_undone_after_the_exact_number_was_accepted(shell: Shell, hubspot: Simulator) -> None:
    create_half(hubspot, PEOPLE)
    before = hubspot.dump()
    run = shell.run("provision", "./people-to-contacts.toml", "--yes", "--json")
    assert run.code == 0, run.err
    assert hubspot.dump() != before
    unsaid = shell.run("runs", "undo", run.json["id"])
    assert unsaid.code == 2
    assert "hubspoke diff p-" in unsaid.err
    held = shell.run("runs", "undo", run.json["id"], "--yes", "--json")
    assert held.code == 4
    assert "--accept deletes=6" in held.err
    assert len(hubspot.dump()) == PEOPLE
    undo = shell.run("runs", "undo", run.json["id"], "--yes", "--accept", "deletes=6", "--json")
    assert undo.code == 0, undo.err
    assert (undo.json["state"], undo.json["undoes"]) == ("done", run.json["id"])
    assert hubspot.dump() == before
    told = shell.run("runs", "show", run.json["id"]).out
    assert f"{undo.json['id']} ({PEOPLE} entries)" in told
    shown = shell.run("runs", "show", run.json["id"], "--json").json
    assert shown["undoneBy"] == {undo.json["id"]: shown["total"]}
    assert set(shown["states"]) == {"undone"}
    verified = shell.run("journal", "verify")
    assert verified.code == 0, verified.err
    again = shell.run("runs", "undo", run.json["id"], "--yes")
    assert again.code == 1
    assert "taken back already" in again.err
    lines = shell.run("diff", undo.json["plan"], "--jsonl").lines
    assert {line["action"] for line in lines} == {"UPDATE", "DELETE", "UNLINK"}
