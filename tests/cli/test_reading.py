"""Reading from a simulator by the command: formats, filters, errors; and records that try to steer the terminal."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.support.simulator import Simulator, start_simulator
from tests.support.terminal import Terminal

FOREIGN = ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=30, companies=10, hostile=True) as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    return connected(tmp_path, hubspot)


def controls(text: str) -> set[str]:
    """Characters that act on a terminal, but for the line feed."""
    return {character for character in text if character != "\n" and unicodedata.category(character) in FOREIGN}


def test_the_connection_test_passes_and_names_its_stages(shell: Shell) -> None:
    done = shell.run("test")
    assert done.code == 0, done.err
    told = shell.run("test", "--json").json
    assert told["ok"] is True
    assert len(told["stages"]) >= 6
    assert all({"id", "state", "milliseconds"} <= set(stage) for stage in told["stages"])


def test_the_log_file_has_the_requests_of_the_connection_test(shell: Shell, tmp_path: Path) -> None:
    log = tmp_path / "requests.log"
    assert shell.run("test", "--log-file", str(log)).code == 0
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    # whether it may write is asked with a change of record 0, which is not found
    assert {(entry["method"], entry["status"]) for entry in entries} == {("GET", 200), ("PATCH", 404)}
    assert any("contacts" in entry["path"] for entry in entries)
    assert log.stat().st_mode & 0o777 == 0o600
    shell.environ["HUBSPOKE_ACCESS_TOKEN"] = "pat-na1-wrong"
    assert shell.run("test", "--log-file", str(log)).code == 1
    assert json.loads(log.read_text().splitlines()[-1])["status"] == 401


def test_the_log_file_has_every_request_of_a_long_command(shell: Shell, tmp_path: Path) -> None:
    log = tmp_path / "requests.log"
    uids = [record["id"] for record in shell.run("search", "contact", "--limit", "1", "--json").json]
    script = "\n".join(f"connector.get('contact', '{uid}')" for uid in uids * 520)
    (tmp_path / "many.py").write_text(script)
    done = shell.run("script", str(tmp_path / "many.py"), "--timeout", "50", "--log-file", str(log))
    assert done.code == 0, done.err
    assert len(log.read_text().splitlines()) >= 520


def test_a_wrong_token_fails_the_test_with_what_to_do(shell: Shell) -> None:
    shell.environ["HUBSPOKE_ACCESS_TOKEN"] = "pat-na1-wrong"
    done = shell.run("test", "--json")
    assert done.code == 1
    (failed,) = [stage for stage in done.json["stages"] if stage["state"] == "fail"]
    assert failed["advice"]
    assert "pat-na1-wrong" not in done.out + done.err
    searched = shell.run("search", "contact")
    assert searched.code == 1
    assert "credentials set" in searched.err
    assert "pat-na1-wrong" not in searched.err


def test_an_unreachable_host_fails_the_test_at_its_stage(shell: Shell) -> None:
    assert shell.run("profile", "set", "apiBaseUrl=http://127.0.0.1:9").code == 0
    done = shell.run("test", "--json")
    assert done.code == 1
    states = {stage["id"]: stage["state"] for stage in done.json["stages"]}
    assert "fail" in states.values()
    assert "skipped" in states.values()


def test_a_search_by_filter_answers_in_every_format(shell: Shell, hubspot: Simulator) -> None:
    email, values = next(
        (email, values) for email, values in hubspot.by_email().items() if email.isascii() and "'" not in email
    )
    words = ("search", "contact", f'email eq "{email}"', "--fields", "email,lastname")
    expected = {"email": email, "lastname": values["lastname"]}
    (record,) = shell.run(*words, "--format", "json").json
    assert record["properties"] == expected
    assert record["id"].isdigit()
    (line,) = shell.run(*words, "--jsonl").lines
    assert line == record
    table = shell.run(*words)
    assert table.out.splitlines()[0].split() == ["ID", "EMAIL", "LASTNAME"]
    assert record["id"] in table.out
    rows = list(csv.DictReader(io.StringIO(shell.run(*words, "--format", "csv").out)))
    assert rows == [{"id": record["id"], **expected}]


def test_sort_limit_and_companies(shell: Shell) -> None:
    found = shell.run("search", "company", "--sort", "-name", "--limit", "5", "--json").json
    names = [record["properties"]["name"] for record in found]
    assert len(names) == 5
    assert names == sorted(names, key=str.lower, reverse=True)
    assert shell.run("search", "company", "--limit", "0").code == 2


def test_a_wrong_filter_shows_where(shell: Shell) -> None:
    done = shell.run("search", "contact", 'email sww "a"')
    assert done.code in (1, 2)
    assert "^" in done.err
    assert "Traceback" not in done.err


def test_one_record_is_read_live_and_a_missing_one_is_said(shell: Shell) -> None:
    (record,) = shell.run("search", "contact", "--limit", "1", "--json").json
    read = shell.run("get", "contact", record["id"], "--json").json
    assert read["id"] == record["id"]
    assert set(record["properties"]) <= set(read["properties"])
    shown = shell.run("get", "contact", record["id"], "--fields", "email")
    assert shown.out.splitlines()[0].split() == ["id", record["id"]]
    missing = shell.run("get", "contact", "999999999")
    assert missing.code == 1
    assert "Traceback" not in missing.err


def test_the_schema_names_the_properties(shell: Shell) -> None:
    found = {item["id"]: item for item in shell.run("schema", "contact", "--json").json}
    assert found["email"]["writable"] is True
    assert found["createdate"]["writable"] is False
    assert "email" in shell.run("schema", "contact").out


def test_a_profile_that_is_switched_off_sends_nothing(shell: Shell, hubspot: Simulator) -> None:
    shell.run("profile", "set", "enabled=false")
    before = hubspot.state()["requests"]["total"]
    done = shell.run("search", "contact")
    assert done.code == 1
    assert "switched off" in done.err
    assert hubspot.state()["requests"]["total"] == before


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_hostile_records_reach_no_terminal(shell: Shell, form: str, hubspot: Simulator) -> None:
    fields = "email,firstname,lastname,company,jobtitle,phone,city"
    words = ("search", "contact", "--fields", fields, "--limit", "1000", "--format", form)
    piped = shell.run(*words)
    assert piped.code == 0, piped.err
    assert controls(piped.err) == set()
    if form != "csv":
        assert controls(piped.out) == set()
    with Terminal(shell.command(*words), environment=shell.environment(), columns=200) as terminal:
        assert terminal.wait_end(20) == 0
        text = terminal.raw.decode("utf-8").replace("\r\n", "\n")
    # the progress line is ours: it goes back to the line's beginning
    assert controls(text) <= {"\r"}
    assert "\\x1b" in text or "\\u001b" in text or form == "jsonl"


def test_hostile_values_survive_exactly_as_data(shell: Shell, hubspot: Simulator) -> None:
    stored = hubspot.dump()
    lines = shell.run("search", "contact", "--fields", "firstname,lastname", "--jsonl").lines
    hostile = [line for line in lines if any(controls(str(value)) for value in line["properties"].values())]
    assert hostile
    for line in hostile:
        for name, value in line["properties"].items():
            assert value == stored[line["id"]].get(name)


def test_the_request_log_holds_no_values(shell: Shell) -> None:
    log = shell.folder / "requests.jsonl"
    assert shell.run("search", "contact", 'email sw "canary"', "--log-file", str(log)).code == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines
    assert all({"method", "path", "status"} <= set(line) for line in lines)
    assert "canary" not in log.read_text()
    assert log.stat().st_mode & 0o077 == 0
