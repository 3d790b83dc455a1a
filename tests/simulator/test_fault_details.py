"""Faults: every kind as an answer, before or after the effect, by method, each with dice of its own; at run time too."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Iterator

import pytest

from console.simulator.config import OptionError
from console.simulator.faults import EDGE, Fault, Faults, parse_fault, parse_faults
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"
DETAILS = "/account-info/2026-09/details"


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    """One portal; each test sets its own faults."""
    with start_simulator() as running:
        yield running


def made(hubspot: Simulator, email: str) -> int:
    return hubspot.post(CONTACTS, {"properties": {"email": email}}).status


@pytest.mark.parametrize("kind", EDGE)
def test_every_answer_of_the_edge_is_html(hubspot: Simulator, kind: str) -> None:
    hubspot.faults(kind)
    answer = hubspot.get(DETAILS)
    assert answer.status == int(kind)
    assert answer.headers["content-type"].startswith("text/html")
    assert "x-hubspot-correlation-id" not in answer.headers


def test_a_token_refused_in_the_middle(hubspot: Simulator) -> None:
    hubspot.faults("401=1x")
    answer = hubspot.get(DETAILS)
    assert (answer.status, answer.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert hubspot.get(DETAILS).status == 200


def test_before_and_after_by_spec(hubspot: Simulator) -> None:
    hubspot.faults("reset=1x!before@POST:/contacts,502=1x!after@POST:/contacts")
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        made(hubspot, "before@x.example")
    assert made(hubspot, "after@x.example") == 502
    assert set(hubspot.by_email()) == {"after@x.example"}


def test_a_method_and_a_path_narrow_it(hubspot: Simulator) -> None:
    hubspot.faults("503@POST:/search")
    assert hubspot.get(CONTACTS).status == 200
    assert hubspot.post(f"{CONTACTS}/batch/read", {"inputs": []}).status == 200
    assert hubspot.post(f"{CONTACTS}/search", {}).status == 503


def test_the_token_endpoint_misbehaves_too(hubspot: Simulator) -> None:
    hubspot.faults("429=1x@/oauth,521=1x@/oauth")
    form = {"grant_type": "refresh_token"}
    statuses = [hubspot.request("POST", "/oauth/2026-09/token", form=form, token=None).status for _ in range(3)]
    assert statuses == [429, 521, 400]


def test_rates_over_a_socket_are_those_of_the_spec() -> None:
    with start_simulator(faults="502=20%@details,423=10%@details", seed=3) as first:
        statuses = [first.get(DETAILS).status for _ in range(300)]
        counted = Counter(statuses)
        assert 35 < counted[502] < 90
        assert 10 < counted[423] < 50
        assert first.state()["faults"]["hits"] == {"502": counted[502], "423": counted[423]}
        assert [one["fault"] for one in first.asked(path="details")].count("502") == counted[502]
    with start_simulator(faults="502=20%@details,423=10%@details", seed=3) as again:
        assert [again.get(DETAILS).status for _ in range(300)] == statuses


def test_one_more_fault_does_not_change_what_another_hits() -> None:
    def hits(spec: str) -> list[int]:
        faults = Faults.parse(spec, 1)
        struck = [faults.strike("GET", "/x") for _ in range(500)]
        return [number for number, fault in enumerate(struck) if fault is not None and fault.kind == "502"]

    alone = hits("502=5%")
    assert alone == hits("502=5%,stall=2%")
    assert hits("502=5%#7") != alone
    assert hits("502=5%#7") == hits("502=5%#7,423=1%")


def test_a_spec_says_everything() -> None:
    assert parse_fault("slow=10%/2.5#42!after@PATCH:/contacts/1") == Fault(
        kind="slow", probability=0.1, count=None, path="/contacts/1", method="PATCH", seconds=2.5, when="after", seed=42
    )
    assert [fault.kind for fault in parse_faults(" 502=1% , reset=2x@batch/create,")] == ["502", "reset"]


@pytest.mark.parametrize("spec", ["502!during", "502@", "reset#x", "502=1%@post:/x!after"])
def test_specs_on_the_edge_of_sense(spec: str) -> None:
    try:
        fault = parse_fault(spec)
    except OptionError:
        assert spec in ("502!during", "reset#x")
    else:
        assert fault.method == ""


def test_a_bad_fault_leaves_the_others_in_force(hubspot: Simulator) -> None:
    hubspot.faults("502=1x")
    assert hubspot.post("/_simulator/faults", {"faults": [{"kind": "418"}]}).status == 400
    assert hubspot.get(DETAILS).status == 502
