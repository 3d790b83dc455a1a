"""Real TLS peers and a real proxy: who is trusted, and what is told when nobody is."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from console.hubspot.errors import NotSent
from console.hubspot.secret import Secret
from console.hubspot.transport import Transport
from console.hubspot.trust import goes_direct
from tests.support.certificates import server_of
from tests.support.hubspot_parts import ACCESS, profile
from tests.support.scripted_server import Proxy, Reply, ScriptedServer

OK = [Reply(200, {})]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def peer(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def status(url: str, password: str | None = None, **settings: object) -> int:
    async def proxy_password() -> str | None:
        return password

    transport = Transport(profile(url, **settings), proxy_password)
    try:
        return (await transport.send("GET", url + "/x", bearer=Secret(ACCESS))).status
    finally:
        await transport.aclose()


async def test_a_private_authority_is_trusted_through_ca_file(authority: trustme.CA, ca_file: str) -> None:
    async with ScriptedServer(OK, peer(authority, "127.0.0.1")) as server:
        assert await status(server.url, ca_file=ca_file) == 200


async def test_the_system_s_authorities_stay_trusted_beside_ca_file(
    authority: trustme.CA, ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = trustme.CA()
    system.cert_pem.write_to_path(str(tmp_path / "system.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    for signer in (system, authority):
        async with ScriptedServer(OK, peer(signer, "127.0.0.1")) as server:
            assert await status(server.url, ca_file=ca_file) == 200


async def test_an_unknown_authority_is_refused_by_name(authority: trustme.CA) -> None:
    async with ScriptedServer(OK, peer(authority, "127.0.0.1")) as server:
        with pytest.raises(NotSent, match=r"certificate of 127\.0\.0\.1 is not trusted") as caught:
            await status(server.url)
        assert server.received == []
    assert (caught.value.stage, caught.value.lasting) == ("tls", True)
    assert "caFile" in caught.value.advice


async def test_a_certificate_of_another_host_is_refused(authority: trustme.CA, ca_file: str) -> None:
    async with ScriptedServer(OK, peer(authority, "other.example")) as server:
        with pytest.raises(NotSent, match=r"not valid for '127\.0\.0\.1'"):
            await status(server.url, ca_file=ca_file)
        assert server.received == []


async def test_disabling_the_host_name_verifier_keeps_the_authority_check(authority: trustme.CA, ca_file: str) -> None:
    async with ScriptedServer(OK, peer(authority, "other.example")) as server:
        assert await status(server.url, ca_file=ca_file, disable_host_name_verifier=True) == 200
        with pytest.raises(NotSent, match="not trusted"):
            await status(server.url, disable_host_name_verifier=True)


@pytest.mark.parametrize(("days", "reason"), [(-3, "expired"), (3, "")])
async def test_a_certificate_that_ran_out_is_refused(
    authority: trustme.CA, ca_file: str, days: int, reason: str
) -> None:
    async with ScriptedServer(OK, server_of(authority, "127.0.0.1", days=days)) as server:
        if not reason:
            assert await status(server.url, ca_file=ca_file) == 200
            return
        with pytest.raises(NotSent, match=reason):
            await status(server.url, ca_file=ca_file)
        assert server.received == []


async def test_an_old_tls_version_is_refused(authority: trustme.CA, ca_file: str) -> None:
    old = peer(authority, "127.0.0.1")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with ScriptedServer(OK, old) as server:
        with pytest.raises(NotSent, match="TLS handshake") as caught:
            await status(server.url, ca_file=ca_file)
    assert caught.value.stage == "tls"


async def test_a_peer_without_tls_is_refused() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        with pytest.raises(NotSent, match="TLS handshake"):
            await status(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")


@pytest.mark.parametrize("content", [None, b"no certificate"])
async def test_an_unusable_ca_file_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "broken.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotSent, match=r"caFile .*broken\.pem cannot be used") as caught:
        await status("https://127.0.0.1:1", ca_file=str(path))
    assert caught.value.stage == "settings"


# the proxy: this machine itself is reached directly, so the far side goes by a name that only the proxy resolves


async def through(
    proxy: Proxy, server: ScriptedServer, ca_file: str, password: str | None = None, **settings: object
) -> int:
    url = f"https://api.hubapi.test:{server.port}"
    where = {"http_proxy_host": "127.0.0.1", "http_proxy_port": proxy.port}
    return await status(url, password, ca_file=ca_file, **where, **settings)


async def test_a_proxy_with_password_forwards(authority: trustme.CA, ca_file: str) -> None:
    async with (
        ScriptedServer(OK, peer(authority, "api.hubapi.test")) as server,
        Proxy("operator", "canary-proxy:pass/word") as proxy,
    ):
        assert await through(proxy, server, ca_file, "canary-proxy:pass/word", http_proxy_user="operator") == 200
        assert proxy.targets == [f"api.hubapi.test:{server.port}"]
        assert "authorization" not in proxy.heads[0]
        assert "proxy-authorization" not in server.received[0].headers


@pytest.mark.parametrize("user", ["", "operator"])
async def test_a_proxy_that_wants_another_password_is_named(user: str, authority: trustme.CA, ca_file: str) -> None:
    async with ScriptedServer(OK, peer(authority, "api.hubapi.test")) as server, Proxy("operator", "right") as proxy:
        with pytest.raises(NotSent, match=r"The proxy 127\.0\.0\.1 wants another user name or password") as caught:
            await through(proxy, server, ca_file, "canary-wrong", http_proxy_user=user)
        assert server.received == []
    assert (caught.value.stage, caught.value.lasting) == ("proxy", True)
    assert "canary-wrong" not in str(caught.value)


async def test_a_proxy_that_fails_is_named(authority: trustme.CA, ca_file: str) -> None:
    async with (
        ScriptedServer(OK, peer(authority, "api.hubapi.test")) as server,
        Proxy(refuse=b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as proxy,
    ):
        with pytest.raises(NotSent, match=r"proxy 127\.0\.0\.1 refused: 502") as caught:
            await through(proxy, server, ca_file)
    assert not caught.value.lasting


async def test_a_proxy_that_stalls_has_sent_nothing(authority: trustme.CA, ca_file: str) -> None:
    async with ScriptedServer(OK, peer(authority, "api.hubapi.test")) as server, Proxy(stall=True) as proxy:
        with pytest.raises(NotSent, match=r"the proxy 127\.0\.0\.1"):
            await through(proxy, server, ca_file, timeout_seconds=0.7)


async def test_the_far_certificate_is_checked_behind_a_proxy(authority: trustme.CA, ca_file: str) -> None:
    async with ScriptedServer(OK, peer(authority, "other.example")) as server, Proxy() as proxy:
        for _ in range(3):
            with pytest.raises(NotSent, match=r"api\.hubapi\.test"):
                await through(proxy, server, ca_file)
        assert server.received == []


async def test_failing_tunnels_do_not_use_up_the_connections(authority: trustme.CA, ca_file: str) -> None:
    async with ScriptedServer(OK, peer(authority, "other.example")) as server, Proxy() as proxy:
        url = f"https://api.hubapi.test:{server.port}"
        settings = profile(
            url, ca_file=ca_file, http_proxy_host="127.0.0.1", http_proxy_port=proxy.port, maximum_connections=1
        )
        transport = Transport(settings)
        for _ in range(3):
            with pytest.raises(NotSent, match="certificate"):
                await transport.send("GET", url)
        await transport.aclose()
        assert len(proxy.targets) == 3


@pytest.mark.parametrize(
    ("host", "entries", "direct"),
    [
        ("api.hubapi.com", (), False),
        ("api.hubapi.com", ("*",), True),
        ("api.hubapi.com", ("hubapi.com",), True),
        ("api.hubapi.com", (".hubapi.com",), True),
        ("api.hubapi.com", ("*.hubapi.com",), True),
        ("api.hubapi.com", ("api.hubapi.com",), True),
        ("API.hubapi.com.", ("api.HUBAPI.com",), True),
        ("nothubapi.com", ("hubapi.com",), False),
        ("api.hubapi.com", ("", " ", "."), False),
        ("10.1.2.3", ("10.0.0.0/8",), True),
        ("10.1.2.3", ("192.168.0.0/16",), False),
        ("localhost", (), True),
        ("127.0.0.9", (), True),
        ("::1", (), True),
    ],
)
def test_no_proxy_covers_hosts_subdomains_and_networks(host: str, entries: tuple[str, ...], direct: bool) -> None:
    assert goes_direct(host, entries) is direct
