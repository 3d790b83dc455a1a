"""Looking through a plan, keeping it as a file, leaving people out and looking them up again, from a shell."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.support.people import write_people
from tests.support.simulator import Simulator, start_simulator

PEOPLE = 6


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    hubspot.reset()
    write_people(tmp_path, PEOPLE)
    return connected(tmp_path, hubspot)


def planned(shell: Shell) -> str:
    return str(shell.run("plan", "./people-to-contacts.toml", "--json").json["id"])


def test_people_are_left_out_and_the_record_of_it_verifies(shell: Shell, hubspot: Simulator) -> None:
    plan = planned(shell)
    less = shell.run("revise", plan, "--exclude", "1", "--exclude", "2", "--again", "3", "--json")
    assert less.code == 0, less.err
    assert less.json["actions"] == {"CREATE": PEOPLE - 2, "IGNORE": 2}
    told = shell.run("revise", less.json["id"], "--include", "2")
    assert "CREATE 5" in told.out
    assert "1 taken in again" in told.err
    done = shell.run("apply", less.json["id"], "--yes", "--attached", "--json")
    assert done.code == 0, done.err
    assert len(hubspot.state()["creates"]) == PEOPLE - 2
    assert shell.run("journal", "verify").code == 0


def test_what_cannot_be_revised_says_so(shell: Shell) -> None:
    plan = planned(shell)
    assert shell.run("revise", plan).code == 2
    assert shell.run("revise", plan, "--exclude", "none").code == 2
    wrong = shell.run("revise", plan, "--exclude", "99")
    assert (wrong.code, "no entry 99" in wrong.err) == (1, True)


def test_a_source_that_changed_is_refused(shell: Shell, hubspot: Simulator) -> None:
    plan = planned(shell)
    write_people(shell.folder, PEOPLE - 1)
    refused = shell.run("apply", plan, "--yes")
    assert refused.code == 1
    assert "changed since the plan" in refused.err
    assert "hubspoke plan people-to-contacts" in refused.err
    assert hubspot.state()["creates"] == []


def test_a_plan_is_filtered_and_kept_as_a_file(shell: Shell) -> None:
    plan = planned(shell)
    assert [line["id"] for line in shell.run("diff", plan, "--filter", "number le 2", "--jsonl").lines] == [1, 2]
    wrong = shell.run("diff", plan, "--filter", 'colour eq "red"')
    assert wrong.code == 1
    assert "an entry has no colour" in wrong.err
    for ending in ("csv", "jsonl", "html"):
        file = shell.folder / f"plan.{ending}"
        assert shell.run("diff", plan, "--out", str(file)).code == 0
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with (shell.folder / "plan.csv").open(encoding="utf-8") as rows:
        assert {row["action"] for row in csv.DictReader(rows)} == {"CREATE"}
    lines = (shell.folder / "plan.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(range(1, PEOPLE + 1))
    assert (shell.folder / "plan.html").read_text(encoding="utf-8").endswith("</table></body></html>")


@pytest.mark.parametrize(("name", "words"), [("plan.txt", "ends in none of"), ("taken.csv", "is there already")])
def test_a_file_that_cannot_be_is_refused_and_nothing_is_lost(shell: Shell, name: str, words: str) -> None:
    plan = planned(shell)
    (shell.folder / "taken.csv").write_text("mine")
    refused = shell.run("diff", plan, "--out", str(shell.folder / name))
    assert (refused.code, words in refused.err) == (1, True)
    assert (shell.folder / "taken.csv").read_text() == "mine"
