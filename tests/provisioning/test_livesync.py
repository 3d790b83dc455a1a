"""HubSpot follows the source: changes are written once, rest is rest, guards end it, troubles pass."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.provisioning.plan_support import HEADER, MAPPING
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator() as hubspot:
        yield hubspot


@pytest.fixture
def hubspot(running: Simulator) -> Simulator:
    running.reset()
    running.faults()
    return running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    (tmp_path / "people.toml").write_text(MAPPING)
    return connected(tmp_path, hubspot)


def people(shell: Shell, *names: str) -> None:
    rows = [f"{name},{name}@example.org,{name.title()},Lee,,true" for name in names]
    part = shell.folder / "people.csv.part"
    part.write_text("\n".join([HEADER, *rows]) + "\n")
    part.rename(shell.folder / "people.csv")


def test_once_is_fit_for_cron(shell: Shell, hubspot: Simulator) -> None:
    people(shell, "ann", "bob")
    refused = shell.run("livesync", "./people.toml", "--once")
    assert (refused.code, hubspot.log()) == (2, [])
    first = shell.run("livesync", "./people.toml", "--once", "--yes")
    assert first.code == 0, first.err
    assert "CREATE 2" in first.out
    writes = len(hubspot.log())
    second = shell.run("livesync", "./people.toml", "--once", "--yes", "--jsonl")
    assert (second.code, second.lines[0]["outcome"], second.lines[0]["read"]) == (0, "nothing", 2)
    assert len(hubspot.log()) == writes
    assert set(hubspot.by_email()) == {"ann@example.org", "bob@example.org"}


def test_it_follows_until_it_is_stopped(shell: Shell, hubspot: Simulator) -> None:
    people(shell, "ann")
    process = shell.start("livesync", "./people.toml", "--yes", "--interval", "0.2", "--jsonl")
    assert process.stdout is not None
    seen: list[dict[str, object]] = []

    def until(outcome: str) -> dict[str, object]:
        assert process.stdout is not None
        end = time.monotonic() + 20
        while time.monotonic() < end:
            seen.append(json.loads(process.stdout.readline()))
            if seen[-1]["outcome"] == outcome:
                return seen[-1]
        raise AssertionError(seen)

    try:
        assert until("applied")["read"] == 1
        until("nothing")
        people(shell, "ann", "carl")
        until("applied")
        assert set(hubspot.by_email()) == {"ann@example.org", "carl@example.org"}
        (shell.folder / "people.csv").unlink()
        assert "does not exist" in str(until("waiting")["message"])
        people(shell, "ann", "carl", "dora")
        until("applied")
        assert len(hubspot.log("create")) == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143
        done = shell.run("runs", "list", "--json")
        assert [run["state"] for run in done.json] == ["done", "done", "done"]
    finally:
        process.kill()
        process.communicate()


def test_what_a_guard_holds_is_left_for_a_human(shell: Shell, hubspot: Simulator) -> None:
    guarded = MAPPING + '\n[policy]\nSOURCE_MISSING = "DELETE"\n[guard]\ndeletes = "1"\n'
    (shell.folder / "people.toml").write_text(guarded)
    people(shell, "ann", "bob", "carl", "dora")
    assert shell.run("livesync", "./people.toml", "--once", "--yes").code == 0
    people(shell, "ann", "bob")
    for words in (("--once",), ("--interval", "0.2")):
        held = shell.run("livesync", "./people.toml", "--yes", *words)
        assert held.code == 4, held.err
        assert "2 deletes" in held.err
        assert "hubspoke apply" in held.err
    assert len(hubspot.dump()) == 4


def test_a_wrong_mapping_ends_it_at_once(shell: Shell) -> None:
    people(shell, "ann")
    (shell.folder / "people.toml").write_text(MAPPING.replace("'source.mail'", "'source.nonsense('"))
    done = shell.run("livesync", "./people.toml", "--yes", "--interval", "0.2")
    assert done.code == 1
    assert "people.toml" in done.err
