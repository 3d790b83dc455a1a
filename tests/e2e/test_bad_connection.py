"""Settings, credentials and connections that are wrong, at the command line: which stage fails, what to do."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support.inspected import Inspected
from tests.support.people import wanted, write_people
from tests.support.scripted_server import Proxy, ScriptedServer
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.fixture
def operator(hubspot: Simulator, tmp_path: Path) -> Inspected:
    """Somebody with a journal of their own before an empty account."""
    hubspot.reset()
    return Inspected(tmp_path, hubspot.url, hubspot.token)


def failing(operator: Inspected, stage: str, *others: str) -> tuple[dict[str, Any], str]:
    """The stage that `hubspoke test` says fails, as JSON, and the whole text; what it blocks is skipped.

    `others` fail for the same reason.
    """
    text, document = operator.at_once(("test",), ("test", "--json"), code=1)
    said = json.loads(document.stdout)
    assert said["ok"] is False
    states = {one["id"]: one["state"] for one in said["stages"]}
    failed = [one for one in said["stages"] if one["state"] == "fail"]
    assert [one["id"] for one in failed] == [stage, *others], failed
    found = failed[0]
    assert found["advice"]
    lines = text.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("FAIL"))
    assert found["title"] in lines[at]
    assert found["detail"] in lines[at]
    assert found["advice"] in [line.strip() for line in lines[at + 1 : at + 4]]
    if not others:
        assert set(list(states.values())[list(states).index(stage) + 1 :]) == {"skipped"}
    return found, text.stdout


# the connectivity test


def test_a_wrong_token(operator: Inspected) -> None:
    operator.environment["HUBSPOKE_ACCESS_TOKEN"] = "pat-na1-0000-wrong"
    found, text = failing(operator, "credentials")
    assert "accessToken" in found["advice"]
    assert "0000-wrong" not in text + str(found)


def test_a_dead_refresh_token(operator: Inspected, hubspot: Simulator) -> None:
    operator.run("profile", "set", "authentication=oauth", f"clientId={hubspot.client_id}")
    operator.environment["HUBSPOKE_CLIENT_SECRET"] = hubspot.client_secret
    operator.environment["HUBSPOKE_REFRESH_TOKEN"] = "na1-gone"
    found, text = failing(operator, "credentials")
    assert "Connect again" in found["advice"]
    assert hubspot.client_secret not in text + str(found)


def test_no_credentials_at_all(operator: Inspected) -> None:
    del operator.environment["HUBSPOKE_ACCESS_TOKEN"]
    found, _ = failing(operator, "settings")
    assert "hubspoke credentials set accessToken" in found["advice"]


def test_missing_scopes(operator: Inspected, hubspot: Simulator) -> None:
    hubspot.credentials(scopes=["oauth", "crm.objects.companies.read", "crm.schemas.companies.read"])
    others = ("contactProperties", "writeContacts", "writeCompanies")
    found, text = failing(operator, "contacts", *others)
    assert "crm.objects.contacts.read" in found["cause"] + found["advice"]
    assert found["correlationId"]
    assert "correlation id: " in text
    said = operator.run("plan", str(write_people(operator.folder, 1)), code=1).stderr
    assert "crm." in said


def test_a_host_that_nobody_knows(operator: Inspected) -> None:
    operator.run("profile", "set", "apiBaseUrl=https://no-such-host.invalid")
    found, _ = failing(operator, "name")
    assert "no-such-host.invalid" in found["detail"]
    assert "Check apiBaseUrl" in found["advice"]


def test_a_port_where_nobody_listens(operator: Inspected) -> None:
    mapping = write_people(operator.folder, 1)
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{reserved.getsockname()[1]}"
        operator.run("profile", "set", f"apiBaseUrl=https://{address}")
        found, _ = failing(operator, "connection")
        assert f"No connection to {address}: connection refused" in found["detail"]
        assert "httpProxyHost" in found["advice"]
        said = operator.run("plan", str(mapping), code=1).stderr
    assert f"No connection to {address}: connection refused" in said
    assert "hubspoke test shows where" in said


@pytest.mark.parametrize(
    ("host", "trusted", "detail", "advice"),
    [
        ("localhost", False, "not trusted", "caFile"),
        ("elsewhere.example", True, "localhost", "Correct apiBaseUrl"),
    ],
)
async def test_a_bad_certificate(operator: Inspected, host: str, trusted: bool, detail: str, advice: str) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    bundle = operator.folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    async with ScriptedServer([], context) as peer:
        settings = (f"apiBaseUrl=https://localhost:{peer.port}", f"caFile={bundle if trusted else ''}")
        await asyncio.to_thread(operator.run, "profile", "set", *settings)
        found, _ = await asyncio.to_thread(failing, operator, "tls")
        assert peer.received == []
    assert detail in found["detail"]
    assert advice in found["advice"]


async def test_a_proxy_that_wants_another_password(operator: Inspected) -> None:
    async with Proxy("ann", "the right one") as proxy:
        settings = ("httpProxyHost=127.0.0.1", f"httpProxyPort={proxy.port}", "httpProxyUser=ann")
        await asyncio.to_thread(operator.run, "profile", "set", "apiBaseUrl=https://api.example.com", *settings)
        found, _ = await asyncio.to_thread(failing, operator, "connection")
    assert set(proxy.targets) == {"api.example.com:443"}
    assert "wants another user name or password" in found["detail"]
    assert "hubspoke credentials set httpProxyPassword" in found["advice"]


def test_a_proxy_that_is_not_there(operator: Inspected) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        settings = ("httpProxyHost=127.0.0.1", f"httpProxyPort={port}")
        operator.run("profile", "set", "apiBaseUrl=https://api.example.com", *settings)
        found, _ = failing(operator, "connection")
    assert f"No connection to 127.0.0.1:{port}" in found["detail"]
    assert "Check httpProxyHost and httpProxyPort" in found["advice"]


# a profile that leads to another portal than it used to


def test_a_profile_that_leads_to_another_portal(operator: Inspected, hubspot: Simulator) -> None:
    mapping, source = write_people(operator.folder, 150), operator.folder / "people.csv"
    everybody = source.read_bytes()
    source.write_bytes(b"\r\n".join(everybody.split(b"\r\n")[:4]))
    operator.run("provision", str(mapping), "--yes", "--attached")
    source.write_bytes(source.read_bytes().replace(b"Family2", b"Changed"))
    changed = operator.json("plan", str(mapping))
    assert changed["actions"] == {"NONE": 2, "UPDATE": 1}
    source.write_bytes(everybody)
    begun = operator.json("plan", str(mapping))
    _killed(operator, hubspot, begun["id"])
    held = hubspot.dump()

    with start_simulator(seed=2) as other:
        operator.environment["HUBSPOKE_ACCESS_TOKEN"] = other.token
        operator.run("profile", "set", f"apiBaseUrl={other.url}")
        refused = operator.at_once(
            ("apply", changed["id"], "--yes"), ("apply", changed["id"], "--yes", "--attached"), code=1
        )
        refused.append(operator.run("runs", "resume", begun["id"], code=1))
        for done in refused:
            assert str(hubspot.portal_id) in done.stdout + done.stderr
            assert str(other.portal_id) in done.stdout + done.stderr
        fresh = operator.json("plan", str(mapping))
        assert (fresh["portalId"], fresh["actions"]) == (other.portal_id, {"CREATE": 150})  # no link of the old one
        (note,) = fresh["problems"]
        assert f"belong to portal {hubspot.portal_id} and are not used here" in note["message"]
        assert f"for portal {other.portal_id}" in note["message"]
        assert "--profile" in note["remedy"]
        assert other.log() == []
    assert hubspot.dump() == held

    operator.environment["HUBSPOKE_ACCESS_TOKEN"] = hubspot.token
    operator.run("profile", "set", f"apiBaseUrl={hubspot.url}")
    operator.run("runs", "resume", begun["id"])
    assert len(hubspot.log("create")) == len(hubspot.dump()) == 150


def _killed(operator: Inspected, hubspot: Simulator, plan: str) -> None:
    """A run of that plan whose process was killed while it wrote."""
    hubspot.faults("slow=9x@batch/create")
    runner = operator.start("apply", plan, "--yes", "--attached")
    until = time.monotonic() + 20
    while not hubspot.state()["faults"]["hits"]:
        assert time.monotonic() < until
        time.sleep(0.02)
    runner.send_signal(signal.SIGKILL)
    runner.communicate()
    hubspot.faults()


# what scripts depend on


def test_a_record_that_hubspot_refuses_fails_alone(operator: Inspected, hubspot: Simulator) -> None:
    mapping = write_people(operator.folder, 5)
    erased = {"objectId": wanted(3)["email"], "idProperty": "email"}
    assert hubspot.post("/crm/objects/2026-09/contacts/gdpr-delete", erased).status == 204
    ended = operator.run("provision", str(mapping), "--yes", "--attached", code=3)
    assert "done 4, failed 1" in ended.stdout
    assert set(hubspot.by_email()) == {wanted(number)["email"] for number in (1, 2, 4, 5)}
    (run,) = set(re.findall(r"r-\d{8}-\w+", ended.stdout))
    assert f"hubspoke runs report {run}" in ended.stderr
    report = operator.run("runs", "report", run).stdout.replace("\\", "")
    (row,) = [line for line in report.splitlines() if "E000003" in line]
    assert "failed" in row
    assert "on the blocklist of this account after a GDPR deletion" in row


def test_a_command_line_that_makes_no_sense(operator: Inspected) -> None:
    mapping = str(write_people(operator.folder, 1))
    for arguments, words in (
        (("plan",), "MAPPING"),
        (("plan", mapping, "--forse"), "--forse"),
        (("provision", mapping), "Add --yes"),
        (("apply", "p-20261121-aaaa", "--accept", "deletes=many"), "--accept deletes=120"),
        (("profile", "set", "timeoutSeconds"), "KEY=VALUE"),
    ):
        assert words in operator.run(*arguments, code=2).stderr


def test_an_unknown_profile_key_names_the_nearest(operator: Inspected) -> None:
    said = operator.run("profile", "set", "maximumConection=3", code=2).stderr
    assert 'Unknown key "maximumConection".' in said
    assert "Did you mean maximumConnections?" in said
    (operator.config / "profiles" / "byhand.toml").write_text('authentication = "token"\n\ntimeoutSecond = 3\n')
    said = operator.run("--profile", "byhand", "test", code=1).stderr
    assert f"{operator.config}/profiles/byhand.toml:3" in said
    assert "Did you mean timeoutSeconds?" in said
