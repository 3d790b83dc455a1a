"""What a document says of a failure, and of an object: advice that is one, sentences that end, no name where none is known."""

from __future__ import annotations

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


def test_what_hubspot_refuses_comes_with_advice_and_not_with_a_number_for_it(shell: Shell) -> None:
    assert shell.run("profile", "set", "readSchema=false").code == 0
    unknown = shell.run("create", "contact", "email=a@example.com", "nosuch=1", "--json")
    error = unknown.json["error"]
    assert error["icfError"] == "InvalidAttributeValue"
    assert error["advice"] == "List those of the account with: hubspoke schema contact --refresh"
    assert error["correlationId"]
    assert error["correlationId"] in unknown.err
    associated = shell.run("associate", "contact", "1", "contact", "2", "--json").json["error"]
    assert "correlation" not in (associated["advice"] or "")


def test_every_problem_is_a_sentence_of_its_own(shell: Shell) -> None:
    done = shell.run("create", "contact", "nosuch=1", "email=a..b@example.com", "--json")
    error = done.json["error"]
    assert error["message"] == "there is no property nosuch."
    assert error["problems"][0].startswith("nosuch: there is no property nosuch. ")
    assert any("'a..b@example.com'" in problem for problem in error["problems"])
    twice = shell.run("create", "contact", "email=a..b@example.com", "--json").json["error"]
    assert "'a..b@example.com'" in twice["message"]


def test_a_name_that_an_answer_does_not_hold_is_null(shell: Shell, hubspot: Simulator) -> None:
    uid = hubspot.mutate("contacts", email="a@example.com")
    assert shell.run("update", "contact", uid, "firstname=Ann", "--json").json["name"] is None
    assert shell.run("get", "contact", uid, "--json").json["name"] == "a@example.com"


@pytest.mark.parametrize("uid", ["../x", "a/b", "a?b", "a#b", "a%2fb", "a b", "ä", "", ".", "x" * 300])
def test_a_definition_is_asked_for_by_what_can_be_its_name(shell: Shell, hubspot: Simulator, uid: str) -> None:
    before = hubspot.asked()
    for command in (("get",), ("update", "label=x"), ("delete", "--yes")):
        done = shell.run(command[0], "contactProperties", uid, *command[1:], "--json")
        assert (done.code, done.json["error"]["icfError"]) == (1, "UnknownUid")
    assert hubspot.asked() == before
