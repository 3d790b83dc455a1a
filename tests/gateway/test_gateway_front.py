"""The front door over a real socket: sizes, time, guesses, floods, and what is remembered of a request."""

from __future__ import annotations

import asyncio
import base64
import json
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.gateway import server as gateway_server
from console.gateway.clients import Clients
from console.gateway.front import Front, caller_of
from console.gateway.gateway import Gateway
from console.gateway.hashing import hashed
from console.gateway.live import shown_path
from console.gateway.mistakes import write_down
from console.gateway.server import Stopping, bound, protocol, serve
from console.gateway.settings import Client, GatewaySettings
from console.settings.paths import Paths

ADMIN, TOKEN = "admin-secret-0123456789", "token-secret-0123456789"
CLIENTS = (Client(name="wso2", user="admin"), Client(name="entra", auth="bearer"), Client(name="nosecret"))
HASHES = {"wso2": hashed(ADMIN), "entra": hashed(TOKEN)}


class Door(NamedTuple):
    """A front door that is open."""

    url: str
    gateway: Gateway
    paths: Paths
    stopping: Stopping
    task: asyncio.Task[None]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def client(self, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, headers=headers or basic(), trust_env=False, timeout=30)

    async def raw(self, *pieces: bytes, pause: float = 0.0) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
            return await asyncio.wait_for(reader.read(), 20)
        finally:
            writer.close()


def basic(user: str = "admin", secret: str = ADMIN) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def inner() -> Starlette:
    """What stands behind the door in these tests: it answers, takes its time, reads, or breaks."""

    async def who(request: Request) -> Response:
        return JSONResponse({"client": caller_of(request).client})

    async def read(request: Request) -> Response:
        return JSONResponse({"bytes": len(await request.body())})

    async def slow(request: Request) -> Response:
        await asyncio.sleep(float(request.query_params.get("for", "5")))
        return JSONResponse({"slept": True})

    async def broken(_: Request) -> Response:
        raise ValueError("ann@secret.example")

    return Starlette(
        routes=[
            Route("/scim/v2/Users", who, methods=["GET"]),
            Route("/scim/v2/Users", read, methods=["POST"]),
            Route("/scim/v2/Users/{rest:path}", who),
            Route("/scim/v2/Me", slow),
            Route("/openidm/broken", broken),
            Route("/healthz", lambda _: JSONResponse({"status": "ok"})),
        ]
    )


@asynccontextmanager
async def door(folder: Path, **changes: Any) -> AsyncIterator[Door]:
    settings = GatewaySettings(listen="127.0.0.1:0", tls="off", client=CLIENTS, **changes)
    paths = Paths.resolve(str(folder / "config"), str(folder / "state"))

    async def kept(name: str) -> str | None:
        return HASHES.get(name)

    gateway = Gateway(
        session=cast("Any", SimpleNamespace(paths=paths)),
        settings=settings,
        clients=Clients(settings, kept),
        feed=cast("Any", None),
    )
    gateway.live.mistake = lambda error: write_down(paths, error)
    sock, ready, stopping = bound(*settings.address), asyncio.Event(), Stopping()
    http = protocol(settings.max_connections_per_address, settings.proxies)
    serving = serve(
        Front(inner(), gateway), sock, None, head_bytes=settings.max_header_bytes, http=http, ready=ready.set,
        stopping=stopping,
    )  # fmt: skip
    task = asyncio.create_task(serving)
    await ready.wait()
    try:
        yield Door(f"http://127.0.0.1:{sock.getsockname()[1]}", gateway, paths, stopping, task)
    finally:
        stopping.stop()
        await task
        sock.close()


