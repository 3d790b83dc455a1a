"""Peers that break the rules: answers packed over and over, proxies that are none, handshakes that never end."""

from __future__ import annotations

import asyncio
import gzip
import resource
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trustme

from console.hubspot import errors as e
from console.hubspot.answer import Answer
from console.hubspot.hubspot import HubSpot
from console.hubspot.transport import Transport
from tests.support.certificates import server_of
from tests.support.hubspot_parts import MemorySecrets, TinyBudget, profile
from tests.support.scripted_server import STALL, Proxy, Reply, ScriptedServer

FAR = "api.hubapi.test"


async def ask(url: str, **settings: object) -> Answer:
    transport = Transport(profile(url, **settings))
    try:
        return await transport.send("GET", url + "/x")
    finally:
        await transport.aclose()


# packed answers


def test_the_bomb_is_one() -> None:
    assert len(_bomb()) < 20_000


def _bomb() -> bytes:
    """Some kilobytes that become 300 MB when they are unpacked twice."""
    return gzip.compress(gzip.compress(bytes(300_000_000), 9), 9)


async def test_an_answer_that_is_packed_twice_is_not_unpacked() -> None:
    bomb = _bomb()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with ScriptedServer([Reply(200, bomb, {"Content-Encoding": "gzip, gzip"})]) as server:
        with pytest.raises(e.OutcomeUnknown, match="packed in a way"):
            await ask(server.url)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, identity, gzip", "x-own"])
async def test_an_answer_that_is_packed_in_a_way_nobody_asked_for_is_refused(coding: str) -> None:
    async with ScriptedServer([Reply(200, b"{}", {"Content-Encoding": coding})]) as server:
        with pytest.raises(e.OutcomeUnknown, match="packed in a way"):
            await ask(server.url)
    assert server.received[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "identity", " gzip ,identity"])
async def test_ordinary_packing_is_read(coding: str) -> None:
    body = gzip.compress(b"{}") if "gzip" in coding.lower() else b"{}"
    async with ScriptedServer([Reply(200, body, {"Content-Encoding": coding})]) as server:
        assert (await ask(server.url)).json() == {}


# what to do about an answer that never came


@pytest.mark.parametrize("authentication", ["token", "oauth"])
async def test_a_read_without_an_answer_does_not_send_anybody_to_look_at_a_record(authentication: str) -> None:
    async with ScriptedServer([STALL]) as server:
        settings = profile(server.url, authentication=authentication, client_id="app", timeout_seconds=0.2)
        hubspot = HubSpot.open(settings, MemorySecrets(), TinyBudget())
        with pytest.raises(e.HubSpotError) as caught:
            await hubspot.account.at("interactive").details()
        await hubspot.aclose()
    assert "record" not in caught.value.advice.lower()
    assert "timeoutSeconds" in caught.value.advice


async def test_a_write_without_an_answer_is_looked_at_first() -> None:
    async with ScriptedServer([STALL]) as server:
        hubspot = HubSpot.open(profile(server.url, timeout_seconds=0.2), MemorySecrets(), TinyBudget())
        with pytest.raises(e.OutcomeUnknown) as caught:
            await hubspot.contacts.create({"email": "a@b.example"})
        await hubspot.aclose()
    assert caught.value.advice == e.OutcomeUnknown.advice


# proxies


@asynccontextmanager
async def listener(answer: bytes | None, *, reset: bool = False, silent: bool = False) -> AsyncIterator[int]:
    """A port that answers these bytes to whatever comes, and hangs up; None: it answers nothing, ever.

    TimeoutError at the end where a client did not leave by itself.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read(1000)
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
                await writer.drain()
                if silent:
                    await reader.read()
            if reset:
                await reader.read(1000)
                own: socket.socket = writer.get_extra_info("socket")
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
        async with asyncio.timeout(5):
            await ended.wait()
    finally:
        server.close()


@pytest.mark.parametrize("answer", [b"", b"\x1b[31mSSH-2.0-OpenSSH_9\r\n\r\n", b"HTTP/1.1 2"])
async def test_what_is_no_proxy_is_called_so(answer: bytes) -> None:
    async with listener(answer) as port:
        with pytest.raises(e.NotSent, match="does not answer like an HTTP proxy") as caught:
            await ask(f"https://{FAR}", http_proxy_host="127.0.0.1", http_proxy_port=port)
    assert (caught.value.stage, caught.value.lasting) == ("proxy", False)
    assert f"127.0.0.1:{port}" in caught.value.message
    assert "\x1b" not in caught.value.message


async def test_a_refusing_proxy_is_quoted_in_words() -> None:
    async with listener(b"HTTP/1.1 403 \x1b[31mForbidden  by\x07 policy\r\nContent-Length: 0\r\n\r\n") as port:
        with pytest.raises(e.NotSent) as caught:
            await ask(f"https://{FAR}", http_proxy_host="127.0.0.1", http_proxy_port=port)
    assert caught.value.message == "The proxy 127.0.0.1 refused: 403 [31mForbidden by policy."


@pytest.mark.parametrize("reset", [False, True])
async def test_a_proxy_that_opens_the_way_and_hangs_up_is_not_blamed_for_its_connection(reset: bool) -> None:
    async with listener(b"HTTP/1.1 200 Connection established\r\n\r\n", reset=reset) as port:
        with pytest.raises(e.NotSent, match=rf"TLS handshake with {FAR} failed") as caught:
            await ask(f"https://{FAR}", http_proxy_host="127.0.0.1", http_proxy_port=port)
    assert caught.value.stage == "tls"


# TLS


async def test_a_server_that_is_silent_in_the_handshake_is_named_with_the_seconds() -> None:
    async with listener(None) as port:
        with pytest.raises(
            e.NotSent, match=r"TLS handshake with 127\.0\.0\.1 did not end within 0\.3 seconds"
        ) as caught:
            await ask(f"https://127.0.0.1:{port}", timeout_seconds=0.3)
    assert caught.value.stage == "tls"


@pytest.mark.parametrize("proxied", [False, True])
async def test_a_request_that_is_given_up_in_the_handshake_leaves_no_connection_behind(proxied: bool) -> None:
    answer = b"HTTP/1.1 200 Connection established\r\n\r\n" if proxied else None
    async with listener(answer, silent=True) as port:
        url = f"https://{FAR}" if proxied else f"https://127.0.0.1:{port}"
        transport = Transport(profile(url, http_proxy_host="127.0.0.1", http_proxy_port=port))
        asked = asyncio.create_task(transport.send("GET", url))
        await asyncio.sleep(0.3)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    await transport.aclose()


async def test_a_server_that_hangs_up_in_the_handshake_is_no_failed_connection() -> None:
    async with listener(b"") as port:
        with pytest.raises(e.NotSent, match=r"TLS handshake with 127\.0\.0\.1 failed"):
            await ask(f"https://127.0.0.1:{port}")


async def test_the_words_about_a_certificate_end_once(tmp_path: Path) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    async with ScriptedServer([Reply(200, {})], server_of(authority, "other.example")) as server, Proxy() as proxy:
        url = f"https://{FAR}:{server.port}"
        with pytest.raises(e.NotSent) as caught:
            await ask(url, ca_file=str(ca_file), http_proxy_host="127.0.0.1", http_proxy_port=proxy.port)
    assert "mismatch" in caught.value.message
    assert not caught.value.message.endswith("..")
