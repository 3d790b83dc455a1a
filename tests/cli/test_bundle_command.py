"""The support bundle holds what helps and nothing that hurts: searched for canaries of secrets and people."""

from __future__ import annotations

import asyncio
import getpass
import json
import socket
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.hubspot.requestfile import RequestFile, request_file
from console.hubspot.requestlog import RequestEntry
from console.journal.journal import Journal, Settlement
from console.journal.model import Action, Approver, Change, EntryState, NewEntry, Payload, Plan, Situation, Undo
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from screens.apology import apology
from tests.cli.shell import Shell, connected
from tests.support.simulator import Simulator, start_simulator

SECRETS = ("canary-token-9d1", "canary-proxy-user", "canary-notify-word")
PEOPLE = (
    "canary.person@acme.example",
    "Canary Label",
    "canary-cause-value",
    "canary-source",
    "canary-login",
    "E-canary",
)
FILES = {
    "README.txt", "versions.json", "doctor.json", "profile.json", "requests.jsonl", "journal.json", "runs.json",
    "problems.jsonl", "crashes.txt",
}  # fmt: skip


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=3) as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    """Somebody with settings, a run that failed, requests and a crash, all of them full of canaries."""
    made = connected(tmp_path, hubspot)
    made.environ["HUBSPOKE_CLIENT_SECRET"] = SECRETS[0]
    paths = Paths.resolve(str(made.config), str(made.state))
    Profiles(paths).save(
        Profile(
            name="acme",
            authentication="token",
            api_base_url=hubspot.url,
            http_proxy_host="127.0.0.1",
            http_proxy_port=9,
            http_proxy_user=SECRETS[1],
            no_proxy=("127.0.0.1",),
        )
    )
    paths.settings_file.write_text(f'vault = "memory"\nnotify = ["/bin/true", "{SECRETS[2]}"]\n')
    asyncio.run(_failed_run(paths))
    entry = RequestEntry(at=1.0, method="GET", path="/crm/objects/2026-09/contacts/{key}", status=404, id="00beef")
    file = RequestFile(request_file(paths), "acme")
    file.add(entry)
    file.close()
    try:
        int(f"{PEOPLE[0]} {SECRETS[0]}")
    except ValueError as error:
        apology(error, paths.log)
    return made


async def _failed_run(paths: Paths) -> None:
    journal = await Journal.open(paths.journal, master_key=None)
    try:
        head = Plan(
            id="", mapping="people", object_class="contact", portal_id=1, source=f"{PEOPLE[3]}.csv", created_at=""
        )
        plan = await journal.new_plan(head)
        payload = Payload(
            source_id=PEOPLE[5], label=PEOPLE[1], key=PEOPLE[0], changes=(Change(name="email", after=PEOPLE[0]),)
        )
        entry = NewEntry(
            number=1,
            situation=Situation.ABSENT,
            action=Action.CREATE,
            undo=Undo.FULL,
            payload=payload,
            key_digest=b"0001",
        )
        await journal.add_entries(plan.id, [entry])
        plan = await journal.finish_plan(plan)
        run = await journal.approve(plan, Approver(login=PEOPLE[4], via="10.0.0.9"))
        run = await journal.begin_run(run.id, f"{PEOPLE[4]}@host")
        await journal.claim(run, [1])
        cause = f"{PEOPLE[2]} is not valid"
        await journal.settle(run, [Settlement(number=1, state=EntryState.FAILED, outcome=PEOPLE[0], cause=cause)])
    finally:
        await journal.close()


def files(shell: Shell) -> set[Path]:
    """All of them, but for those that SQLite makes for a reader."""
    return {path for path in shell.folder.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm"))}


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name.removeprefix("hubspoke-bundle/"): archive.read(name) for name in archive.namelist()}


def test_it_is_listed_first_and_written_only_when_asked(shell: Shell) -> None:
    before = files(shell)
    done = shell.run("bundle")
    assert done.code == 0, done.err
    assert all(name in done.out for name in FILES)
    assert "Nothing was written" in done.err
    assert files(shell) == before
    listed = shell.run("bundle", "--json").json
    assert {part["id"] for part in listed} == FILES
    assert not any(part["personal"] for part in listed)


def test_no_secret_and_nobody_is_in_it(shell: Shell) -> None:
    target = shell.folder / "bundle.zip"
    done = shell.run("bundle", "--out", str(target))
    assert done.code == 0, done.err
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    parts = unpacked(target)
    assert set(parts) == FILES
    everything = b"\n".join(parts.values()).decode()
    for canary in (*SECRETS, *PEOPLE, shell.environ["HUBSPOKE_ACCESS_TOKEN"], "10.0.0.9", str(shell.folder)):
        assert canary not in everything, canary
    for name in (getpass.getuser(), socket.gethostname()):
        assert f"{name}@" not in everything
    assert json.loads(parts["journal.json"])["entries"] == {"failed": 1}
    assert json.loads(parts["problems.jsonl"])["cause"] == "other"
    assert json.loads(parts["runs.json"])[0]["counts"]["state"] == {"failed": 1}
    assert json.loads(parts["profile.json"])["settings"]["httpProxyUser"] == "(set)"
    assert "00beef" in parts["requests.jsonl"].decode()
    assert "ValueError" in parts["crashes.txt"].decode()
    again = shell.run("bundle", "--out", str(target))
    assert again.code == 1
    assert "already" in again.err


def test_values_have_to_be_asked_for_and_are_marked(shell: Shell) -> None:
    target = shell.folder / "values.zip"
    done = shell.run("bundle", "--with-values", "--out", str(target))
    assert done.code == 0, done.err
    assert "PERSONAL DATA" in done.out
    parts = unpacked(target)
    assert PEOPLE[0] in parts["problems-with-values.jsonl"].decode()
    assert "PERSONAL DATA" in parts["README.txt"].decode()
    everything = b"\n".join(parts.values()).decode()
    assert not [canary for canary in (*SECRETS, shell.environ["HUBSPOKE_ACCESS_TOKEN"]) if canary in everything]


def test_one_file_can_be_read_and_the_log_twin_agrees(shell: Shell) -> None:
    shown = shell.run("bundle", "--show", "requests.jsonl")
    assert "00beef" in shown.out
    assert shell.run("bundle", "--show", "nothing").code == 2
    table = shell.run("log", "404")
    assert "00beef" in table.out
    assert "127.0.0.1" in shell.run("log", "--curl", "00beef").out
    assert [line["id"] for line in shell.run("log", "--jsonl").lines][:1] == ["00beef"]
    assert "No such request" in shell.run("log", "nowhere").err
    assert shell.run("log", "--curl", "ffffff").code == 1


def test_requests_of_other_commands_are_in_the_log(shell: Shell) -> None:
    assert shell.run("search", "contact", 'email sw "canary-searched"').code == 0
    entries = shell.run("log", "--jsonl", "search").lines
    assert entries
    assert all(entry["profile"] == "acme" and entry["pid"] for entry in entries)
    assert "canary-searched" not in request_file(Paths.resolve(str(shell.config), str(shell.state))).read_text()
