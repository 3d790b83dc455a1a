"""Whatever HubSpot does with a batch, every input ends with exactly its own outcome."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.hubspot import errors as e
from console.hubspot import retry
from console.hubspot.model import Outcome, Write
from console.hubspot.value_matching import pair_by_values
from tests.support.batch_hub import CONFLICT, INVALID, MISSING, BatchHub, Manners
from tests.support.hubspot_parts import TinyBudget, opened
from tests.support.scripted_server import RESET, Received, Reply, Script, ScriptedServer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.001)


def kind(outcome: Outcome) -> str | None:
    """The outcome as the hub names faults."""
    names = {e.Conflict: CONFLICT, e.Invalid: INVALID, e.NotFound: MISSING}
    return None if outcome.error is None else names[type(outcome.error)]


MANNERS = st.builds(
    Manners,
    partial=st.booleans(),
    echo_trace=st.booleans(),
    named=st.booleans(),
    listed=st.sampled_from([1, 3, 1000]),
    seed=st.integers(0, 99),
)
FAULTS = st.lists(st.sampled_from([None, None, None, CONFLICT, INVALID]), min_size=1, max_size=14)


@settings(max_examples=60)
@given(FAULTS, MANNERS)
def test_each_create_has_its_own_outcome_and_happens_once(faults: list[str | None], manners: Manners) -> None:
    writes = [
        Write(properties={"email": f"Person{n}@B.example", "firstname": "Ann", "state": fault or "ok"}, trace=f"t{n}")
        for n, fault in enumerate(faults)
    ]
    hub = BatchHub(manners, lambda one: {CONFLICT: CONFLICT, INVALID: INVALID}.get(one["properties"]["state"]))

    async def run() -> list[Outcome]:
        async with ScriptedServer(hub) as server, opened(server.url) as hubspot:
            return await hubspot.contacts.batch_create(writes)

    outcomes = asyncio.run(run())
    given_out = dict(hub.written)
    assert [kind(outcome) for outcome in outcomes] == faults
    assert len(hub.written) == len(given_out) == faults.count(None)
    for write, outcome in zip(writes, outcomes, strict=True):
        if outcome.record is not None:
            assert outcome.record.id == given_out[write.trace or ""]


NAMES = st.lists(st.sampled_from(["Acme", "acme ", "Beta", "Gamma"]), min_size=1, max_size=12)


@settings(max_examples=40)
@given(NAMES, st.lists(st.booleans(), min_size=12, max_size=12), MANNERS)
def test_records_without_a_key_go_by_all_their_values(names: list[str], cities: list[bool], manners: Manners) -> None:
    writes = [
        Write(properties={"name": name, **({"city": "Galle"} if city else {})}, trace=f"t{n}")
        for n, (name, city) in enumerate(zip(names, cities, strict=False))
    ]
    hub = BatchHub(manners, lambda one: None)

    async def run() -> list[Outcome]:
        async with ScriptedServer(hub) as server, opened(server.url) as hubspot:
            return await hubspot.companies.batch_create(writes)

    outcomes = asyncio.run(run())
    assert hub.calls == 1
    records = [outcome.record for outcome in outcomes if outcome.record is not None]
    assert len({record.id for record in records}) == len(records)
    for write, outcome in zip(writes, outcomes, strict=True):
        if outcome.record is None:
            assert isinstance(outcome.error, e.OutcomeUnknown)  # told apart by nothing: left to be looked up
        else:
            assert {key: (outcome.record.properties[key] or "").strip().lower() for key in write.properties} == {
                key: (value or "").strip().lower() for key, value in write.properties.items()
            }
    if manners.echo_trace:
        assert len(records) == len(writes)


UPDATE_FAULTS = st.lists(st.sampled_from([None, None, None, INVALID, MISSING]), min_size=1, max_size=14)


@settings(max_examples=60)
@given(UPDATE_FAULTS, MANNERS, st.sampled_from(["update", "upsert", "archive", "read"]))
def test_each_safe_write_has_its_own_outcome(faults: list[str | None], manners: Manners, operation: str) -> None:
    if operation != "update":
        faults = [
            MISSING if fault and operation in ("read", "archive") else (INVALID if fault else None) for fault in faults
        ]
    keys = [f"Key{n}@b.example" if operation in ("upsert", "read") else str(100 + n) for n in range(len(faults))]
    wrong = dict(zip(keys, faults, strict=True))
    writes = [Write(id=key, properties={"firstname": "x", "lastname": None}) for key in keys]
    hub = BatchHub(manners, lambda one: wrong[one["id"]])

    async def run() -> list[Outcome]:
        async with ScriptedServer(hub) as server, opened(server.url) as hubspot:
            contacts = hubspot.contacts
            calls: dict[str, Any] = {
                "update": lambda: contacts.batch_update(writes),
                "upsert": lambda: contacts.batch_upsert(writes, "email"),
                "archive": lambda: contacts.batch_archive(keys),
                "read": lambda: contacts.batch_read(keys, properties=["firstname"], id_property="email"),
            }
            found: list[Outcome] = await calls[operation]()
            return found

    outcomes = asyncio.run(run())
    assert [kind(outcome) for outcome in outcomes] == faults
    for key, outcome in zip(keys, outcomes, strict=True):
        if outcome.error is None and operation != "archive":
            assert outcome.record is not None
            assert key.lower() in (outcome.record.id, outcome.record.properties.get("email"))
        if operation == "upsert" and outcome.error is None:
            assert outcome.new is True


async def batch(
    script: Script | list[Reply], operation: str, *arguments: Any, budget: TinyBudget | None = None, **options: Any
) -> tuple[list[Outcome], ScriptedServer]:
    async with ScriptedServer(script) as server, opened(server.url, budget=budget) as hubspot:
        outcomes: list[Outcome] = await getattr(hubspot.contacts, operation)(*arguments, **options)
    return outcomes, server


def people(count: int) -> list[Write]:
    return [Write(properties={"email": f"p{n}@b.example"}, trace=f"t{n}") for n in range(count)]


def kinds(outcomes: list[Outcome]) -> list[type[Any] | None]:
    return [type(outcome.error) if outcome.error else None for outcome in outcomes]


async def test_what_is_sent_holds_a_trace_id_for_every_input() -> None:
    writes = [
        Write(properties={"email": "a@b.example", "phone": None}),
        Write(properties={"email": "c@b.example"}, trace="mine"),
    ]
    hub = BatchHub(Manners(), lambda one: None)
    _, server = await batch(hub, "batch_create", writes)
    first, second = server.received[0].json["inputs"]
    assert first["properties"] == {"email": "a@b.example"}
    assert first["objectWriteTraceId"]
    assert second["objectWriteTraceId"] == "mine"


async def test_an_update_clears_with_the_empty_text() -> None:
    _, server = await batch(
        BatchHub(Manners(), lambda one: None), "batch_update", [Write(id="1", properties={"phone": None})]
    )
    assert server.received[0].json["inputs"][0]["properties"] == {"phone": ""}


@pytest.mark.parametrize(
    "lost",
    [
        RESET,
        Reply(201, b"{", claim=99, then="close"),
        Reply(504, b"<html></html>"),
        Reply(201, b"<html></html>"),
        Reply(200, b""),
    ],
)
async def test_creates_whose_answer_is_lost_are_unknown_and_not_sent_again(lost: Reply) -> None:
    outcomes, server = await batch([lost], "batch_create", people(5))
    assert kinds(outcomes) == [e.OutcomeUnknown] * 5
    assert len(server.received) == 1


async def test_upserts_whose_answer_is_lost_are_sent_again() -> None:
    hub = BatchHub(Manners(), lambda one: None)

    def script(request: Received) -> Reply:
        done = hub(request)
        return RESET if hub.calls == 1 else done

    outcomes, server = await batch(script, "batch_upsert", [Write(id=f"p{n}@b.example") for n in range(5)], "email")
    assert kinds(outcomes) == [None] * 5
    assert len(server.received) == 2


async def test_inputs_that_the_answer_leaves_out_are_not_taken_for_done() -> None:
    results = {"status": "COMPLETE", "results": [{"id": "1", "properties": {}}]}
    outcomes, _ = await batch([Reply(200, results)], "batch_update", [Write(id="1"), Write(id="2")])
    assert kinds(outcomes) == [None, e.Unmentioned]
    created = {"status": "COMPLETE", "results": [{"id": "1", "properties": {"email": "p0@b.example"}}]}
    outcomes, server = await batch([Reply(201, created)], "batch_create", people(2))
    assert kinds(outcomes) == [None, e.OutcomeUnknown]
    assert len(server.received) == 1


async def test_an_empty_200_is_no_success() -> None:
    outcomes, _ = await batch([Reply(200, {"status": "COMPLETE", "results": []})], "batch_read", ["1", "2"])
    assert kinds(outcomes) == [e.Unexpected] * 2


async def test_a_record_that_a_batch_does_not_mention_is_read_by_itself() -> None:
    def script(request: Received) -> Reply:
        if request.method == "POST":
            return Reply(200, {"status": "COMPLETE", "results": [{"id": "1", "properties": {}}]})
        if request.path.endswith("/8"):
            return Reply(404, {"category": "OBJECT_NOT_FOUND", "message": "resource not found"})
        return Reply(200, {"id": "50", "properties": {"city": "Galle"}})

    outcomes, server = await batch(script, "batch_read", ["1", "7", "8"], properties=["city"])
    assert kinds(outcomes) == [None, None, e.NotFound]
    assert outcomes[1].record is not None
    assert (outcomes[1].record.id, outcomes[1].record.properties) == ("50", {"city": "Galle"})
    assert [request.query for request in server.received[1:]] == [{"properties": "city"}] * 2


async def test_an_archive_that_names_nobody_it_missed_is_asked_again_in_halves() -> None:
    done: list[str] = []

    def script(request: Received) -> Reply:
        ids = [one["id"] for one in request.json["inputs"]]
        if len(ids) > 1:
            return Reply(207, {"results": [], "errors": [{"category": "OBJECT_NOT_FOUND", "message": "some"}]})
        if ids == ["2"]:
            return Reply(207, {"results": [], "errors": [{"category": "OBJECT_NOT_FOUND", "message": "gone"}]})
        done.extend(ids)
        return Reply(204)

    outcomes, _ = await batch(script, "batch_archive", ["1", "2", "3"])
    assert kinds(outcomes) == [None, e.NotFound, None]
    assert done == ["1", "3"]


async def test_a_result_of_somebody_else_is_given_to_nobody() -> None:
    results = {"results": [{"id": "99", "properties": {"email": "stranger@b.example"}}]}
    outcomes, _ = await batch([Reply(201, results)], "batch_create", people(1))
    assert kinds(outcomes) == [e.OutcomeUnknown]
    outcomes, _ = await batch([Reply(200, results)], "batch_read", ["p@b.example"], id_property="email")
    assert kinds(outcomes) == [e.Unexpected]


async def test_an_altered_record_is_not_given_to_its_poorer_twin() -> None:
    writes = [
        Write(properties={"name": "Acme"}),
        Write(properties={"name": "Acme", "city": "Galle"}),
        Write(properties={"name": "Beta"}),
    ]
    altered = {"id": "2", "properties": {"name": "Acme", "city": "Galle District"}}
    beta = {"id": "3", "properties": {"name": "Beta"}}
    outcomes, _ = await batch([Reply(207, {"results": [beta, altered], "numErrors": 1})], "batch_create", writes)
    assert kinds(outcomes) == [e.OutcomeUnknown, e.OutcomeUnknown, None]
    assert outcomes[2].record is not None
    assert outcomes[2].record.id == "3"


async def test_one_altered_record_of_many_is_still_recognised() -> None:
    writes = [
        Write(properties={"name": name, "domain": f"HTTPS://{name}.example/", "city": "Galle"})
        for name in ("Acme", "Beta")
    ]
    results = [
        {"id": "2", "properties": {"name": "Beta", "domain": "beta.example", "city": "Galle"}},
        {"id": "1", "properties": {"name": "Acme", "domain": "https://acme.example/", "city": "Galle"}},
    ]
    outcomes, _ = await batch([Reply(201, {"results": results})], "batch_create", writes)
    assert [outcome.record.id for outcome in outcomes if outcome.record] == ["1", "2"]


async def test_a_hundred_look_alikes_are_sorted_out_quickly() -> None:
    sent = [{"name": f"firm {n % 7}", "city": f"city {n % 3}"} | ({"zip": str(n)} if n % 4 else {}) for n in range(100)]
    returned = [{"zip": "", **values, "createdate": "today"} for values in sent]
    order = list(range(100))
    random.Random(7).shuffle(order)
    began = time.perf_counter()
    pairs = pair_by_values(sent, [returned[place] for place in order])
    assert time.perf_counter() - began < 1.0
    assert len(pairs) == 100
    assert all(
        sent[one] | {"zip": sent[one].get("zip", "")}
        == {k: v for k, v in returned[order[result]].items() if k != "createdate"}
        for one, result in pairs
    )


async def test_merged_ids_and_secondary_emails_are_recognised() -> None:
    merged = {"id": "50", "properties": {"hs_merged_object_ids": "7;8", "firstname": "A"}}
    outcomes, _ = await batch([Reply(200, {"results": [merged]})], "batch_read", ["8"], properties=["firstname"])
    assert outcomes[0].record is not None
    assert (outcomes[0].record.id, outcomes[0].record.properties) == ("50", {"firstname": "A"})
    second = {"id": "51", "properties": {"email": "new@b.example", "hs_additional_emails": "x@b.example;Old@b.example"}}
    outcomes, _ = await batch(
        [Reply(200, {"results": [second]})], "batch_read", ["old@B.example "], id_property="email"
    )
    assert outcomes[0].record is not None
    assert outcomes[0].record.id == "51"


async def test_conflicts_name_the_record_in_the_way() -> None:
    answer = {
        "results": [],
        "errors": [
            {
                "category": "CONFLICT",
                "message": "Contact already exists. Existing ID: 41",
                "context": {"objectWriteTraceId": ["t1"]},
            },
            {
                "category": "CONFLICT",
                "message": "Contact already exists",
                "context": {"objectWriteTraceId": ["t0"], "existingId": ["42"]},
            },
        ],
        "numErrors": 2,
    }
    outcomes, _ = await batch([Reply(207, answer)], "batch_create", people(2))
    assert [outcome.error.existing_id for outcome in outcomes if isinstance(outcome.error, e.Conflict)] == ["42", "41"]


async def test_one_error_may_cover_many_ids() -> None:
    answer = {
        "results": [{"id": "2", "properties": {}}],
        "errors": [
            {
                "category": "OBJECT_NOT_FOUND",
                "message": "Could not get some CONTACT objects",
                "context": {"ids": ["1", "3"]},
            }
        ],
        "numErrors": 1,
    }
    outcomes, server = await batch([Reply(207, answer)], "batch_read", ["1", "2", "3"])
    assert kinds(outcomes) == [e.NotFound, None, e.NotFound]
    assert len(server.received) == 1


async def test_duplicates_that_only_hubspot_sees_are_separated_by_halving() -> None:
    def script(request: Received) -> Reply:
        ids = [one["id"] for one in request.json["inputs"]]
        if {"07", "7"} <= set(ids):
            return Reply(
                400,
                {
                    "message": "Duplicate IDs found in batch input: [7]. IDs must be unique",
                    "context": {"ids": ["7"]},
                    "category": "VALIDATION_ERROR",
                },
            )
        return Reply(200, {"results": [{"id": key, "properties": {}} for key in reversed(ids)]})

    outcomes, server = await batch(script, "batch_update", [Write(id=key) for key in ("1", "7", "3", "07")])
    assert kinds(outcomes) == [None] * 4
    assert len(server.received) == 3


async def test_a_property_that_does_not_exist_blames_its_inputs_in_one_step() -> None:
    def script(request: Received) -> Reply:
        inputs = request.json["inputs"]
        if any("nope" in one["properties"] for one in inputs):
            problem = '[{"isValid":false,"message":"Property nope does not exist","error":"PROPERTY_DOESNT_EXIST","name":"nope"}]'
            return Reply(400, {"category": "VALIDATION_ERROR", "message": f"Property values were not valid: {problem}"})
        return Reply(200, {"results": [{"id": one["id"], "properties": {}} for one in inputs]})

    writes = [Write(id=str(n), properties={"nope": "x"} if n % 2 else {"city": "x"}) for n in range(1, 41)]
    outcomes, server = await batch(script, "batch_update", writes)
    assert kinds(outcomes) == [e.Invalid, None] * 20
    assert len(server.received) == 2


async def test_what_stops_the_run_is_told_to_all_that_were_not_sent() -> None:
    calls: list[int] = []

    def script(request: Received) -> Reply:
        calls.append(len(request.json["inputs"]))
        if len(calls) == 1:
            return Reply(409, {"category": "CONFLICT", "message": "Contact already exists"})
        return Reply(429, {"policyName": "DAILY"})

    outcomes, _ = await batch(script, "batch_create", people(8))
    assert kinds(outcomes) == [e.DailyLimitReached] * 8
    assert calls == [8, 4]


async def test_an_unknown_route_is_not_taken_for_missing_records() -> None:
    outcomes, server = await batch([Reply(404, b"<html>no route</html>")], "batch_read", ["1", "2"])
    assert kinds(outcomes) == [e.Unexpected] * 2
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [403, 405, 415])
async def test_refusals_of_the_request_as_such_are_not_halved(status: int) -> None:
    outcomes, server = await batch([Reply(status, b"")], "batch_update", [Write(id=str(n)) for n in range(1, 9)])
    assert len({id(outcome.error) for outcome in outcomes}) == 1
    assert len(server.received) == 1


async def test_half_characters_spoil_their_own_input_only() -> None:
    writes = [Write(id="1", properties={"a": "\ud800"}), Write(id="2", properties={"a": "b"})]
    outcomes, _ = await batch(BatchHub(Manners(), lambda one: None), "batch_update", writes)
    assert kinds(outcomes) == [e.Invalid, None]


@pytest.mark.parametrize(
    ("operation", "arguments", "told"),
    [
        ("batch_read", (["1", "1"],), "key of an input before"),
        ("batch_read", ([str(n) for n in range(101)],), "100"),
        ("batch_read", (["A@b.example", " a@B.example "],), "key of an input before"),
        ("batch_update", ([Write(id="1"), Write(id="1")],), "key of an input before"),
        ("batch_update", ([Write(properties={"a": "b"})],), "no key"),
        ("batch_archive", (["1", "2", "1"],), "key of an input before"),
        ("batch_create", ([Write(trace="t"), Write(trace="t")],), "trace"),
        ("batch_create", ([Write()] * 101,), "100"),
    ],
)
async def test_what_hubspot_would_refuse_whole_is_not_sent(
    operation: str, arguments: tuple[Any, ...], told: str
) -> None:
    options = {"id_property": "email"} if "@" in str(arguments) else {}
    async with ScriptedServer([Reply(200, {})]) as server, opened(server.url) as hubspot:
        with pytest.raises(ValueError, match=told):
            await getattr(hubspot.contacts, operation)(*arguments, **options)
        assert server.received == []


async def test_an_empty_batch_asks_nothing() -> None:
    outcomes, server = await batch([Reply(200, {})], "batch_create", [])
    assert outcomes == []
    assert server.received == []


async def test_a_cancelled_batch_gives_its_slot_back() -> None:
    budget = TinyBudget()
    async with ScriptedServer([Reply(200, {}, delay=5)]) as server, opened(server.url, budget=budget) as hubspot:
        task = asyncio.create_task(hubspot.contacts.batch_create(people(3)))
        while not server.received:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert budget.held == 0


@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.text(max_size=5) | st.integers(-(2**70), 2**70),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "results",
                        "errors",
                        "numErrors",
                        "id",
                        "properties",
                        "context",
                        "ids",
                        "objectWriteTraceId",
                        "category",
                        "message",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=15,
    ),
    st.sampled_from([200, 201, 204, 207]),
)
@settings(max_examples=60)
def test_no_answer_whatever_leaves_an_input_without_outcome(body: Any, status: int) -> None:
    async def run() -> list[list[Outcome]]:
        async with ScriptedServer([Reply(status, body)]) as server, opened(server.url) as hubspot:
            contacts = hubspot.contacts
            return [
                await contacts.batch_create(people(3)),
                await contacts.batch_update([Write(id="1"), Write(id="2")]),
                await contacts.batch_read(["a@b.example", "c@b.example"], id_property="email"),
                await contacts.batch_archive(["1", "2"]),
            ]

    found = asyncio.run(run())
    assert [len(outcomes) for outcomes in found] == [3, 2, 2, 2]
    assert all((outcome.record is None) or (outcome.error is None) for outcomes in found for outcome in outcomes)
