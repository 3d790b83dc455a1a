"""Single objects at the command line: create, get, update, delete, merge, gdpr-delete, associate, and what they refuse."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import Done, Shell, connected
from tests.support.simulator import Simulator, start_simulator
from tests.support.terminal import Terminal


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    hubspot.reset()
    return connected(tmp_path, hubspot)


def refused(done: Done, icf: str) -> dict[str, Any]:
    """The error document of a command that failed with this class, which stands in its words too."""
    error: dict[str, Any] = done.json["error"]
    assert (done.code, error["icfError"], error["exitCode"]) == (1, icf, 1), (done.out, done.err)
    assert done.err.startswith(f"hubspoke: {icf}: ")
    assert error["message"]
    return error


@pytest.mark.connector_row("create", "get", "update", "delete", "update-null", "class-contact", "uid-and-name")
def test_one_contact_from_birth_to_archive(shell: Shell, hubspot: Simulator) -> None:
    made = shell.run("create", "contact", "email=ann@example.com", "firstname=Ann", "jobtitle=Clerk")
    assert made.code == 0, made.err
    uid = made.out.splitlines()[0].split()[1]
    assert f"Created contact {uid}." in made.err
    read = shell.run("get", "contact", uid, "--fields", "email,firstname", "--json").json
    assert (read["id"], read["class"], read["name"]) == (uid, "contact", "ann@example.com")
    assert read["properties"] == {"email": "ann@example.com", "firstname": "Ann"}
    changed = shell.run("update", "contact", uid, "firstname=Bea", "jobtitle=", "--json").json
    assert changed["id"] == uid
    held = hubspot.dump()[uid]
    assert held["firstname"] == "Bea"
    assert not held.get("jobtitle")
    assert held["email"] == "ann@example.com"
    gone = shell.run("delete", "contact", uid, "--yes", "--json").json
    assert (gone["id"], gone["name"]) == (uid, "ann@example.com")
    assert uid not in hubspot.dump()
    archived = refused(shell.run("get", "contact", uid, "--json"), "UnknownUid")
    assert "archived" in archived["message"]


@pytest.mark.connector_row("class-company", "get")
def test_a_company_and_every_property_that_has_a_value(shell: Shell) -> None:
    uid = shell.run("create", "company", "name=Firm", "domain=firm.example", "--json").json["id"]
    shown = shell.run("get", "company", uid)
    lines = dict(line.split(maxsplit=1) for line in shown.out.splitlines())
    assert (lines["id"], lines["name"], lines["domain"]) == (uid, "Firm", "firm.example")
    assert all(lines.values())


@pytest.mark.connector_row("class-contact-properties", "class-company-properties")
@pytest.mark.parametrize(
    ("cls", "group"), [("contactProperties", "contactinformation"), ("companyProperties", "companyinformation")]
)
def test_a_property_definition_is_an_object(shell: Shell, cls: str, group: str) -> None:
    definition = {
        "name": "tier", "label": "Tier", "type": "enumeration", "fieldType": "select", "groupName": group,
        "options": [
                {"label": each.title(), "value": each, "displayOrder": at, "hidden": False}
                for at, each in enumerate(("gold", "tin"))
            ],
    }  # fmt: skip
    made = shell.run("create", cls, "--from", "-", "--json", given=json.dumps(definition))
    assert made.code == 0, made.err
    assert made.json["id"] == made.json["name"] == "tier"
    assert shell.run("update", cls, "tier", "label=Rank").code == 0
    read = shell.run("get", cls, "tier")
    assert "Rank" in read.out
    assert '"gold"' in read.out
    assert shell.run("delete", cls, "tier", "--yes").code == 0
    refused(shell.run("get", cls, "tier", "--json"), "UnknownUid")


def test_values_come_from_a_file_and_words_together(shell: Shell, hubspot: Simulator, tmp_path: Path) -> None:
    (tmp_path / "ann.json").write_text('{"email": "ann@example.com", "numemployees": "1-5", "city": null}')
    made = shell.run("create", "contact", "lastname=Lee", "--from", "ann.json", "--json").json
    assert hubspot.dump()[made["id"]]["lastname"] == "Lee"
    assert hubspot.dump()[made["id"]]["email"] == "ann@example.com"


@pytest.mark.connector_row("patch-replaces")
def test_a_patch_replaces_and_never_loses_silently(shell: Shell, hubspot: Simulator) -> None:
    uid = hubspot.mutate("contacts", email="ann@example.com", firstname="Ann", city="Galle")
    patch = [
        {"operation": "replace", "field": "/firstname", "value": "Bea"},
        {"operation": "add", "field": "/jobtitle", "value": "Clerk"},
        {"operation": "remove", "field": "/city"},
    ]
    assert shell.run("update", "contact", uid, "--patch", "-", given=json.dumps(patch)).code == 0
    held = hubspot.dump()[uid]
    assert (held["firstname"], held["jobtitle"]) == ("Bea", "Clerk")
    assert not held.get("city")
    odd = json.dumps([{"operation": "increment", "field": "/city", "value": 1}])
    refused(shell.run("update", "contact", uid, "--patch", "-", "--json", given=odd), "UnsupportedOperation")


def test_an_update_of_an_older_revision_is_refused(shell: Shell, hubspot: Simulator) -> None:
    uid = hubspot.mutate("contacts", email="ann@example.com")
    revision = shell.run("get", "contact", uid, "--json").json["revision"]
    assert shell.run("update", "contact", uid, "city=Galle", "--if-match", revision).code == 0
    hubspot.advance(5)
    shell.run("update", "contact", uid, "city=Kandy")
    stale = shell.run("update", "contact", uid, "city=Jaffna", "--if-match", revision, "--json")
    refused(stale, "PreconditionFailed")
    assert hubspot.dump()[uid]["city"] == "Kandy"


@pytest.mark.connector_row("icf-errors", "delete-unknown-uid", "live-schema")
def test_each_refusal_has_its_class_and_says_what_to_do(shell: Shell, hubspot: Simulator) -> None:
    uid = hubspot.mutate("contacts", email="ann@example.com")
    shell.run("profile", "set", "readSchema=true")
    taken = refused(shell.run("create", "contact", "email=ann@example.com", "--json"), "AlreadyExists")
    assert (taken["existingId"], taken["httpStatus"]) == (uid, 412)
    for words in (
        ("update", "contact", uid, "no_such=1"),
        ("update", "contact", uid, "createdate=2020-01-01"),
        ("update", "contact", uid, "lifecyclestage=wrong"),
        ("create", "contact", "firstname=Ann"),
        ("create", "contact", "email=no address"),
    ):
        wrong = refused(shell.run(*words, "--json"), "InvalidAttributeValue")
        assert wrong["advice"], words
    missing = refused(shell.run("delete", "contact", "999999999", "--yes", "--json"), "UnknownUid")
    assert (missing["httpStatus"], missing["uid"]) == (404, "999999999")
    refused(shell.run("get", "__ALL__", "1", "--json"), "UnsupportedOperation")
    refused(shell.run("get", "people", "1", "--json"), "UnsupportedOperation")
    assert len(hubspot.dump()) == 1


@pytest.mark.connector_row("icf-errors")
def test_trouble_on_the_way_has_its_class_too(shell: Shell, hubspot: Simulator) -> None:
    uid = hubspot.mutate("contacts", email="ann@example.com")
    hubspot.credentials(scopes=["crm.objects.companies.read"])
    refused(shell.run("get", "contact", uid, "--json"), "PermissionDenied")
    shell.environ["HUBSPOKE_ACCESS_TOKEN"] = "pat-na1-wrong"
    refused(shell.run("get", "contact", uid, "--json"), "InvalidCredential")
    shell.run("profile", "set", "apiBaseUrl=http://127.0.0.1:9")
    refused(shell.run("get", "contact", uid, "--json"), "ConnectionFailed")
    failed = shell.run("--profile", "nobody", "get", "contact", uid, "--json")
    assert failed.json["error"]["icfError"] == "Configuration"


@pytest.mark.parametrize(
    "words",
    [
        ("delete", "contact", "1"),
        ("merge", "contact", "1", "2"),
        ("gdpr-delete", "contact", "1"),
        ("create", "contact"),
        ("create", "contact", "email"),
        ("create", "contact", "email=a@example.com", "email=b@example.com"),
        ("create", "contact", "--from", "-"),
        ("update", "contact", "1", "city=x", "--patch", "-"),
        ("associate", "contact", "1", "company"),
        ("associate", "contact", "1", "company", "2", "--list", "--remove"),
        ("get", "contact"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_and_sends_nothing(
    shell: Shell, hubspot: Simulator, words: tuple[str, ...]
) -> None:
    before = hubspot.state()["requests"]["total"]
    done = shell.run(*words, given="[1, 2")
    assert done.code == 2, done.err
    assert "Traceback" not in done.err
    assert hubspot.state()["requests"]["total"] == before


def test_two_contacts_become_one_and_the_old_uid_leads_to_it(shell: Shell, hubspot: Simulator) -> None:
    uid = hubspot.mutate("contacts", email="ann@example.com")
    other = hubspot.mutate("contacts", email="bea@example.com")
    merged = shell.run("merge", "contact", uid, other, "--yes", "--json").json
    followed = shell.run("get", "contact", other, "--json").json
    assert followed["id"] == merged["id"]
    assert any("merged" in note for note in followed["notes"])
    lost = refused(shell.run("delete", "contact", other, "--yes", "--json"), "UnknownUid")
    assert lost["existingId"] == merged["id"]


def test_a_contact_is_erased_by_its_address(shell: Shell, hubspot: Simulator) -> None:
    uid = hubspot.mutate("contacts", email="ann@example.com")
    done = shell.run("gdpr-delete", "contact", "ann@example.com", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.json == {"id": uid, "class": "contact", "erased": True, "blocked": None}
    assert uid not in hubspot.dump()
    refused(shell.run("gdpr-delete", "company", "1", "--yes", "--json"), "UnsupportedOperation")
    refused(shell.run("gdpr-delete", "contact", "nobody@example.com", "--yes", "--json"), "UnknownUid")


def test_associations_are_made_listed_labelled_and_removed(shell: Shell, hubspot: Simulator) -> None:
    uid, firm = hubspot.mutate("contacts", email="ann@example.com"), hubspot.mutate("companies", name="Firm")
    assert shell.run("associate", "contact", uid, "company", firm).code == 0
    assert shell.run("associate", "contact", uid, "company", firm, "--label", "primary").code == 0
    (linked,) = shell.run("associate", "contact", uid, "--list", "--json").json
    assert (linked["id"], linked["class"]) == (firm, "company")
    assert "Primary" in [each["label"] for each in linked["types"]]
    labels = shell.run("associate", "contact", "--labels", "--json").json
    assert {each["id"] for each in linked["types"]} <= {each["id"] for each in labels}
    (back,) = shell.run("associate", "company", firm, "contact", "--list", "--json").json
    assert back["id"] == uid
    assert shell.run("associate", "contact", uid, "company", firm, "--remove").code == 0
    assert shell.run("associate", "contact", uid, "--list", "--json").json == []
    unknown = shell.run("associate", "contact", uid, "company", firm, "--label", "no such", "--json")
    assert unknown.code == 1
    assert unknown.json["error"]["icfError"]
    refused(shell.run("associate", "contact", uid, "company", "999999999", "--json"), "UnknownUid")


def test_a_human_types_what_is_to_go(shell: Shell, hubspot: Simulator) -> None:
    uid = hubspot.mutate("contacts", email="ann@example.com")

    def at_the_terminal(typed: str) -> tuple[int, str]:
        command = shell.command("delete", "contact", uid)
        with Terminal(command, environment=shell.environment(), cwd=shell.folder, columns=120, rows=30) as terminal:
            terminal.wait(f"Type {uid} to confirm")
            terminal.press(typed, "enter")
            return terminal.wait_end(), terminal.text

    code, text = at_the_terminal("yes")
    assert (code, "Not confirmed; nothing was changed." in text, "ann@example.com" in text) == (1, True, True)
    assert uid in hubspot.dump()
    assert at_the_terminal(uid)[0] == 0
    assert uid not in hubspot.dump()


def test_hostile_values_reach_a_terminal_as_text_and_a_pipe_exactly(shell: Shell, hubspot: Simulator) -> None:
    hostile = "\x1b]0;owned\x07\u202eevil\x9b31m"
    uid = shell.run("create", "contact", "--from", "-", "--json", given=json.dumps(
        {"email": "ann@example.com", "jobtitle": hostile})).json["id"]  # fmt: skip
    assert shell.run("get", "contact", uid, "--fields", "jobtitle", "--json").json["properties"]["jobtitle"] == hostile
    for done in (
        shell.run("get", "contact", uid),
        shell.run("update", "contact", uid, f"jobtitle={hostile}x"),
        shell.run("get", "contact", uid, "--json"),
        shell.run("update", "contact", uid, f"no{hostile}=1"),
        shell.run("get", "contact", hostile),
    ):
        bad = {c for c in done.out + done.err if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")}
        assert bad == set(), (done.out, done.err)
