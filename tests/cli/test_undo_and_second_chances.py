"""Canary, dead letters and erasing from a shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.support.people import write_people
from tests.support.simulator import Simulator, start_simulator
from tests.support.terminal import Terminal

PEOPLE = 12


@pytest.fixture
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    write_people(tmp_path, PEOPLE)
    return connected(tmp_path, hubspot)


def planned(shell: Shell) -> str:
    """A fresh plan's id."""
    done = shell.run("plan", "./people-to-contacts.toml", "--json")
    assert done.code == 0, done.err
    return str(done.json["id"])


def test_the_first_five_then_the_rest(shell: Shell, hubspot: Simulator) -> None:
    plan = planned(shell)
    paused = shell.run("apply", plan, "--yes", "--first", "5", "--json")
    assert (paused.code, paused.json["state"], paused.json["states"]["done"]) == (5, "paused", 5)
    assert "first 5 writes" in paused.json["message"]
    assert len(hubspot.dump()) == 5
    assert shell.run("runs", "resume", paused.json["id"]).code == 0
    assert len(hubspot.dump()) == PEOPLE
    assert shell.run("apply", plan, "--first", "none").code == 2


def test_dead_letters_are_listed_tried_again_mended_and_given_up(shell: Shell, hubspot: Simulator) -> None:
    hubspot.rules("contacts.jobtitle@lastname=Titled")
    with (shell.folder / "people.csv").open("a") as file:
        file.writelines(f"E90000{n},titled{n}@example.com,No,Titled,+44200000,Sales\n" for n in range(3))
    run = shell.run("provision", "./people-to-contacts.toml", "--yes", "--json")
    assert (run.code, run.json["states"]["failed"]) == (3, 3)
    letters = shell.run("runs", "dead-letters", run.json["id"], "--jsonl").lines
    assert {letter["state"] for letter in letters} == {"failed"}
    first, second, third = (str(letter["id"]) for letter in letters)
    assert first in shell.run("runs", "dead-letters", run.json["id"]).out
    assert shell.run("runs", "retry", run.json["id"], first, "--json").json["states"]["failed"] == 3
    assert shell.run("runs", "edit", run.json["id"], first, "jobtitle=Clerk").code == 2
    assert shell.run("runs", "edit", run.json["id"], first, "jobtitle=Clerk", "--yes").code == 0
    assert [one["jobtitle"] for one in hubspot.dump().values() if one["lastname"] == "Titled"] == ["Clerk"]
    assert shell.run("runs", "discard", run.json["id"]).code == 2
    assert shell.run("runs", "discard", run.json["id"], second).code == 0
    assert [letter["id"] for letter in shell.run("runs", "dead-letters", run.json["id"], "--jsonl").lines] == [
        int(third)
    ]
    assert shell.run("runs", "discard", run.json["id"], "--all").code == 0
    assert shell.run("runs", "dead-letters", run.json["id"], "--jsonl").lines == []


def test_erasing_is_typed(shell: Shell, hubspot: Simulator) -> None:
    mapping = shell.folder / "people-to-contacts.toml"
    policy = '[policy]\nSOURCE_MISSING = "DELETE"\n[guard]\ndeletes = 50\n[deletion]\nhow = "gdpr_delete"\n'
    mapping.write_text(f"{mapping.read_text()}\n{policy}")
    assert shell.run("provision", "./people-to-contacts.toml", "--yes").code == 0
    people = shell.folder / "people.csv"
    people.write_text("".join(people.read_text().splitlines(keepends=True)[:-2]))
    plan = planned(shell)
    refused = shell.run("apply", plan, "--yes")
    assert refused.code == 4
    assert "--accept gdpr=2" in refused.err
    with Terminal(
        shell.command("apply", plan), environment=shell.environment(), cwd=shell.folder, columns=120, rows=40
    ) as terminal:
        terminal.wait("Type yes:")
        terminal.press("yes", "enter")
        terminal.wait("Type erase 2:")
        terminal.press("erase 2", "enter")
        assert terminal.wait_end(20) == 0
    assert len(hubspot.dump()) == PEOPLE - 2
    assert all(values == {} for values in hubspot.dump(archived=True).values())
