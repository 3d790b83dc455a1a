"""What never left and what may have had its effect: told apart by the bytes on the wire."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from console.hubspot.answer import Answer
from console.hubspot.errors import NotSent, OutcomeUnknown
from console.hubspot.secret import Secret
from console.hubspot.transport import Transport
from tests.support.hubspot_parts import ACCESS, crash_report, profile
from tests.support.scripted_server import RESET, STALL, Reply, ScriptedServer


async def ask(server_url: str, **settings: object) -> Answer:
    transport = Transport(profile(server_url, **settings))
    try:
        return await transport.send("POST", server_url + "/x", bearer=Secret(ACCESS), body=b"{}")
    finally:
        await transport.aclose()


@pytest.fixture
async def closed_port() -> AsyncIterator[int]:
    """A port of this machine on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


async def test_an_answer_comes_back_whole() -> None:
    async with ScriptedServer([Reply(200, {"a": 1}, {"X-HubSpot-Correlation-Id": "c-1"})]) as server:
        answer = await ask(server.url)
    assert (answer.status, answer.json(), answer.correlation_id) == (200, {"a": 1}, "c-1")
    assert server.received[0].headers["authorization"] == f"Bearer {ACCESS}"
    assert server.received[0].headers["user-agent"].startswith("hubspoke/")


@pytest.mark.parametrize(
    ("reply", "settings"),
    [
        (RESET, {}),
        (STALL, {"timeout_seconds": 0.7}),
        (Reply(200, b"{}", claim=500, then="close"), {}),
        (Reply(200, b"{}", claim=500, then="reset"), {}),
        (Reply(200, b"{}", claim=500, then="stall"), {"timeout_seconds": 0.7}),
        (Reply(raw=b"", then="close"), {}),
        (Reply(raw=b"HTTP/1.1 2", then="close"), {}),
        (Reply(raw=b"no http at all\r\n\r\n", then="close"), {}),
        (Reply(200, b"not gzip", {"Content-Encoding": "gzip"}), {}),
    ],
    ids=[
        "reset",
        "stall",
        "truncated",
        "truncated-reset",
        "truncated-stall",
        "empty",
        "half-head",
        "noise",
        "bad-gzip",
    ],
)
async def test_once_bytes_left_the_outcome_is_unknown(reply: Reply, settings: dict[str, float]) -> None:
    async with ScriptedServer([reply]) as server:
        with pytest.raises(OutcomeUnknown):
            await ask(server.url, **settings)
    assert len(server.received) == 1


async def test_a_refused_connection_is_not_sent(closed_port: int) -> None:
    with pytest.raises(NotSent, match="refused") as caught:
        await ask(f"http://127.0.0.1:{closed_port}")
    assert caught.value.stage == "connection"
    assert not caught.value.lasting


async def test_a_name_that_is_nobodys_is_named() -> None:
    with pytest.raises(NotSent, match=r"The name nobody\.invalid cannot be resolved") as caught:
        await ask("https://nobody.invalid")
    assert caught.value.stage == "name"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:canary-password@api.example.com",
        "https://",
        "http://[::1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "https://api.example.com:99999",
    ],
)
async def test_credentials_go_to_https_or_to_this_machine(url: str) -> None:
    with pytest.raises(NotSent) as caught:
        await ask(url)
    assert caught.value.stage == "settings"
    assert caught.value.lasting
    assert "canary-password" not in str(caught.value)


async def test_a_stalled_connection_attempt_is_not_sent() -> None:
    # a listener whose queue is full lets the handshake hang
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        held = [socket.socket() for _ in range(4)]
        for one in held:
            one.setblocking(False)
            one.connect_ex(address)
        with pytest.raises(NotSent, match="No connection"):
            await ask(f"http://127.0.0.1:{address[1]}", timeout_seconds=0.7)
        for one in held:
            one.close()


