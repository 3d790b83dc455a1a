"""Faults on demand: answers of the edge, broken connections, by count, by probability, by seed."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator

import pytest

from console.simulator.config import OptionError
from console.simulator.faults import KINDS, Faults, parse_fault
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"
DETAILS = "/account-info/2026-09/details"


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    """One portal; each test sets its own faults."""
    with start_simulator() as running:
        yield running


def body(email: str) -> dict[str, list[dict[str, dict[str, str]]]]:
    return {"inputs": [{"properties": {"email": email}}]}


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "520", "521", "522", "523", "524"])
def test_pages_of_the_edge(hubspot: Simulator, kind: str) -> None:
    hubspot.faults(kind)
    answer = hubspot.post(f"{CONTACTS}/batch/create", body(f"{kind}@edge.example"))
    assert answer.status == int(kind)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.startswith(b"<html>")
    assert f"{kind}@edge.example" not in hubspot.by_email()  # nothing was written
    assert hubspot.get(DETAILS).status == 200  # one time only


def test_an_edge_error_after_the_write(hubspot: Simulator) -> None:
    hubspot.faults("", {"kind": "504", "count": 1, "when": "after"})
    assert hubspot.post(f"{CONTACTS}/batch/create", body("late@edge.example")).status == 504
    assert "late@edge.example" in hubspot.by_email()


def test_json_refusals(hubspot: Simulator) -> None:
    hubspot.faults("477=1x/90,429=1x,429=1x/3,423=1x")
    moved, limited, polite, locked = (hubspot.get(DETAILS) for _ in range(4))
    assert (moved.status, moved.headers["retry-after"]) == (477, "90")
    assert (limited.status, "retry-after" in limited.headers) == (429, False)
    assert (polite.status, polite.headers["retry-after"]) == (429, "3")
    assert locked.status == 423
    assert locked.json["correlationId"]


def test_a_reset_after_the_write_was_applied(hubspot: Simulator) -> None:
    hubspot.faults("reset=1x@batch/create")
    assert hubspot.get(DETAILS).status == 200  # another path
    with pytest.raises(ConnectionResetError):
        hubspot.post(f"{CONTACTS}/batch/create", body("reset@edge.example"))
    assert "reset@edge.example" in hubspot.by_email()
    hubspot.faults("", {"kind": "reset", "count": 1, "when": "before"})
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        hubspot.post(f"{CONTACTS}/batch/create", body("never@edge.example"))
    assert "never@edge.example" not in hubspot.by_email()


def test_a_body_cut_short(hubspot: Simulator) -> None:
    hubspot.faults("truncate=1x")
    with pytest.raises(http.client.IncompleteRead):
        hubspot.post(f"{CONTACTS}/batch/create", body("cut@edge.example"))
    assert "cut@edge.example" in hubspot.by_email()


def test_stalls_and_slow_answers(hubspot: Simulator) -> None:
    hubspot.faults("stall=1x/30")
    with pytest.raises(TimeoutError):
        hubspot.get(DETAILS, timeout=0.3)
    hubspot.faults("slow=1x/0.3")
    began = time.monotonic()
    assert hubspot.get(DETAILS).status == 200
    assert time.monotonic() - began >= 0.3


def test_a_result_left_out(hubspot: Simulator) -> None:
    hubspot.faults("omit=1x")
    inputs = [{"properties": {"email": f"{name}@omit.example"}} for name in ("a", "b")]
    answer = hubspot.post(f"{CONTACTS}/batch/create", {"inputs": inputs})
    assert (answer.status, len(answer.json["results"])) == (201, 1)
    assert {"a@omit.example", "b@omit.example"} <= set(hubspot.by_email())


def test_faults_can_wait_pass_by_methods_and_pile_up(hubspot: Simulator) -> None:
    hubspot.faults("", {"kind": "502", "count": 2, "skip": 1, "method": "GET"})
    hubspot.faults("503=1x@search", append=True)
    assert [hubspot.get(DETAILS).status for _ in range(4)] == [200, 502, 502, 200]
    assert hubspot.post(f"{CONTACTS}/search", {}).status == 503
    hits = hubspot.state()["faults"]["hits"]
    assert hits["502"] >= 2
    assert hubspot.state()["faults"]["active"] == []


def test_latency_delays_answers_side_by_side(hubspot: Simulator) -> None:
    from concurrent.futures import ThreadPoolExecutor

    hubspot.settings(latency=0.4)
    began = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: hubspot.get(DETAILS), range(6)))
    took = time.monotonic() - began
    hubspot.settings(latency=0.0)
    assert {answer.status for answer in answers} == {200}
    assert 0.4 <= took < 1.5
    assert hubspot.state()["mostInFlight"] >= 3


def test_probabilities_follow_the_seed() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults.parse("502=20%", seed)
        return [faults.strike("GET", "/x") is not None for _ in range(400)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 40 < sum(struck(1)) < 130


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_asked_for(kind: str) -> None:
    fault = parse_fault(f"{kind}=2x/1.5@batch")
    assert (fault.kind, fault.count, fault.seconds, fault.path) == (kind, 2, 1.5, "batch")


@pytest.mark.parametrize("spec", ["418", "502=200%", "=3x", "502=x", "reset=1.2.3"])
def test_specs_that_make_no_sense(spec: str) -> None:
    with pytest.raises(OptionError):
        parse_fault(spec)
