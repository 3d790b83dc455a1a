"""`hubspoke versions` and `hubspoke url`: earlier values of a record, and its page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell, connected
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    hubspot.reset()
    return connected(tmp_path, hubspot)


def changed(hubspot: Simulator) -> str:
    made = hubspot.post("/crm/v3/objects/contacts", {"properties": {"email": "a@acme.example", "jobtitle": "Clerk"}})
    hubspot.request("PATCH", f"/crm/v3/objects/contacts/{made.json['id']}", {"properties": {"jobtitle": "Head"}})
    return str(made.json["id"])


def test_every_value_that_a_property_had_newest_first(shell: Shell, hubspot: Simulator) -> None:
    uid = changed(hubspot)
    told = json.loads(shell.run("versions", "contact", uid, "--fields", "jobtitle,email", "--json").out)
    assert [(one["property"], one["value"]) for one in told] == [
        ("jobtitle", "Head"), ("jobtitle", "Clerk"), ("email", "a@acme.example"),
    ]  # fmt: skip
    assert {one["source"] for one in told} == {"INTEGRATION"}
    assert all(one["id"] == uid for one in told)


def test_without_fields_all_that_have_a_value(shell: Shell, hubspot: Simulator) -> None:
    out = shell.run("versions", "contact", changed(hubspot)).out
    assert "Clerk" in out
    assert "an app" in out


def test_a_record_that_is_not_there(shell: Shell, hubspot: Simulator) -> None:
    done = shell.run("versions", "contact", "99999")
    assert done.code == 1
    assert "no contact 99999" in done.err


def test_the_page_of_a_record(shell: Shell, hubspot: Simulator) -> None:
    done = shell.run("url", "company", "5")
    assert done.out.strip() == f"https://app.hubspot.com/contacts/{hubspot.portal_id}/record/0-2/5"
    assert json.loads(shell.run("url", "contact", "7", "--json").out)["url"].endswith("/record/0-1/7")


@pytest.mark.parametrize("words", [("contact", "x"), ("contactProperties", "email")])
def test_what_has_no_page(shell: Shell, hubspot: Simulator, words: tuple[str, str]) -> None:
    done = shell.run("url", *words)
    assert done.code == 2
    assert "has no page" in done.err