async def test_a_request_that_waits_for_a_connection_was_not_sent() -> None:
    async with ScriptedServer([STALL]) as server:
        transport = Transport(profile(server.url, maximum_connections=1, timeout_seconds=0.7))
        asked = [asyncio.create_task(transport.send("GET", server.url + "/a")) for _ in range(2)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        await transport.aclose()
    assert sorted(type(error).__name__ for error in found) == ["NotSent", "OutcomeUnknown"]
    assert [error.stage for error in found if isinstance(error, NotSent)] == ["pool"]
    assert len(server.received) == 1


async def test_cancelled_requests_leave_no_connection_behind() -> None:
    async with ScriptedServer(lambda request: STALL if request.path == "/slow" else Reply(200, {})) as server:
        transport = Transport(profile(server.url, maximum_connections=2))
        for _ in range(6):
            task = asyncio.create_task(transport.send("GET", server.url + "/slow"))
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        answers = await asyncio.gather(*(transport.send("GET", server.url + "/fast") for _ in range(6)))
        await transport.aclose()
    assert [answer.status for answer in answers] == [200] * 6


async def test_the_points_of_a_write_are_told_in_order() -> None:
    told: list[str] = []

    def script(request: object) -> Reply:
        told.append("received")
        return Reply(200, {})

    async with ScriptedServer(script) as server:
        transport = Transport(profile(server.url))
        await transport.send(
            "POST",
            server.url,
            body=b"x" * 100,
            on_started=lambda: told.append("started"),
            on_sent=lambda: told.append("sent"),
        )
        await transport.aclose()
    assert told == ["started", "sent", "received"]


async def test_a_slot_that_was_lost_meanwhile_keeps_the_request_here() -> None:
    def lost() -> None:
        raise NotSent("the slot ran out")

    async with ScriptedServer([Reply(200, {})]) as server:
        transport = Transport(profile(server.url))
        with pytest.raises(NotSent, match="ran out"):
            await transport.send("POST", server.url, body=b"{}", on_started=lost)
        assert (await transport.send("POST", server.url, body=b"{}")).status == 200
        await transport.aclose()
    assert len(server.received) == 1


async def test_a_redirect_is_an_answer_and_nobody_follows() -> None:
    async with ScriptedServer([Reply(200, {})]) as elsewhere:
        async with ScriptedServer([Reply(302, b"", {"Location": elsewhere.url + "/?token=canary"})]) as server:
            answer = await ask(server.url)
        assert answer.status == 302
        assert elsewhere.received == []


async def test_environment_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    async with ScriptedServer([Reply(200, {})]) as server:
        assert (await ask(server.url)).status == 200


@pytest.mark.parametrize(
    "reply", [RESET, Reply(200, b"{}", claim=500, then="close"), STALL], ids=["reset", "cut", "stall"]
)
async def test_no_credential_shows_in_a_crash_report(reply: Reply) -> None:
    async with ScriptedServer([reply]) as server:
        transport = Transport(profile(server.url, timeout_seconds=0.7))
        with pytest.raises(OutcomeUnknown) as caught:
            await transport.send(
                "POST", server.url, bearer=Secret(ACCESS), form={"client_secret": Secret("canary-form")}
            )
        await transport.aclose()
    report = crash_report(caught.value)
    assert "Secret(***)" in report
    assert "canary" not in report
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


async def test_no_credential_shows_in_an_answer_that_repeats_it() -> None:
    spellings = f"{ACCESS} canary-form/+ canary-form%2F%2B canary-form\\/+"
    async with ScriptedServer([Reply(400, f'{{"message": "no: {spellings}"}}'.encode())]) as server:
        transport = Transport(profile(server.url))
        form = {"client_secret": Secret("canary-form/+")}
        answer = await transport.send("POST", server.url, bearer=Secret(ACCESS), form=form)
        await transport.aclose()
    assert answer.body == b'{"message": "no: [hidden] [hidden] [hidden] [hidden]"}'


async def test_a_token_that_no_header_can_hold_is_not_shown() -> None:
    async with ScriptedServer([Reply(200, {})]) as server:
        transport = Transport(profile(server.url))
        with pytest.raises(NotSent) as caught:
            await transport.send("GET", server.url, bearer=Secret("canary\nbreak"))
        await transport.aclose()
    assert "canary" not in str(caught.value)
    assert server.received == []


def test_an_answer_shows_nothing_of_its_content() -> None:
    answer = Answer(status=200, headers={"set-cookie": "canary"}, body=b"canary")
    assert repr(answer) == "Answer(200, 6 bytes)"
    assert list(answer.__rich_repr__()) == [("status", 200), ("bytes", 6)]
