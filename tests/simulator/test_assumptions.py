"""Switches: set by `--assume` and at run time, listed, documented, each with the behaviour it names."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.simulator.config import OptionError
from console.simulator.switches import Switches, assumed, settled
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"
DETAILS = "/account-info/2026-09/details"
PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    """One process for the file."""
    with start_simulator() as running:
        yield running


@pytest.fixture
def hubspot(process: Simulator) -> Simulator:
    """Every switch at its default."""
    process.reset()
    return process


def test_names_may_be_written_in_three_ways() -> None:
    assert assumed(["delete-missing=404", "echo_trace=true", "retryAfter=3"]) == {
        "deleteMissing": "404",
        "echoTrace": True,
        "retryAfter": 3,
    }
    assert settled(Switches(), {"deleteMissing": "404"}).delete_missing == "404"


@pytest.mark.parametrize(
    "text", ["nosuch=1", "deleteMissing", "deleteMissing=405", "retryAfter=soon", "echoTrace=maybe"]
)
def test_assumptions_that_make_no_sense(text: str) -> None:
    with pytest.raises(OptionError, match=text.partition("=")[0]):
        assumed([text])


def test_the_command_takes_assumptions() -> None:
    with start_simulator(assume=["delete-missing=404", "index-lag=7"]) as hubspot:
        assert hubspot.request("DELETE", f"{CONTACTS}/99").status == 404
        assert hubspot.state()["settings"]["indexLag"] == 7
        hubspot.settings(deleteMissing="204")
        assert hubspot.request("DELETE", f"{CONTACTS}/99").status == 204
        hubspot.reset()  # back to what the command said
        assert hubspot.request("DELETE", f"{CONTACTS}/99").status == 404


@pytest.mark.parametrize(
    "option", ["--assume=nosuch=1", "--require=contacts", "--redirect-uri=http://127.0.0.1/x", "--faults=418"]
)
def test_the_command_refuses_nonsense(option: str) -> None:
    command = [sys.executable, "-P", "-m", "console.simulator", option]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hubspoke simulator: ")


def test_the_control_panel_lists_every_switch(hubspot: Simulator) -> None:
    hubspot.settings(wrongMedia="json")
    listed = {one["name"]: one for one in hubspot.get("/_simulator/settings").json}
    assert set(listed) == {field.encode_name for field in msgspec.structs.fields(Switches)}
    assert (listed["wrongMedia"]["value"], listed["wrongMedia"]["default"]) == ("json", "empty")
    assert "accepted" in listed["wrongMedia"]["values"]


def test_every_switch_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", PAGE, re.MULTILINE))
    defaults = {
        field.encode_name: str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        for field in msgspec.structs.fields(Switches)
    }
    assert rows == defaults


@pytest.mark.parametrize(("style", "kind"), [("html", "text/html"), ("empty", ""), ("json", "application/json")])
def test_bodies_that_no_source_confirms(hubspot: Simulator, style: str, kind: str) -> None:
    hubspot.settings(wrongMethod=style, tooLarge=style, wrongMedia=style)
    answers = [
        hubspot.request("PUT", CONTACTS, {}),
        hubspot.request("POST", CONTACTS, raw=b" " * 10_000_001),
        hubspot.request("POST", CONTACTS, raw=b"{}", headers={"Content-Type": "text/csv"}),
    ]
    assert [answer.status for answer in answers] == [405, 413, 415]
    for answer in answers:
        assert answer.headers.get("content-type", "").startswith(kind)
        assert bool(answer.body) is (style != "empty")


def test_retry_after_can_be_sent(hubspot: Simulator) -> None:
    hubspot.allowances(burst="1/10")
    hubspot.get(DETAILS)
    assert "retry-after" not in hubspot.get(DETAILS).headers
    hubspot.settings(retryAfter=4)
    assert hubspot.get(DETAILS).headers["retry-after"] == "4"
    hubspot.allowances(burst="1000/10")


def test_credentials_that_cannot_be_any(hubspot: Simulator) -> None:
    assert hubspot.get(DETAILS, token="a b\x7f").status == 401
    hubspot.settings(malformedCredentials=530)
    answer = hubspot.get(DETAILS, token="a b\x7f")
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (530, "text/html")
    assert hubspot.get(DETAILS, token="CKgarbage").status == 401


def test_client_errors(hubspot: Simulator) -> None:
    def refused() -> tuple[int, dict[str, Any]]:
        form = {"grant_type": "refresh_token", "client_id": "x"}
        answer = hubspot.request("POST", "/oauth/2026-09/token", form=form, token=None)
        return answer.status, answer.json

    assert refused()[1]["error"] == "invalid_client"
    hubspot.settings(clientError="plain")
    assert "error" not in refused()[1]
    hubspot.settings(clientError="unauthorized")
    assert refused()[0] == 401


def test_the_caps_of_lists_and_searches(hubspot: Simulator) -> None:
    for manner, expected in (("validation", (400, True)), ("plain", (400, False)), ("clamp", (200, False))):
        hubspot.settings(listOverLimit=manner)
        answer = hubspot.get(f"{CONTACTS}?limit=101")
        assert (answer.status, "category" in answer.json) == expected
    for manner, expected in (("validation", (400, True)), ("plain", (400, False)), ("empty", (200, False))):
        hubspot.settings(searchBeyondCap=manner)
        answer = hubspot.post(f"{CONTACTS}/search", {"after": "10000"})
        assert (answer.status, "category" in answer.json) == expected
    assert answer.json == {"total": 0, "results": []}


def test_without_the_newest_version(hubspot: Simulator) -> None:
    hubspot.settings(newestVersion=False)
    assert hubspot.get(CONTACTS).status == 404
    assert hubspot.get("/crm/objects/2026-03/contacts").status == 200


def test_associations_have_an_allowance_of_their_own(hubspot: Simulator) -> None:
    hubspot.allowances(associations="2/10", burst="1000/10")
    labels = "/crm/associations/2026-09/contacts/companies/labels"
    answers = [hubspot.get(labels) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[0].headers["x-hubspot-ratelimit-max"] == "2"
    assert hubspot.get(DETAILS).headers["x-hubspot-ratelimit-max"] == "1000"
    assert hubspot.state()["rateLimitedBy"] == {"associations": 1}


def test_an_oauth_app_has_no_daily_usage(hubspot: Simulator) -> None:
    path = "/account-info/2026-09/api-usage/daily/private-apps"
    assert hubspot.get(path).json["results"][0]["currentUsage"] >= 1
    assert hubspot.get(path, token=hubspot.access_token()).json == {"results": []}


def test_requests_are_logged(hubspot: Simulator) -> None:
    hubspot.post(CONTACTS, {"properties": {"email": "a@x.example"}})
    token = hubspot.access_token()
    hubspot.get(f"{CONTACTS}?limit=3", token=token)
    hubspot.get("/crm/v3/objects/butterflies")
    made, grant, listed, wrong = hubspot.asked()
    assert (made["method"], made["path"], made["status"], made["kind"]) == ("POST", CONTACTS, 201, "burst")
    assert (grant["kind"], grant["query"], grant["app"]) == ("oauth", "", 0)
    assert (listed["query"], listed["app"] not in (0, made["app"])) == ("limit=3", True)
    assert (wrong["status"], bool(wrong["correlation"])) == (400, True)
    assert [one["number"] for one in hubspot.asked(after=2)] == [3, 4]
    assert hubspot.state()["dropped"] == {"writes": 0, "requests": 0}
    assert token not in str(hubspot.asked())


def test_logs_keep_the_latest() -> None:
    from console.simulator.logs import Log

    log = Log[int](3)
    for number in range(1, 6):
        log.append(number)
    assert (list(log), len(log), log.count, log.dropped) == ([3, 4, 5], 3, 5, 2)
    assert (list(log.after(0)), list(log.after(3)), list(log.after(9))) == ([3, 4, 5], [4, 5], [])


def test_a_day_can_change(hubspot: Simulator) -> None:
    hubspot.allowances(daily=250000, dailyUsed=249999)
    assert hubspot.get(DETAILS).status == 200
    refused = hubspot.get(DETAILS)
    assert (refused.status, refused.json["policyName"]) == (429, "DAILY")
    hubspot.advance(86_400)
    assert hubspot.get(DETAILS).headers["x-hubspot-ratelimit-daily-remaining"] == "249999"
