"""The probes for real accounts, proven on the simulator: it keeps what it takes for granted, and a flip is noticed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import msgspec
import pytest

from console.simulator.switches import Switches
from tests.live.__main__ import main
from tests.live.hub import URL, Hub, Refused
from tests.live.probes import PROBES
from tests.support.simulator import Simulator, start_simulator

RULE = "jobtitle"
FLIPPED = {
    "searchBeyondCap": "plain",
    "listOverLimit": "clamp",
    "batchOverLimit": "plain",
    "retryAfter": 3,
    "deleteMissing": "404",
    "wrongMethod": "json",
    "tooLarge": "empty",
    "wrongMedia": "accepted",
    "clientError": "unauthorized",
    "secondaryEmailReads": True,
    "propertyNames": "lowered",
    "uniqueClash": "validation",
    "validateOlderPaths": True,
    "partialEmailUpsert": True,
    "echoTrace": True,
    "stageBackward": "refused",
    "nullValues": "ignored",
    "jsonScalars": "refused",
}


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    """One process for the file, with HubSpot's own search allowance."""
    with start_simulator(search="5/1") as running:
        yield running


@pytest.fixture
def hubspot(process: Simulator) -> Simulator:
    """An empty portal."""
    process.reset()
    return process


def probed(hubspot: Simulator, *names: str, rule: bool = True) -> tuple[int, dict[str, str], str]:
    """Exit code, verdict of each probe, all that was said."""
    env = {
        "HUBSPOKE_LIVE_TOKEN": hubspot.token,
        "HUBSPOKE_LIVE_URL": hubspot.url,
        "HUBSPOKE_LIVE_CLIENT_ID": hubspot.client_id,
    }
    if rule:
        env["HUBSPOKE_LIVE_REQUIRED"] = RULE
    out = io.StringIO()
    code = main(list(names), env, out)
    said = out.getvalue()
    return (
        code,
        {name: word for word, name in re.findall(r"^(confirmed|contradicted|not asked) +(\S+)", said, re.MULTILINE)},
        said,
    )


def test_the_simulator_keeps_what_it_takes_for_granted(hubspot: Simulator) -> None:
    names = [probe.name for probe in PROBES if probe.name != "rules-on-older-paths"]
    code, verdicts, said = probed(hubspot, *names)
    assert set(verdicts) == set(names)
    assert set(verdicts.values()) == {"confirmed"}, said
    assert code == 0
    hubspot.rules(f"contacts.{RULE}")
    assert probed(hubspot, "rules-on-older-paths")[1] == {"rules-on-older-paths": "confirmed"}


def test_nothing_stays_behind(hubspot: Simulator) -> None:
    probed(hubspot, "delete-missing", "unique-value-clash", "partial-upsert", "json-scalars", "secondary-email")
    assert hubspot.dump("contacts") == {}
    assert hubspot.dump("companies") == {}
    named = [one["name"] for one in hubspot.get("/crm/v3/properties/contacts").json["results"]]
    assert [name for name in named if "hubspoke" in name] == []
    assert hubspot.state()["writes"]["create"] > 3


def test_what_is_flipped_is_contradicted(hubspot: Simulator) -> None:
    hubspot.settings(**FLIPPED)
    names = [probe.name for probe in PROBES if probe.switch in FLIPPED and probe.name != "rules-on-older-paths"]
    code, verdicts, said = probed(hubspot, *names)
    assert set(verdicts.values()) == {"contradicted"}, said
    assert code == 1
    hubspot.rules(f"contacts.{RULE}")
    assert probed(hubspot, "rules-on-older-paths")[1] == {"rules-on-older-paths": "contradicted"}
    hubspot.rules()
    hubspot.settings(newestVersion=False)
    assert probed(hubspot, "newest-version")[1] == {"newest-version": "contradicted"}


def test_every_probe_has_its_switch() -> None:
    known = {field.encode_name for field in msgspec.structs.fields(Switches)}
    assert {probe.switch for probe in PROBES} <= known
    assert {probe.switch for probe in PROBES} == {*FLIPPED, "newestVersion"}
    assert len({probe.name for probe in PROBES}) == len(PROBES)


def test_what_cannot_be_asked_says_what_it_needs(hubspot: Simulator) -> None:
    code, verdicts, said = probed(hubspot, "rules-on-older-paths", rule=False)
    assert (code, verdicts) == (0, {"rules-on-older-paths": "not asked"})
    assert "HUBSPOKE_LIVE_REQUIRED" in said


@pytest.mark.parametrize("kind", ["STANDARD", "SANDBOX"])
def test_other_accounts_are_refused_before_anything_is_written(hubspot: Simulator, kind: str) -> None:
    hubspot.settings(accountType=kind)
    code, verdicts, said = probed(hubspot)
    assert (code, verdicts) == (2, {})
    assert kind in said
    assert hubspot.state()["writes"] == {}


def test_no_token_no_other_host_no_unknown_probe(hubspot: Simulator) -> None:
    with pytest.raises(Refused, match="HUBSPOKE_LIVE_TOKEN"):
        Hub.from_environment({})
    with pytest.raises(Refused, match="loopback"):
        Hub.from_environment({"HUBSPOKE_LIVE_TOKEN": "x", URL: "http://hub.example"})
    assert probed(hubspot, "no-such-probe")[0] == 2
