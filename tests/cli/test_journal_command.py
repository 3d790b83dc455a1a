"""The record by the command: verify, prune, person, forget, export, receipts, four eyes and notice."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from console.cli.context import Context
from console.cli.journal import anchors, keep_anchor
from console.cli.output import Output
from console.journal.leftovers import files_with, needles
from console.journal.model import Approver
from console.session import Session
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.vault import MemoryVault
from tests.cli.shell import Shell, connected
from tests.support.people import create_half, person, write_people
from tests.support.simulator import Simulator, start_simulator

PEOPLE = 12
EMAIL = person(7)["mail"]


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    hubspot.reset()
    create_half(hubspot, PEOPLE)
    write_people(tmp_path, PEOPLE)
    return connected(tmp_path, hubspot)


@pytest.fixture(scope="module")
def provisioned_once(tmp_path_factory: pytest.TempPathFactory, hubspot: Simulator) -> tuple[Shell, dict[str, Any]]:
    """A folder with one finished run, to be copied."""
    folder = tmp_path_factory.mktemp("once")
    hubspot.reset()
    create_half(hubspot, PEOPLE)
    write_people(folder, PEOPLE)
    shell = connected(folder, hubspot)
    return shell, provisioned(shell)


@pytest.fixture
def lived(tmp_path: Path, provisioned_once: tuple[Shell, dict[str, Any]]) -> tuple[Shell, dict[str, Any]]:
    """Somebody with one finished run, and the run."""
    before, run = provisioned_once
    shutil.copytree(before.folder, tmp_path, dirs_exist_ok=True)
    return Shell(tmp_path, dict(before.environ)), run


def provisioned(shell: Shell, *words: str) -> dict[str, Any]:
    done = shell.run("provision", "./people-to-contacts.toml", "--yes", "--attached", "--json", *words)
    assert done.code == 0, done.err
    return dict(done.json)


def tampered(shell: Shell, statement: str) -> None:
    with closing(sqlite3.connect(shell.state / "journal.sqlite", isolation_level=None)) as connection:
        assert connection.execute(statement).rowcount


def settings(shell: Shell, **values: Any) -> None:
    path = shell.config / "settings.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text() if path.exists() else ""
    path.write_text(before + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))


def test_a_person_is_followed_then_forgotten_and_the_record_holds(lived: tuple[Shell, dict[str, Any]]) -> None:
    shell, run = lived
    (shell.state / "runs").mkdir(exist_ok=True)
    log = shell.state / "runs" / f"{run['plan']}.log"
    log.write_text(f"one line\n{EMAIL} is spoken of\n")
    report = shell.run("runs", "report", run["id"], "--format", "csv").out
    (shell.state / "kept.csv").write_text(report)

    trail = shell.run("journal", "person", EMAIL.upper(), "--json").json
    assert [(line["run"], line["action"], line["state"]) for line in trail] == [(run["id"], "CREATE", "done")]
    assert trail[0]["approvedBy"]
    assert "after" not in trail[0]["changes"][0]

    done = shell.run("journal", "forget", "-", "--yes", "--json", given=f"{EMAIL}\n")
    assert done.code == 0, done.out + done.err
    told = done.json
    assert told["complete"]
    assert told["chainHolds"]
    assert (told["journal"]["entries"], told["journal"]["links"]) == (1, 1)
    assert set(told["files"]) == {str(log), str(shell.state / "kept.csv")}
    assert [one["id"] for one in told["inHubSpot"]] == [trail[0]["uid"]]

    wanted = needles([EMAIL, person(7)["sn"], person(7)["telephone"], person(7)["employee_id"]])
    assert files_with(shell.state, wanted) == []
    assert files_with(shell.config, wanted) == []
    assert log.read_text().startswith("one line\n")
    assert shell.run("journal", "verify").code == 0
    tampered(shell, "UPDATE entries SET written_uid = '1' WHERE number = 7")
    found = shell.run("journal", "verify")
    assert found.code == 1
    assert f"FOUND plan {run['plan']}, entry 7" in found.out


def test_a_person_is_forgotten_in_every_folder(lived: tuple[Shell, dict[str, Any]]) -> None:
    shell, run = lived
    who = person(7)
    for words in (
        ("people", "add", f"userName={EMAIL}", f"mail={EMAIL}", f"familyName={who['sn']}"),
        ("people", "add", "userName=boss", "mail=boss@example.org", f"assistant={EMAIL}", f"note=ask {EMAIL}"),
        ("snapshot", "take", "contact", "--yes"),
        ("runs", "report", run["id"], "--format", "jsonl"),
    ):
        done = shell.run(*words)
        assert done.code == 0, done.err
    for name in ("requests.jsonl", "requests.jsonl.1"):
        with (shell.state / name).open("a") as file:
            file.write(f'{{"path": "/of/{EMAIL}"}}\n')
    (shell.state / "setup.json").write_text(json.dumps({"source": f"ldaps://x/?(mail={EMAIL})"}))
    wanted = needles([EMAIL, who["sn"], who["telephone"], who["employee_id"]])
    held = {path.name.removesuffix("-wal") for path in files_with(shell.state, wanted)}
    assert {"people.sqlite", "setup.json", "requests.jsonl", "requests.jsonl.1", "journal.sqlite"} <= held
    assert any(name.endswith("-contact.snapshot") for name in held)

    done = shell.run("journal", "forget", EMAIL, "--yes", "--json")
    assert done.code == 0, done.out + done.err
    assert done.json["places"] == {"managed repository": 1, "snapshots": 1}
    assert [path.name for folder in (shell.state, shell.config) for path in files_with(folder, wanted)] == []
    people = shell.run("people", "list", "--format", "jsonl").lines
    assert [one["userName"] for one in people] == ["boss"]
    assert shell.run("snapshot", "show", "contact").code == 0
    assert not (shell.state / "setup.json").exists()
    open_ones = {path.name for path in shell.state.rglob("*") if path.is_file() and path.stat().st_mode & 0o077}
    assert open_ones == {"requests.jsonl.1"}  # made by this test


def test_what_is_left_is_said(lived: tuple[Shell, dict[str, Any]]) -> None:
    shell, _ = lived
    shown = shell.run("journal", "person", EMAIL, "--with-values")
    assert f"lastname: - -> {person(7)['sn']}" in shown.out
    refused = shell.run("journal", "forget", EMAIL)
    assert refused.code == 2
    assert "--yes" in refused.err
    (shell.state / "mine.xlsx").write_bytes(b"PK" + EMAIL.encode())
    done = shell.run("journal", "forget", EMAIL, "--yes")
    assert done.code == 1
    assert f"STILL THERE {shell.state / 'mine.xlsx'}" in done.out
    assert "HubSpot still has contact" in done.err
    assert shell.run("journal", "forget", "not an address", "--yes").code == 2


def test_pruned_plans_keep_their_numbers_only(lived: tuple[Shell, dict[str, Any]]) -> None:
    shell, run = lived
    before = shell.run("runs", "show", run["id"], "--json").json
    done = shell.run("journal", "prune", "--older-than", "0", "--json")
    assert done.code == 0, done.err
    assert (done.json["plans"], done.json["entries"]) == ([run["plan"]], PEOPLE)
    assert files_with(shell.state, needles([EMAIL, person(3)["sn"], "Given"])) == []
    assert shell.run("runs", "show", run["id"], "--json").json == before
    receipt = shell.run("runs", "receipt", run["id"])
    assert receipt.code == 0, receipt.err
    assert f"{PEOPLE} done" in receipt.out
    assert "can be taken back any more" in " ".join(receipt.out.split())
    assert shell.run("journal", "verify").code == 0


def test_the_journal_as_lines(lived: tuple[Shell, dict[str, Any]], tmp_path: Path) -> None:
    shell, run = lived
    lines = shell.run("journal", "export").lines
    kinds = {line["type"] for line in lines}
    assert kinds == {"plan", "entry", "run", "link", "audit"}
    assert not any(word in json.dumps(lines).lower() for word in (EMAIL.lower(), person(7)["sn"].lower()))
    assert [line["id"] for line in lines if line["type"] == "run"] == [run["id"]]
    old = os.umask(0)
    try:
        done = shell.run("journal", "export", "all.jsonl", "--with-values")
    finally:
        os.umask(old)
    assert done.code == 0, done.err
    file = tmp_path / "all.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert person(7)["sn"] in file.read_text()
    assert len(file.read_text().splitlines()) == len(lines)


def test_a_receipt_is_proof_of_what_was_before_it(lived: tuple[Shell, dict[str, Any]]) -> None:
    shell, run = lived
    text = shell.run("runs", "receipt", run["id"]).out
    assert max(map(len, text.splitlines())) <= 78
    for word in (run["id"], run["plan"], "approved", "429", "audit chain", "can be taken back whole"):
        assert word in " ".join(text.split())
    assert not any(person(number)["mail"].lower() in text.lower() for number in range(1, PEOPLE + 1))
    page = shell.run("runs", "receipt", run["id"], "--format", "html").out
    assert "default-src &#x27;none&#x27;" in page
    assert "<script" not in page
    head = shell.run("runs", "receipt", run["id"], "--format", "json").json["head"]
    assert shell.run("journal", "verify", "--head", "nonsense").code == 2
    tampered(shell, "DELETE FROM chain WHERE position > 2")
    assert shell.run("journal", "verify", "--head", head).code == 1


def test_four_eyes_want_another_person(shell: Shell) -> None:
    mapping = shell.folder / "people-to-contacts.toml"
    mapping.write_text(mapping.read_text() + "\n[guard]\nfour_eyes = true\n")
    alone = shell.run("provision", "./people-to-contacts.toml", "--yes", "--attached")
    assert alone.code == 4
    assert "four eyes" in alone.err
    plan = alone.err.split("hubspoke apply ")[1].split()[0]
    if Path("/proc/self/loginuid").read_text() != "4294967295":
        return  # a login session: the kernel knows that we are the same person whatever we say
    shell.environ["SUDO_USER"] = "carol"
    done = shell.run("apply", plan, "--yes", "--attached", "--json")
    assert done.code == 0, done.err
    assert "carol" in shell.run("runs", "receipt", done.json["id"]).out


class Keeping(MemoryVault):
    """A vault that outlives this process, as far as anybody can tell."""

    persistent = True

    def bound(self, origin: str) -> Keeping:
        view = Keeping()
        view._origin, view._entries = origin, self._entries
        return view


async def test_the_vault_keeps_the_end_of_the_chain_that_was_verified(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path / "config", state=tmp_path / "state")
    vault, out = Keeping(), StringIO()
    context = Context(Namespace(head=[], json=False), paths, Output(out, out))
    profile = Profile(name="test", authentication="token")
    async with Session.open(paths, profile, vault) as session:
        journal = await session.journal
        await journal.record("note", Approver(login="ann"))
        before = {path.name: path.read_bytes() for path in paths.state.iterdir() if path.is_file()}
        await journal.record("note", Approver(login="bob"))
        assert await anchors(context, session, journal) == []
        verdict = await journal.verify()
        assert verdict.head is not None
        await keep_anchor(context, session, verdict.head)
    for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "journal.head"):
        (paths.state / name).unlink(missing_ok=True)
        if name in before:
            (paths.state / name).write_bytes(before[name])  # the folder as it was before bob
    async with Session.open(paths, profile, vault) as session:
        journal = await session.journal
        assert (await journal.verify()).sound
        kept = await anchors(context, session, journal)
        assert [place for place, _ in kept] == ["the memory"]
        assert "the memory knows row 2" in (await journal.verify(kept)).findings[0].message


async def test_an_undone_run_and_its_undo_hold(lived: tuple[Shell, dict[str, Any]]) -> None:
    shell, run = lived
    undone = shell.run("runs", "undo", run["id"], "--yes", "--attached", "--accept", f"deletes={PEOPLE // 2}")
    assert undone.code == 0, undone.err
    verdict = shell.run("journal", "verify", "--json").json
    assert verdict["findings"] == []
    assert verdict["runs"] == 2
    assert "taken back already" in " ".join(shell.run("runs", "receipt", run["id"]).out.split())


def teller(folder: Path, body: str) -> list[str]:
    """A program for `notify`."""
    script = folder / "tell.py"
    script.write_text(f"import os, sys, json, time\nout = {str(folder / 'told.jsonl')!r}\n{body}\n")
    return [sys.executable, str(script)]


SAY = (
    "with open(out, 'a') as f:\n"
    "    env = {k: v for k, v in os.environ.items() if k.startswith('HUBSPOKE_')}\n"
    "    f.write(json.dumps([sys.argv[1:], env]) + '\\n')"
)


def test_a_program_is_told_how_a_run_ended_and_of_guards(shell: Shell, hubspot: Simulator) -> None:
    settings(shell, notify=[*teller(shell.folder, SAY), "--to ops; rm -rf /"])
    run = provisioned(shell)
    mapping = shell.folder / "people-to-contacts.toml"
    mapping.write_text(
        mapping.read_text().replace("phone = 'source.telephone'", 'phone = { value = \'""\', empty = "clear" }')
        + '\n[guard]\nclears = "1"\n'
    )
    assert shell.run("provision", "./people-to-contacts.toml", "--yes", "--attached").code == 4
    (ended, held) = [json.loads(line) for line in (shell.folder / "told.jsonl").read_text().splitlines()]
    assert ended[0] == ["--to ops; rm -rf /", "finished", run["id"], "done"]
    assert ended[1]["HUBSPOKE_RUN"] == run["id"]
    assert ended[1]["HUBSPOKE_DONE"] == str(PEOPLE)
    assert "HUBSPOKE_ACCESS_TOKEN" not in ended[1]
    assert held[0][1] == "guard"
    assert held[1]["HUBSPOKE_GUARDS"] == f"clears {PEOPLE} of 1"
    assert not files_with(shell.folder / "told.jsonl", needles([EMAIL]))
    events = [line for line in shell.run("journal", "export").lines if line["type"] == "audit"]
    assert [event["detail"] for event in events if event["kind"] == "notify"] == [
        "finished: exit code 0", "guard: exit code 0",
    ]  # fmt: skip


@pytest.mark.parametrize("line", ['notify = "tell --all"', "retention_days = -1"])
def test_wrong_preferences_are_told_with_their_line(shell: Shell, line: str) -> None:
    path = shell.config / "settings.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line + "\n")
    done = shell.run("profile", "list")
    assert done.code == 1
    assert "settings.toml:1" in done.err


def test_cron_hears_nothing_when_nothing_changed(shell: Shell) -> None:
    first = shell.run("provision", "./people-to-contacts.toml", "--yes", "--attached", "--quiet")
    assert first.code == 0, first.err
    assert "done" in first.out  # something was written: that is worth a mail
    second = shell.run("provision", "./people-to-contacts.toml", "--yes", "--attached", "--quiet")
    assert (second.code, second.out, second.err) == (0, "", "")
