"""Slots, retries and the log: what is sent again, what never, and who is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from console.hubspot import errors as e
from console.hubspot import retry
from console.hubspot.budget import MemoryStore, open_budget
from console.hubspot.model import Write
from tests.support.hubspot_parts import ACCESS, MemorySecrets, TinyBudget, crash_report, opened, profile
from tests.support.scripted_server import RESET, STALL, Reply, ScriptedServer

RECORD = {"id": "7", "properties": {"email": "a@b.example"}}
GOOD = Reply(200, RECORD)
BURST = Reply(
    429, {"policyName": "TEN_SECONDLY_ROLLING", "message": "You have reached your ten_secondly_rolling limit."}
)
SECONDLY = Reply(429, {"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"})
DAILY = Reply(429, {"policyName": "DAILY", "message": "You have reached your daily limit."})
PAGE = Reply(200, {"results": [], "total": 0})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)


async def do(
    method: str, replies: Sequence[Reply], budget: TinyBudget | None = None, **settings: Any
) -> tuple[Any, ScriptedServer]:
    """One call against these replies; its result or its error."""
    calls: dict[str, Any] = {
        "read": lambda h: h.contacts.read("7"),
        "list": lambda h: h.contacts.list(),
        "search": lambda h: h.contacts.search(),
        "create": lambda h: h.contacts.create({"email": "a@b.example"}),
        "update": lambda h: h.contacts.update("7", {"firstname": None}),
        "archive": lambda h: h.contacts.archive("7"),
        "upsert": lambda h: h.contacts.batch_upsert([Write(id="a@b.example")], "email"),
        "look up": lambda h: h.contacts.at("interactive").read("7"),
    }
    async with ScriptedServer(replies) as server, opened(server.url, budget=budget, **settings) as hubspot:
        try:
            found = await calls[method](hubspot)
        except e.HubSpotError as error:
            found = error
    return found, server


SAFE = ["read", "update", "archive"]
LOST = {
    "reset": RESET,
    "truncated": Reply(200, b"{}", claim=900, then="close"),
    "502": Reply(502, b"<html>bad gateway</html>"),
    "503-retry-after": Reply(503, b"", {"Retry-After": "0"}),
    "520": Reply(520, b"<html></html>"),
    "504": Reply(504, {"message": "timeout"}),
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize("method", SAFE)
async def test_what_is_safe_is_sent_again(method: str, lost: Reply) -> None:
    budget = TinyBudget()
    found, server = await do(method, [lost, lost, GOOD], budget)
    assert not isinstance(found, e.HubSpotError)
    assert len(server.received) == 3
    assert len(budget.slots) == 3
    assert budget.held == 0


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
async def test_a_create_whose_answer_is_lost_is_never_sent_again(lost: Reply) -> None:
    found, server = await do("create", [lost, GOOD])
    assert type(found) is e.OutcomeUnknown
    assert len(server.received) == 1


@pytest.mark.parametrize("body", [b"", b"<html></html>", b'{"id": "7"', b"[]", b'{"id": null}'])
async def test_a_create_that_succeeded_illegibly_is_unknown_and_not_repeated(body: bytes) -> None:
    found, server = await do("create", [Reply(201, body), GOOD])
    assert type(found) is e.OutcomeUnknown
    assert len(server.received) == 1


@pytest.mark.parametrize("body", [b"", b"<html></html>", b'{"id": "7"', b"[]"])
async def test_a_read_without_the_promised_content_is_unexpected(body: bytes) -> None:
    found, server = await do("read", [Reply(200, body), GOOD])
    assert type(found) is e.Unexpected
    assert len(server.received) == 1


async def test_a_single_2xx_with_errors_is_an_error() -> None:
    found, _ = await do(
        "read", [Reply(200, {**RECORD, "errors": [{"category": "OBJECT_NOT_FOUND", "message": "gone"}]})]
    )
    assert type(found) is e.NotFound


@pytest.mark.parametrize("method", ["create", "update", "read"])
async def test_a_locked_record_is_waited_for(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(0)

    monkeypatch.setattr("console.hubspot.client.asyncio.sleep", sleep)
    found, server = await do(method, [Reply(423, b""), GOOD])
    assert found.id == "7"
    assert len(server.received) == 2
    assert max(waits) >= 2.0


@pytest.mark.parametrize("method", ["read", "create", "upsert"])
async def test_a_burst_refusal_is_left_to_the_budget_and_sent_again(method: str) -> None:
    budget = TinyBudget()
    answer = (
        GOOD if method != "upsert" else Reply(200, {"results": [{**RECORD, "properties": {"email": "a@b.example"}}]})
    )
    found, server = await do(method, [BURST, BURST, answer], budget)
    assert not isinstance(found, e.HubSpotError)
    assert budget.told.count("answered 429") == 2
    assert budget.cooled == []
    assert len(server.received) == len(budget.slots) == 3


async def test_retry_after_says_how_long_the_budget_cools() -> None:
    budget = TinyBudget()
    await do("read", [Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}, {"Retry-After": "3"}), GOOD], budget)
    assert budget.cooled == [("burst", 3.0)]


@pytest.mark.parametrize("reply", [SECONDLY, Reply(429, b"error code: 1015")])
async def test_a_search_refusal_leaves_the_burst_window_open(reply: Reply) -> None:
    budget = TinyBudget()
    found, _ = await do("search", [reply, PAGE], budget)
    assert found.total == 0
    assert budget.told.count("answered 429") == 1
    assert budget.cooled == []
    assert budget.slots == [("search", "bulk")] * 2


async def test_a_search_that_the_burst_window_refused_cools_the_burst_window() -> None:
    budget = TinyBudget()
    await do("search", [BURST, PAGE], budget)
    assert budget.cooled == [("burst", 10.0)]


async def test_a_refused_request_waits_for_the_learned_window_and_no_longer() -> None:
    headers = {"X-HubSpot-RateLimit-Max": "100", "X-HubSpot-RateLimit-Interval-Milliseconds": "300"}
    refusal = Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}, headers)
    async with ScriptedServer([refusal, GOOD]) as server:
        budget = open_budget(MemoryStore(), app="app", portal=1, profile=profile(server.url))
        async with opened(server.url, budget=budget) as hubspot:
            began = time.monotonic()
            await hubspot.contacts.read("7")
        await budget.aclose()
    assert 0.3 <= time.monotonic() - began < 3.0
    assert len(server.received) == 2


async def test_refusals_end_after_ten() -> None:
    found, server = await do("read", [BURST])
    assert type(found) is e.RateLimited
    assert len(server.received) == retry.REFUSALS


@pytest.mark.parametrize("method", ["read", "create"])
async def test_the_daily_limit_is_not_asked_twice_and_the_budget_knows(method: str) -> None:
    budget = TinyBudget()
    found, server = await do(method, [DAILY], budget)
    assert type(found) is e.DailyLimitReached
    assert found.stops_run
    assert len(server.received) == 1
    assert budget.day_over
    assert budget.cooled == []


async def test_a_migration_is_told_with_its_time() -> None:
    found, server = await do("read", [Reply(477, b"", {"Retry-After": "7200"})])
    assert (type(found), found.retry_after, found.stops_run) == (e.Migrating, 7200.0, True)
    assert len(server.received) == 1


@pytest.mark.parametrize(("method", "most"), [("read", retry.ATTEMPTS), ("look up", retry.INTERACTIVE_ATTEMPTS)])
async def test_a_lasting_server_fault_ends(method: str, most: int) -> None:
    found, server = await do(method, [Reply(502, b"<html></html>")])
    assert type(found) is e.ServerFault
    assert len(server.received) == most


async def test_a_server_that_wants_a_long_pause_is_not_waited_for() -> None:
    found, server = await do("read", [Reply(503, b"", {"Retry-After": "3600"})])
    assert (type(found), found.retry_after) == (e.ServerFault, 3600.0)
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    async with ScriptedServer([GOOD]) as elsewhere:
        location = {"Location": elsewhere.url.replace("127.0.0.1", "localhost") + "/x?secret=canary"}
        found, server = await do("read", [Reply(status, b"", location)])
        assert elsewhere.received == []
    assert type(found) is e.Unexpected
    assert "localhost" in found.message
    assert "canary" not in found.message
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(400, e.Invalid), (403, e.Forbidden), (404, e.NotFound), (409, e.Conflict), (405, e.Invalid)]
)
@pytest.mark.parametrize("method", ["update", "create"])
async def test_refusals_are_final(method: str, status: int, kind: type[e.HubSpotError]) -> None:
    found, server = await do(method, [Reply(status, {"message": "no"})])
    assert type(found) is kind
    assert len(server.received) == 1


async def test_an_unreachable_host_is_tried_again_for_a_create_too() -> None:
    async with ScriptedServer([GOOD]) as server:
        gone = server.url
    budget = TinyBudget()
    async with opened(gone, budget=budget) as hubspot:
        with pytest.raises(e.NotSent) as caught:
            await hubspot.contacts.create({"email": "a@b.example"})
        assert len(hubspot.log) == retry.ATTEMPTS
        assert hubspot.log.requests == 0
    assert caught.value.stops_run
    assert len(budget.slots) == retry.ATTEMPTS
    assert "sent" not in budget.told


async def test_a_lease_hears_what_happens_in_order() -> None:
    budget = TinyBudget()
    await do("read", [GOOD], budget)
    assert budget.told == ["sent", "answered 200", "back"]


async def test_a_lost_answer_gives_the_slot_back_as_sent() -> None:
    budget = TinyBudget()
    await do("create", [RESET], budget)
    assert budget.told == ["sent", "back"]


async def test_a_cancelled_request_gives_its_slot_back() -> None:
    budget = TinyBudget()
    async with ScriptedServer([STALL]) as server, opened(server.url, budget=budget, timeout_seconds=10) as hubspot:
        task = asyncio.create_task(hubspot.contacts.read("7"))
        while not server.received:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [entry.category for entry in hubspot.log] == ["Cancelled"]
    assert budget.held == 0
    assert budget.told == ["sent", "back"]


async def test_the_real_budget_takes_a_slot_per_attempt() -> None:
    async with ScriptedServer([Reply(502, b""), GOOD]) as server:
        chosen = profile(server.url)
        budget = open_budget(MemoryStore(), app="test", portal=1, profile=chosen)
        async with opened(server.url, budget=budget) as hubspot:
            await hubspot.contacts.read("7")
        window = budget.snapshot().window("burst")
        await budget.aclose()
    assert window is not None
    assert window.used == 2


async def test_the_hook_tells_of_writes_and_not_of_reads() -> None:
    sent: list[int] = []
    async with (
        ScriptedServer(
            lambda request: GOOD if request.method != "POST" or request.path.endswith("contacts") else PAGE
        ) as server,
        opened(server.url, on_sent=lambda: sent.append(len(server.received))) as hubspot,
    ):
        await hubspot.contacts.read("7")
        await hubspot.contacts.search()
        await hubspot.contacts.batch_read(["1"])
        assert sent == []
        await hubspot.contacts.create({"email": "x@y.example"})
        await hubspot.contacts.update("7", {"a": "b"})
        await hubspot.contacts.archive("7")
    assert len(sent) == 3
    assert sent[0] == 4  # three reads, one of which found nothing and read the record by itself


async def test_the_log_holds_no_values() -> None:
    replies = [Reply(404, {"message": "canary-mail@b.example"}, {"X-HubSpot-Correlation-Id": "c-1"}), BURST, GOOD]
    async with ScriptedServer(replies) as server, opened(server.url) as hubspot:
        with pytest.raises(e.NotFound):
            await hubspot.contacts.read("canary-mail@b.example", id_property="email", properties=["firstname"])
        await hubspot.contacts.update("7", {"firstname": "canary"})
        entries = hubspot.log.entries()
        assert server.received[0].query == {"idProperty": "email", "properties": "firstname"}
        assert server.received[0].path.endswith("/canary-mail%40b.example")
    assert [(entry.method, entry.path, entry.status, entry.attempt) for entry in entries] == [
        ("GET", "/crm/objects/2026-09/contacts/{key}", 404, 1),
        ("PATCH", "/crm/objects/2026-09/contacts/7", 429, 1),
        ("PATCH", "/crm/objects/2026-09/contacts/7", 200, 2),
    ]
    assert [entry.correlation_id for entry in entries] == ["c-1", "", ""]
    assert [entry.category for entry in entries] == ["NotFound", "RateLimited", ""]
    assert "canary" not in repr(entries)
    assert ACCESS not in repr(entries)
    assert (hubspot.log.requests, hubspot.log.rate_limited, hubspot.log.retries) == (3, 1, 1)


async def test_the_log_keeps_500() -> None:
    async with ScriptedServer([GOOD]) as server, opened(server.url) as hubspot:
        for _ in range(505):
            await hubspot.contacts.read("7")
        assert len(hubspot.log) == 500
        assert hubspot.log.requests == 505


async def test_no_token_shows_in_a_crash_report_of_the_client() -> None:
    for reply in (RESET, Reply(403, {"message": f"Bearer {ACCESS} may not"}), Reply(401, {"message": ACCESS})):
        async with ScriptedServer([reply]) as server, opened(server.url, MemorySecrets()) as hubspot:
            with pytest.raises(e.HubSpotError) as caught:
                await hubspot.contacts.create({"email": "a@b.example"})
        assert ACCESS not in crash_report(caught.value)


@pytest.mark.parametrize("name", ["httpx", "httpcore"])
async def test_the_http_library_logs_no_urls(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    await do("read", [GOOD])
    assert [record for record in caplog.records if record.name.startswith(name)] == []


async def test_half_characters_are_refused_before_sending() -> None:
    async with ScriptedServer([GOOD]) as server, opened(server.url) as hubspot:
        with pytest.raises(e.Invalid) as caught:
            await hubspot.contacts.update("7", {"firstname": "canary\ud800"})
        assert server.received == []
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("uid", ["", ".", ".."])
async def test_ids_cannot_leave_their_path(uid: str) -> None:
    async with ScriptedServer([GOOD]) as server, opened(server.url) as hubspot:
        with pytest.raises(ValueError, match="path"):
            await hubspot.contacts.read(uid)
        await hubspot.contacts.read("../x?y#z")
        assert server.received[0].target == "/crm/objects/2026-09/contacts/..%2Fx%3Fy%23z"


@pytest.mark.parametrize(
    ("version", "contacts", "account", "token"),
    [
        ("2026-09", "/crm/objects/2026-09/contacts", "/account-info/2026-09/details", "/oauth/2026-09/token"),
        ("2026-03", "/crm/objects/2026-03/contacts", "/account-info/2026-03/details", "/oauth/2026-03/token"),
        ("v3", "/crm/v3/objects/contacts", "/account-info/v3/details", "/oauth/v3/token"),
    ],
)
async def test_one_setting_moves_every_path(version: str, contacts: str, account: str, token: str) -> None:
    def script(request: Any) -> Reply:
        if request.path.endswith("/token"):
            return Reply(200, {"access_token": "a", "expires_in": 1800})
        return Reply(200, {"portalId": 1, "results": [], "id": "7"})

    async with ScriptedServer(script) as server:
        async with opened(server.url, api_version=version, authentication="oauth") as hubspot:
            await hubspot.contacts.list()
            await hubspot.account.details()
        assert [request.path for request in server.received] == [token, contacts, account]
