"""`hubspoke test`: the status that identity servers know, its stages, its exit codes, settings that are not saved."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.settings.icf import IcfSettings
from console.settings.paths import Paths
from console.settings.profiles import Profiles
from tests.cli.shell import Shell, connected
from tests.support.certificates import self_signed
from tests.support.simulator import Simulator, start_simulator
from tests.support.tls_front import start_tls_front

STATUS = ["name", "enabled", "config", "connectorRef", "displayName", "objectTypes", "ok"]
TYPES = ["company", "contactProperties", "__ALL__", "companyProperties", "contact"]
ORDER = [
    "settings", "name", "connection", "tls", "credentials", "scopes", "account", "contacts", "companies",
    "contactProperties", "companyProperties", "writeContacts", "writeCompanies", "schema", "allowance",
]  # fmt: skip


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=3) as simulator:
        yield simulator


@pytest.fixture
def shell(tmp_path: Path, hubspot: Simulator) -> Shell:
    return connected(tmp_path, hubspot)


@pytest.mark.connector_row("test")
@pytest.mark.connector_row("test-status")
@pytest.mark.connector_row("test-object-types")
@pytest.mark.connector_row("connector-ref")
def test_the_status_is_the_one_that_identity_servers_know(shell: Shell, hubspot: Simulator) -> None:
    done = shell.run("test", "--json")
    assert (done.code, done.err) == (0, "")
    status = done.json
    assert list(status) == [*STATUS, "stages"]
    assert (status["enabled"], status["ok"], status["objectTypes"]) == (True, True, TYPES)
    assert status["config"] == f"config/provisioner.openicf/{status['name']}"
    assert status["connectorRef"]["connectorName"] == "org.forgerock.openicf.connectors.hubspot.HubspotConnector"
    assert status["connectorRef"]["bundleVersion"] == "[1.5.0.0,1.6.0.0)"
    assert [stage["id"] for stage in status["stages"]] == ORDER
    wanted = {"id", "title", "state", "detail", "cause", "advice", "correlationId", "milliseconds"}
    assert all(set(stage) == wanted for stage in status["stages"])
    assert any(stage["milliseconds"] > 0 and stage["correlationId"] for stage in status["stages"])
    assert hubspot.log() == []


@pytest.mark.connector_row("test-array")
def test_as_an_array_of_one(shell: Shell) -> None:
    for options in (("--as-array",), ("--json", "--as-array")):
        (status,) = shell.run("test", *options).json
        assert list(status) == [*STATUS, "stages"]


@pytest.mark.connector_row("test-error")
@pytest.mark.connector_row("test")
def test_a_failed_test_says_why_in_one_line_and_in_its_stage(shell: Shell) -> None:
    shell.environ["HUBSPOKE_ACCESS_TOKEN"] = "pat-na1-wrong"
    done = shell.run("test", "--json")
    assert done.code == 1
    assert list(done.json) == [*STATUS, "error", "stages"]
    assert done.json["ok"] is False
    assert done.json["error"].startswith("Credentials: ")
    (failed,) = [stage for stage in done.json["stages"] if stage["state"] == "fail"]
    assert (failed["id"], failed["icfError"]) == ("credentials", "InvalidCredential")
    assert failed["correlationId"]
    assert "pat-na1-wrong" not in done.out + done.err


@pytest.mark.connector_row("config-required")
def test_what_is_required_and_missing_is_named(shell: Shell) -> None:
    for settings, environ, words in (
        (("authentication=oauth",), {}, "clientId is not set"),
        (("authentication=oauth", "clientId=x"), {}, "clientSecret and no refreshToken"),
        ((), {"HUBSPOKE_ACCESS_TOKEN": ""}, "no accessToken"),
    ):
        kept = dict(shell.environ)
        shell.environ |= environ
        done = shell.run("test", *settings, "--json")
        shell.environ = kept
        assert done.code == 1
        assert words in done.json["error"]
        assert done.json["stages"][0]["icfError"] == "Configuration"


@pytest.mark.connector_row("test-before-saving")
def test_settings_are_tried_without_being_saved(shell: Shell) -> None:
    before = shell.run("profile", "show", "--json").json
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        done = shell.run("test", f"apiBaseUrl=http://127.0.0.1:{reserved.getsockname()[1]}", "--json")
    assert done.code == 1
    assert done.json["error"].startswith("Connection: No connection to 127.0.0.1:")
    done = shell.run("test", "displayName=Tried", "enabled=false", "--json")
    assert (done.json["displayName"], done.json["enabled"], done.json["ok"]) == ("Tried", False, False)
    assert shell.run("profile", "show", "--json").json == before
    assert shell.run("test").code == 0


def test_what_an_imported_file_says_stands_in_the_status(shell: Shell, hubspot: Simulator) -> None:
    profiles = Profiles(Paths(shell.config, shell.state))
    name = profiles.current()
    assert name is not None
    before = profiles.load(name)
    document = {
        "name": "crm",
        "connectorRef": {"bundleName": "x", "bundleVersion": "1.5.20.34", "connectorName": "y"},
        "objectTypes": {"person": {"nativeType": "contact", "properties": {}}},
    }
    profiles.save(msgspec.structs.replace(before, icf=IcfSettings(document)))
    status = shell.run("test", "--json").json
    assert (status["name"], status["config"]) == ("crm", "config/provisioner.openicf/crm")
    assert status["connectorRef"] == document["connectorRef"]
    assert status["objectTypes"] == ["person"]


def test_command_lines_that_make_no_sense(shell: Shell) -> None:
    for words, said in (
        (("test", "timeoutSeconds"), "KEY=VALUE"),
        (("test", "timeoutSecond=3"), "Did you mean timeoutSeconds?"),
        (("test", "--accept-certificate", "ab" * 32, "enabled=true"), "profile set"),
    ):
        done = shell.run(*words)
        assert done.code == 2
        assert said in done.err


def test_accepting_is_refused_where_it_makes_no_sense(shell: Shell) -> None:
    done = shell.run("test", "--accept-certificate", "ab" * 32)
    assert done.code == 1
    assert "acceptSelfSignedCertificates=true" in done.err
    done = shell.run("test", "--accept-certificate", "all")
    assert done.code == 2
    assert "64 hexadecimal digits" in done.err
    assert done.out == ""


def test_the_certificate_is_in_the_document(shell: Shell, hubspot: Simulator) -> None:
    mine = self_signed("localhost")
    with start_tls_front(mine.server(), int(hubspot.url.rsplit(":", 1)[1])) as front:
        done = shell.run("test", f"apiBaseUrl={front.url}", "acceptSelfSignedCertificates=true", "--json")
    assert done.code == 1
    (stage,) = [stage for stage in done.json["stages"] if stage["id"] == "tls"]
    assert stage["certificate"]["fingerprint"] == mine.fingerprint
    assert stage["certificate"]["acceptable"] is True
    assert stage["certificate"]["selfSigned"] is True
    assert stage["certificate"]["notAfter"] > stage["certificate"]["notBefore"]
    assert json.dumps(stage).count("PRIVATE KEY") == 0


def test_the_document_describes_what_is_printed(shell: Shell, hubspot: Simulator) -> None:
    page = (Path(__file__).parents[2] / "docs" / "connection-test.md").read_text()
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page.partition("## Stages")[2], re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == ORDER
    schema = json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL)[1])  # type: ignore[index]
    mine = self_signed("localhost")
    with start_tls_front(mine.server()) as front:
        refused = shell.run("test", f"apiBaseUrl={front.url}", "acceptSelfSignedCertificates=true", "--json").json
    for status in (shell.run("test", "--json").json, refused):
        fits(schema, status)


def fits(schema: dict[str, Any], value: Any) -> None:
    """AssertionError unless the names of every object are those that the schema allows and requires."""
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])
        for name, part in value.items():
            fits(schema["properties"][name], part)
    if isinstance(value, list):
        for part in value:
            fits(schema["items"], part)