async def test_every_way_in_and_the_same_no_for_everybody_else(tmp_path: Path) -> None:
    wrong: list[dict[str, str]] = [
        {},
        basic(secret="wrong-secret-01234567"),
        basic("nobody"),
        basic("nosecret"),
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic ?"},
        {"X-API-Key": TOKEN},
        {"X-OpenIDM-Username": "admin", "X-OpenIDM-Password": "wrong"},
    ]
    async with door(tmp_path) as opened:
        for headers, name in (
            (basic(), "wso2"),
            ({"Authorization": f"bearer {TOKEN}"}, "entra"),
            ({"X-OpenIDM-Username": "admin", "X-OpenIDM-Password": ADMIN}, "wso2"),
        ):
            async with opened.client(headers) as client:
                assert (await client.get("/scim/v2/Users")).json() == {"client": name}
        told = set()
        for headers in wrong:
            async with httpx.AsyncClient(base_url=opened.url, headers=headers, trust_env=False) as client:
                answer = await client.get("/scim/v2/Users")
                assert answer.status_code == 401
                shown = {name: value for name, value in answer.headers.items() if name != "date"}
                told.add((answer.text, tuple(sorted(shown.items()))))
        assert len(told) == 1, told
        async with httpx.AsyncClient(base_url=opened.url, trust_env=False) as client:
            bodies = {path: (await client.get(path)).json() for path in ("/hubspot/contacts", "/openidm/x", "/x")}
    assert "Errors" in bodies["/hubspot/contacts"]
    assert bodies["/openidm/x"]["code"] == 401
    assert bodies["/x"]["status"] == 401


async def test_wrong_credentials_take_as_long_whoever_they_are_of(tmp_path: Path) -> None:
    taken: dict[str, list[float]] = {"admin": [], "nobody": [], "nosecret": []}
    async with door(tmp_path) as opened:
        for _ in range(4):
            for user, times in taken.items():
                async with opened.client(basic(user, "wrong-secret-01234567")) as client:
                    began = time.perf_counter()
                    assert (await client.get("/scim/v2/Users")).status_code == 401
                    times.append(time.perf_counter() - began)
    quickest = {user: min(times) for user, times in taken.items()}
    assert max(quickest.values()) < 3.0 * min(quickest.values()), quickest
    assert min(quickest.values()) > 0.01, "no slow hash was taken"


async def test_who_guesses_is_locked_out_and_nobody_else(tmp_path: Path) -> None:
    async with door(tmp_path, proxies=("127.0.0.1",)) as opened:
        async with opened.client(basic(secret="wrong-secret-01234567") | {"X-Forwarded-For": "203.0.113.9"}) as guesser:
            answers = [await guesser.get("/scim/v2/Users") for _ in range(6)]
        assert {one.status_code for one in answers} == {401}
        assert answers[0].headers.get("retry-after") is None
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert answers[0].text == answers[-1].text
        async with opened.client(basic() | {"X-Forwarded-For": "203.0.113.9"}) as right_but_locked:
            assert (await right_but_locked.get("/scim/v2/Users")).status_code == 401
        async with opened.client(basic() | {"X-Forwarded-For": "9.9.9.9, 203.0.113.10"}) as elsewhere:
            assert (await elsewhere.get("/scim/v2/Users")).status_code == 200
        bearer = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.9"}
        async with opened.client(bearer) as other_client:
            assert (await other_client.get("/scim/v2/Users")).status_code == 200
        assert {one.address for one in opened.gateway.live.newest} == {"203.0.113.9", "203.0.113.10"}


async def test_an_address_is_not_believed_of_strangers(tmp_path: Path) -> None:
    async with door(tmp_path) as opened:
        async with opened.client(basic() | {"X-Forwarded-For": "203.0.113.9"}) as client:
            await client.get("/scim/v2/Users")
        assert opened.gateway.live.newest[-1].address == "127.0.0.1"


async def test_many_guesses_at_once_do_not_keep_others_waiting(tmp_path: Path) -> None:
    async with door(tmp_path) as opened, opened.client() as known:
        await known.get("/scim/v2/Users")
        limits = httpx.Limits(max_connections=60)
        async with httpx.AsyncClient(base_url=opened.url, limits=limits, trust_env=False, timeout=30) as flood:
            guesses = [
                asyncio.create_task(flood.get("/scim/v2/Users", headers=basic(f"user{number}", "wrong-wrong")))
                for number in range(60)
            ]
            await asyncio.sleep(0.05)
            taken = []
            for _ in range(10):
                began = time.perf_counter()
                assert (await known.get("/scim/v2/Users")).status_code == 200
                taken.append(time.perf_counter() - began)
            answers = await asyncio.gather(*guesses)
    assert {one.status_code for one in answers} == {401}
    assert statistics.median(taken) < 0.3


