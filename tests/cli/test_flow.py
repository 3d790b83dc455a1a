"""From a file to HubSpot by the command: plan, diff, approve, apply, watch, steer, report, and every exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.settings.paths import Paths
from console.settings.profiles import Profiles
from tests.cli.shell import Shell, connected
from tests.support.people import create_half, differences, write_people
from tests.support.simulator import Simulator, start_simulator
from tests.support.terminal import Terminal

PEOPLE = 40
MANY = 2000


@pytest.fixture
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    write_people(tmp_path, PEOPLE)
    return connected(tmp_path, hubspot)


def planned(shell: Shell) -> dict[str, Any]:
    """A fresh plan."""
    done = shell.run("plan", "./people-to-contacts.toml", "--json")
    assert done.code == 0, done.err
    return dict(done.json)


def until(true: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come true")


def run_of(shell: Shell, plan_id: str) -> dict[str, Any]:
    """The run of a plan as it stands; empty when there is none yet."""
    done = shell.run("runs", "show", plan_id, "--json")
    return dict(done.json) if done.code == 0 else {}


def long_plan(shell: Shell, hubspot: Simulator) -> str:
    """A plan of several batches, two at a time on a slow HubSpot, so that its run can be met under way."""
    write_people(shell.folder, MANY)
    plan = planned(shell)
    profiles = Profiles(Paths.resolve(str(shell.config), str(shell.state)))
    profiles.save(msgspec.structs.replace(profiles.load("acme"), maximum_connections=2))
    hubspot.settings(latency=0.8)
    return str(plan["id"])


def equal(hubspot: Simulator) -> bool:
    """Whether HubSpot holds the many people, each created once."""
    return differences(hubspot, MANY) == [] and len(hubspot.state()["creates"]) == MANY


def test_from_plan_to_report(shell: Shell, hubspot: Simulator) -> None:
    create_half(hubspot, PEOPLE)
    plan = planned(shell)
    assert plan["actions"]["CREATE"] == PEOPLE / 2
    assert plan["actions"]["UPDATE"] == PEOPLE / 4
    assert plan["writes"] == PEOPLE * 3 / 4
    assert shell.run("plan", "./people-to-contacts.toml", "--exit-code").code == 8

    lines = shell.run("diff", plan["id"], "--jsonl").lines
    assert {line["action"] for line in lines} == {"CREATE", "UPDATE", "LINK"}
    (change,) = next(line for line in lines if line["action"] == "UPDATE")["changes"]
    assert (change["id"], change["before"]) == ("lastname", "Before")
    assert "lastname: Before -> Family" in shell.run("diff", plan["id"], "--action", "update").out
    rows = list(csv.DictReader(io.StringIO(shell.run("diff", plan["id"], "--format", "csv", "--action", "UPDATE").out)))
    assert len(rows) == PEOPLE / 4
    assert rows[0]["before"] == "Before"

    done = shell.run("apply", plan["id"], "--yes", "--json")
    assert done.code == 0, done.err
    assert done.json["state"] == "done"
    assert differences(hubspot, PEOPLE) == []
    run_id = done.json["id"]

    assert [run["id"] for run in shell.run("runs", "list", "--json").json] == [run_id]
    assert run_id in shell.run("runs", "list").out
    assert "done" in shell.run("runs", "show", run_id).out
    assert shell.run("runs", "watch", run_id).code == 0
    assert run_id in shell.run("runs", "report", run_id).out
    report = [json.loads(line) for line in shell.run("runs", "report", run_id, "--format", "jsonl").out.splitlines()]
    assert report[0]["id"] == run_id
    assert shell.run("runs", "report", run_id, "--format", "csv").out.count("\n") > PEOPLE / 2

    again = shell.run("plan", "./people-to-contacts.toml", "--exit-code", "--json")
    assert (again.code, again.json["writes"]) == (0, 0)
    nothing = shell.run("provision", "./people-to-contacts.toml", "--yes")
    assert nothing.code == 0
    assert "Nothing to write" in nothing.err


@pytest.mark.parametrize("words", [["apply", "PLAN"], ["provision", "./people-to-contacts.toml"]])
def test_nothing_is_written_without_a_word_from_a_human(shell: Shell, hubspot: Simulator, words: list[str]) -> None:
    plan = planned(shell)
    done = shell.run(*[plan["id"] if word == "PLAN" else word for word in words])
    assert done.code == 2
    assert "--yes" in done.err
    assert hubspot.state()["creates"] == []


def test_a_human_at_a_terminal_is_asked(shell: Shell, hubspot: Simulator) -> None:
    plan = planned(shell)
    command = shell.command("apply", plan["id"])
    with Terminal(command, environment=shell.environment(), cwd=shell.folder, columns=120, rows=40) as terminal:
        terminal.wait("Type yes:")
        assert str(hubspot.portal_id) in terminal.text
        terminal.press("no", "enter")
        assert terminal.wait_end() == 1
    assert hubspot.state()["creates"] == []
    with Terminal(command, environment=shell.environment(), cwd=shell.folder, columns=120, rows=40) as terminal:
        terminal.wait("Type yes:")
        terminal.press("yes", "enter")
        assert terminal.wait_end(20) == 0
    assert differences(hubspot, PEOPLE) == []


def test_ctrl_c_at_the_question_writes_nothing(shell: Shell, hubspot: Simulator) -> None:
    plan = planned(shell)
    with Terminal(shell.command("apply", plan["id"]), environment=shell.environment(), cwd=shell.folder) as terminal:
        terminal.wait("Type yes:")
        terminal.press("\x03")
        assert terminal.wait_end() == 130
    assert hubspot.state()["creates"] == []


def test_bad_rows_go_to_a_human_and_good_ones_go_on(shell: Shell, hubspot: Simulator) -> None:
    with (shell.folder / "people.csv").open("a") as file:
        file.write("E900001,nonsense,No,Address,+44200000,Sales\n")
    plan = planned(shell)
    assert plan["invalid"] == 1
    told = shell.run("diff", plan["id"], "--situation", "INVALID").out
    assert "line 42" in told
    done = shell.run("apply", plan["id"], "--yes")
    assert done.code == 6, done.err
    assert differences(hubspot, PEOPLE) == []
    assert "runs report" in done.err


def test_a_guard_holds_until_the_exact_number_is_accepted(shell: Shell, hubspot: Simulator) -> None:
    assert shell.run("provision", "./people-to-contacts.toml", "--yes").code == 0
    mapping = shell.folder / "people-to-contacts.toml"
    mapping.write_text(
        mapping.read_text().replace(
            "phone = 'source.telephone'", "phone = { value = 'source.telephone', empty = \"clear\" }"
        )
    )
    people = shell.folder / "people.csv"
    people.write_text(re.sub(r"\+44\d+", "", people.read_text()))
    plan = planned(shell)
    assert plan["clears"] == PEOPLE
    assert [guard["id"] for guard in plan["guards"] if guard["holds"]] == ["clears"]
    refused = shell.run("apply", plan["id"], "--yes")
    assert refused.code == 4
    assert f"--accept clears={PEOPLE}" in refused.err
    assert shell.run("apply", plan["id"], "--yes", "--accept", "clears=39").code == 4
    assert shell.run("apply", plan["id"], "--yes", "--accept", "everything").code == 2
    assert all("phone" in values for values in hubspot.by_email().values())
    assert shell.run("apply", plan["id"], "--yes", "--accept", f"clears={PEOPLE}").code == 0
    assert not any(values.get("phone") for values in hubspot.by_email().values())


def test_an_unknown_plan_and_a_wrong_mapping_are_said(shell: Shell) -> None:
    for words in (
        ("apply", "p-nothing", "--yes"),
        ("diff", "p-nothing"),
        ("runs", "show", "r-nothing"),
        ("runs", "pause", "r-nothing"),
    ):
        done = shell.run(*words)
        assert done.code == 1
        assert "nothing" in done.err
    done = shell.run("plan", "no-such-mapping")
    assert done.code == 1
    assert "no-such-mapping" in done.err
    mapping = shell.folder / "people-to-contacts.toml"
    mapping.write_text(mapping.read_text().replace("source.sn'", "source.sn +'"))
    checked = shell.run("mapping", "check", "./people-to-contacts.toml")
    assert checked.code == 1
    assert "people-to-contacts.toml:" in checked.out
    assert shell.run("plan", "./people-to-contacts.toml").code == 1


def test_a_mapping_is_suggested_checked_and_listed(shell: Shell) -> None:
    text = shell.run("mapping", "suggest", "people.csv")
    assert text.code == 0, text.err
    assert "[properties]" in text.out
    assert shell.run("mapping", "suggest", "people.csv", "--write", "mine").code == 0
    assert shell.run("mapping", "check", "mine").code == 0
    assert shell.run("mapping", "check", "mine", "--live", "--json").json == {
        "id": "mine",
        "valid": True,
        "problems": [],
    }
    assert [row["id"] for row in shell.run("mapping", "list", "--json").json] == ["mine"]
    assert shell.run("plan", "mine", "--json").json["actions"]["CREATE"] == PEOPLE


def test_of_two_at_once_one_is_told_and_watchers_come_and_go(shell: Shell, hubspot: Simulator) -> None:
    plan = long_plan(shell, hubspot)
    both = [shell.start("apply", plan, "--yes", "--attached") for _ in range(2)]
    until(lambda: hubspot.state()["creates"])
    ways = ((signal.SIGINT, 130), (signal.SIGHUP, 129), (signal.SIGTERM, 143))
    watchers = [shell.start("runs", "watch", plan, start_new_session=True) for _ in ways]
    time.sleep(2)  # a watcher says nothing before it is told to leave
    for watching, (number, code) in zip(watchers, ways, strict=True):
        watching.send_signal(number)
        _, err = watching.communicate(timeout=20)
        assert watching.returncode == code, err
        assert "goes on" in err
        assert "Traceback" not in err
    ended = {process.pid: process.communicate(timeout=50) for process in both}
    winner, loser = sorted(both, key=lambda process: process.returncode)
    assert (winner.returncode, loser.returncode) == (0, 7), ended
    assert f"process {winner.pid}" in ended[loser.pid][1]
    assert equal(hubspot)


def test_ctrl_c_pauses_what_is_attached_and_leaves_what_is_detached(shell: Shell, hubspot: Simulator) -> None:
    plan = long_plan(shell, hubspot)
    with shell.start("apply", plan, "--yes", "--attached", start_new_session=True) as running:
        until(lambda: hubspot.state()["creates"])
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "runs resume" in err
    assert "Traceback" not in err
    paused = run_of(shell, plan)
    assert paused["state"] == "paused"
    assert paused["states"].get("inflight", 0) == 0
    assert shell.run("runs", "watch", plan).code == 5

    with shell.start("runs", "resume", plan, start_new_session=True) as resumed:
        until(lambda: run_of(shell, plan)["state"] == "running")
        pid = int(re.findall(r"\d+", run_of(shell, plan)["owner"])[-1])
        seen = [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        resumed.send_signal(signal.SIGINT)
        resumed.communicate(timeout=20)
    assert resumed.returncode == 130
    assert plan.encode() in seen[0]
    assert hubspot.token.encode() not in b"".join(seen)
    assert os.getsid(pid) == pid
    assert shell.run("runs", "cancel", plan).code == 0
    assert shell.run("runs", "watch", plan).code == 1
    assert shell.run("runs", "resume", plan).code == 1
    assert run_of(shell, plan)["state"] == "cancelled"


def test_a_runner_that_cannot_begin_is_told_at_once(shell: Shell, hubspot: Simulator) -> None:
    plan = planned(shell)
    hubspot.credentials(staticWorks=False)
    done = shell.run("apply", plan["id"], "--yes")
    assert done.code == 1
    assert "Traceback" not in done.err
