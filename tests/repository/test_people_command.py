"""People by the command line, into HubSpot and back: added by hand, provisioned, pulled, previewed."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.support.simulator import Simulator, start_simulator

MAPPING = """\
version = 1
name = "managed"
source = "people:"
source_id = "id"
correlate = ["email"]
scope = 'active eq true'

[properties]
email = 'source.mail'
firstname = 'source.givenName'
"""


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    hubspot.reset()
    (tmp_path / "managed.toml").write_text(MAPPING)
    return connected(tmp_path, hubspot)


def test_a_person_from_hand_to_hubspot_and_back(shell: Shell, hubspot: Simulator) -> None:
    added = shell.run("people", "add", "userName=ann", "mail=ann@example.org", "givenName=Ann", "--json")
    assert added.code == 0, added.err
    assert "not sealed" in added.err
    uid = added.json["id"]
    assert added.json["attributes"] == {"mail": "ann@example.org", "givenName": "Ann"}
    assert shell.run("people", "show", "ANN", "--json").json == added.json
    store = shell.state / "people.sqlite"
    assert stat.S_IMODE(store.stat().st_mode) == 0o600

    done = shell.run("provision", "./managed.toml", "--yes", "--attached")
    assert done.code == 0, done.err
    (contact,) = hubspot.dump().values()
    assert (contact["email"], contact["firstname"]) == ("ann@example.org", "Ann")
    made = next(iter(hubspot.dump()))
    hubspot.request("PATCH", f"/crm/v3/objects/contacts/{made}", {"properties": {"jobtitle": "Chief"}})
    fields = ("--fields", "mail=email,givenName=firstname,jobtitle")
    pulled = shell.run("pull", "contact", "--to", "people:", *fields, "--json")
    assert (pulled.code, pulled.json["created"], pulled.json["updated"]) == (0, 0, 1), pulled.err  # met by the address
    met = shell.run("people", "show", "ann", "--json").json
    assert met["id"] == uid
    assert met["attributes"] == {"mail": "ann@example.org", "givenName": "Ann", "jobtitle": "Chief"}
    plan = shell.run("plan", "./managed.toml", "--json").json
    assert plan["writes"] == 0
    again = shell.run("pull", "contact", "--to", "people:", "--incremental", *fields, "--json")
    assert (again.json["mode"], again.json["unchanged"], again.json["updated"]) == ("incremental", 1, 0)
    preview = shell.run("sources", "preview", "people:", "--json")
    assert preview.json["kind"] == "people"
    assert preview.json["rows"][0]["values"]["jobtitle"] == "Chief"


def test_editing_and_its_refusals(shell: Shell) -> None:
    assert shell.run("people", "add", "userName=bob", "mail=b@example.org", "phone=1").code == 0
    edited = shell.run(
        "people", "edit", "bob", "phone=", "--from", "-", "--json", given='{"tags": ["a", 1], "active": false}'
    )
    assert edited.json["attributes"] == {"mail": "b@example.org", "tags": ["a", 1]}
    assert edited.json["active"] is False
    for words, code, told in (
        (("add", "mail=x"), 2, "userName"),
        (("add", "userName=BOB"), 1, "taken"),
        (("edit", "bob", "active=perhaps"), 2, "neither true nor false"),
        (("edit", "bob", "id=7"), 2, "cannot be set"),
        (("edit", "bob", "mail=y", "--if-change", "1"), 1, "changed meanwhile"),
        (("show", "nobody"), 1, "Nobody in the managed repository"),
        (("remove", "bob"), 2, "confirmation"),
    ):
        done = shell.run("people", *words)
        assert (done.code, told in done.err) == (code, True), (words, done.err)
    assert shell.run("people", "deactivate", "bob").code == 0
    shown = shell.run("people", "list", "--text", "B@EXAMPLE")
    assert "bob" in shown.out
    assert "1 of 1 people" in shown.err


def test_hostile_attributes_reach_no_terminal(shell: Shell) -> None:
    body = json.dumps({"userName": "eve", "note": "\x1b]0;owned\x07 \u202eevil"})
    assert shell.run("people", "add", "--from", "-", given=body).code == 0
    for words in (("list",), ("show", "eve"), ("list", "--format", "jsonl")):
        done = shell.run("people", *words)
        assert "\x1b" not in done.out
        assert "\u202e" not in done.out


def test_pulling_into_a_file_by_the_command(shell: Shell, hubspot: Simulator) -> None:
    hubspot.mutate("contacts", email="ann@example.org", firstname="Ann")
    done = shell.run("pull", "contact", "--to", "out.csv", "--fields", "email,firstname")
    assert (done.code, done.out) == (
        0,
        f"{shell.folder}/out.csv: 1 read (full); 1 new, 0 changed, 0 equal, 0 gone\n",
    )
    assert (shell.folder / "out.csv").read_text().endswith(",ann@example.org,Ann\n")
    wrong = shell.run("pull", "contact", "--to", "out.csv", "--fields", "emial", "--json")
    assert wrong.code == 1
    assert "Did you mean email?" in wrong.json["error"]["advice"]


def test_a_killed_pull_goes_on_and_two_at_once_are_one_too_many(shell: Shell, hubspot: Simulator) -> None:
    for start in range(0, 2500, 100):
        inputs = [{"properties": {"email": f"p{n}@example.org"}} for n in range(start, start + 100)]
        hubspot.post("/crm/v3/objects/contacts/batch/create", {"inputs": inputs})
    hubspot.settings(latency=0.2)
    words = ("pull", "contact", "--to", "out.jsonl", "--fields", "email")
    process = shell.start(*words)
    pulls = shell.state / "pulls"
    end = time.monotonic() + 20
    while not (pulls.is_dir() and list(pulls.glob("*.json"))) and time.monotonic() < end:
        time.sleep(0.02)
    second = shell.run(*words)
    process.kill()
    process.communicate()
    assert second.code == 7, second.err
    assert f"process {process.pid}" in second.err
    hubspot.settings(latency=0)
    done = shell.run(*words, "--json")
    assert done.code == 0, done.err
    assert done.json["read"] == 2500
    assert done.json["notes"][0].startswith("Went on after ")
    held = [json.loads(line)["email"] for line in (shell.folder / "out.jsonl").read_text().splitlines()]
    assert sorted(held) == sorted(hubspot.by_email())