async def test_bodies_and_heads_have_an_end(tmp_path: Path) -> None:
    async with door(tmp_path, max_body_bytes=1000, max_header_bytes=4000) as opened:
        async with opened.client() as client:
            assert (await client.post("/scim/v2/Users", content=b"x" * 1000)).json() == {"bytes": 1000}
            large = await client.post("/scim/v2/Users", content=b"x" * 1001)

            async def pieces() -> AsyncIterator[bytes]:
                for _ in range(5):
                    yield b"x" * 400

            chunked = await client.post("/scim/v2/Users", content=pieces())
            for answer in (large, chunked):
                assert answer.status_code == 413
                assert answer.json()["detail"] == "The body is larger than 1,000 bytes."
            many = await client.get("/scim/v2/Users", headers={"X-Long": "y" * 5000})
            assert many.status_code == 431
            assert many.json()["status"] == "431"
        huge = await opened.raw(b"GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-Long: " + b"z" * 40_000)
        assert huge.startswith(b"HTTP/1.1 431 ")
        nonsense = await opened.raw(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        assert nonsense.startswith(b"HTTP/1.1 400 ")
        assert b"this is no HTTP" not in nonsense


async def test_a_head_that_trickles_is_closed_and_a_body_has_its_time(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(gateway_server.GatewayProtocol, "HEAD_SECONDS", 0.4)
    async with door(tmp_path, request_seconds=0.5) as opened:
        began = time.monotonic()
        assert await opened.raw(b"GET /scim/v2/Us", b"ers", b" HT", pause=0.1) == b""
        assert time.monotonic() - began < 3
        assert await opened.raw() == b"", "a connection that says nothing is kept"
        sign = basic()["Authorization"].encode()
        head = b"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: " + sign + b"\r\nContent-Length: 100\r\n\r\n"
        trickled = await opened.raw(head, b"x", b"x", pause=0.1)
        assert trickled.startswith(b"HTTP/1.1 503 ")
        assert b"It took too long" in trickled
        async with opened.client() as client:  # a head that came is served, however long the answer takes
            assert (await client.get("/scim/v2/Me?for=0.45")).status_code == 200
            assert (await client.get("/scim/v2/Users")).status_code == 200


async def test_who_floods_is_slowed_down_and_others_do_not_notice(tmp_path: Path) -> None:
    async with door(tmp_path, per_second_per_client=20.0, max_requests_per_client=5, max_requests=20) as opened:
        limits = httpx.Limits(max_connections=250)
        sign = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            httpx.AsyncClient(base_url=opened.url, limits=limits, headers=sign, trust_env=False, timeout=30) as flood,
            opened.client() as other,
        ):
            await flood.get("/scim/v2/Users")
            await other.get("/scim/v2/Users")
            began = time.perf_counter()
            tasks = [asyncio.create_task(flood.get("/scim/v2/Users")) for _ in range(230)]
            await asyncio.sleep(0.2)
            taken = []
            for _ in range(10):
                at = time.perf_counter()
                assert (await other.get("/scim/v2/Users")).status_code == 200
                taken.append(time.perf_counter() - at)
            answers = await asyncio.gather(*tasks)
            lasted = time.perf_counter() - began
    statuses = Counter(one.status_code for one in answers)
    assert set(statuses) == {200, 429}
    assert 100 <= statuses[200] <= 25 + 20 * lasted, "a second's worth at once, then as many as fit into the patience"
    assert lasted > 4.0
    refused = next(one for one in answers if one.status_code == 429)
    assert int(refused.headers["retry-after"]) >= 5
    assert "urn:ietf:params:scim:api:messages:2.0:Error" in refused.text
    assert statistics.median(taken) < 0.5


async def test_only_so_many_requests_of_a_client_at_once(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("console.gateway.limits.PATIENCE", 0.2)
    async with door(tmp_path, max_requests_per_client=2) as opened, opened.client() as client:
        answers = await asyncio.gather(*(client.get("/scim/v2/Me?for=2") for _ in range(4)))
        assert Counter(one.status_code for one in answers) == {200: 2, 429: 2}
        assert opened.gateway.limits.under_way == 0
        assert (await client.get("/scim/v2/Users")).status_code == 200


async def test_connections_of_one_address_are_counted(tmp_path: Path) -> None:
    async with door(tmp_path, max_connections_per_address=3) as opened:
        kept = [await asyncio.open_connection("127.0.0.1", opened.port) for _ in range(3)]
        await asyncio.sleep(0.1)
        reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
        try:
            ended = await asyncio.wait_for(reader.read(), 5) == b""
        except ConnectionResetError:
            ended = True
        writer.close()
        assert ended
        kept[0][1].close()
        await asyncio.sleep(0.1)
        async with opened.client() as client:
            assert (await client.get("/scim/v2/Users")).status_code == 200
        for _, one in kept:
            one.close()


async def test_what_broke_is_told_nobody_and_written_down_without_values(tmp_path: Path) -> None:
    async with door(tmp_path) as opened:
        async with opened.client() as client:
            answer = await client.get("/openidm/broken")
        assert answer.status_code == 500
        assert "secret.example" not in answer.text
        log = opened.paths.log.read_text()
        note = opened.gateway.live.newest[-1].note
    reference = note.rsplit(" ", 1)[1]
    assert note == f"unexpected ValueError {reference}"
    assert reference in log
    assert "ValueError" in log
    assert "secret.example" not in log


async def test_what_is_remembered_of_a_request_says_nothing_of_anybody(tmp_path: Path) -> None:
    canaries = (
        "ann.canary",
        "canary@x.example",
        "Canary%20Jane",
        "51000001",
        "canaryfilter",
        "canarybody",
        "CANARYMETHOD",
    )
    async with door(tmp_path) as opened:
        async with opened.client() as client:
            for name in canaries[:4]:
                await client.get(f"/scim/v2/Users/{name}")
            await client.get("/scim/v2/Users?filter=canaryfilter")
            await client.post("/scim/v2/Users", content=b"canarybody")
            await client.request("CANARYMETHOD", "/scim/v2/Users")
        told = msgspec.json.encode(list(opened.gateway.live.newest)).decode()
        counted = json.dumps([list(key) for key in opened.gateway.live.counts])
    assert "{id}" in told
    for canary in (*canaries, "Canary Jane", ADMIN):
        assert canary not in told
        assert canary not in counted


def test_a_shown_path_has_words_of_our_protocols_only() -> None:
    assert shown_path("/scim/v2/Users/1b4e28ba-2fa1-11d2-883f-0016d3cca427") == "/scim/v2/Users/{id}"
    assert shown_path("/hubspot/contacts/john.doe") == "/hubspot/contacts/{id}"
    assert shown_path("/openidm/system/hubspot/contact/101") == "/openidm/system/hubspot/contact/{id}"
    assert shown_path("/USERS/") == "/Users/"
    assert shown_path("/") == "/"
    assert shown_path("/a" * 500) == "/{id}" * 8


async def test_a_stop_lets_what_is_under_way_finish(tmp_path: Path) -> None:
    async with door(tmp_path) as opened, opened.client() as client:
        under_way = asyncio.create_task(client.get("/scim/v2/Me?for=0.8"))
        await asyncio.sleep(0.2)
        opened.stopping.stop()
        answer = await under_way
        assert answer.json() == {"slept": True}
        await asyncio.wait_for(opened.task, 5)
        try:
            await asyncio.open_connection("127.0.0.1", opened.port)
            refused = False
        except ConnectionRefusedError:
            refused = True
        assert refused


async def test_a_client_that_opens_many_connections_at_once_guesses_nothing(tmp_path: Path) -> None:
    async with door(tmp_path) as opened, opened.client() as client:
        answers = await asyncio.gather(*(client.get("/scim/v2/Users") for _ in range(60)))
        assert Counter(answer.status_code for answer in answers) == {200: 60}
    async with door(tmp_path) as opened, opened.client(basic("admin", "wrong-secret-000")) as client:
        refused = await asyncio.gather(*(client.get("/scim/v2/Users") for _ in range(20)))
        assert {answer.status_code for answer in refused} == {401}
