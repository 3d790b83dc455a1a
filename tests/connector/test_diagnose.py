"""The connectivity test against a real server, and against everything that can be in the way of one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from console.connector.diagnose import STAGES, Stage, diagnose
from console.hubspot.budget import MemoryStore, open_budget
from console.settings.profile import Profile
from tests.connector.connector_parts import secrets_for, settings_for
from tests.support.hubspot_parts import MemorySecrets
from tests.support.simulator import Simulator, start_simulator

SECRET_WORDS = ("proxy-canary", "token-canary")


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator(contacts=5) as simulator:
        yield simulator


async def _tested(profile: Profile, secrets: MemorySecrets) -> dict[str, Stage]:
    stages = [stage async for stage in diagnose(profile, secrets)]
    assert [stage.name for stage in stages] == list(STAGES)
    for stage in stages:
        assert stage.milliseconds is not None or stage.state == "skipped"
        if stage.state in ("fail", "warn"):
            assert stage.advice
        assert not any(word in repr(stage) for word in SECRET_WORDS)
    return {stage.name: stage for stage in stages}


def _failed(stages: dict[str, Stage]) -> list[str]:
    return [stage.name for stage in stages.values() if stage.state == "fail"]


@pytest.mark.parametrize("authentication", ["token", "oauth"])
async def test_all_is_well(crm: Simulator, authentication: str) -> None:
    profile = settings_for(crm, authentication=authentication, client_id=crm.client_id)
    stages = await _tested(profile, secrets_for(crm))
    assert _failed(stages) == []
    assert str(crm.portal_id) in stages["account"].detail
    assert "100000 in 10 s" in stages["allowance"].detail
    assert stages["tls"].state == "skipped"


async def test_stages_come_as_they_finish(crm: Simulator) -> None:
    crm.settings(latency=0.3)
    try:
        loop = asyncio.get_running_loop()
        began = loop.time()
        at = {stage.name: loop.time() - began async for stage in diagnose(settings_for(crm), secrets_for(crm))}
    finally:
        crm.settings(latency=0)
    assert at["connection"] < 0.25 <= at["credentials"] < at["companies"]


async def test_wrong_token(crm: Simulator) -> None:
    stages = await _tested(settings_for(crm), secrets_for(crm, accessToken="pat-na1-token-canary"))
    assert _failed(stages) == ["credentials"]
    assert "credentials" in stages["credentials"].advice
    assert stages["account"].state == "skipped"


async def test_wrong_client_secret_and_dead_refresh_token(crm: Simulator) -> None:
    profile = settings_for(crm, authentication="oauth", client_id=crm.client_id)
    stages = await _tested(profile, secrets_for(crm, clientSecret="token-canary"))
    assert _failed(stages) == ["credentials"]
    stages = await _tested(profile, secrets_for(crm, refreshToken="token-canary"))
    assert _failed(stages) == ["credentials"]
    assert "Connect again" in stages["credentials"].advice


async def test_missing_secrets_and_settings(crm: Simulator, tmp_path: Path) -> None:
    stages = await _tested(settings_for(crm), MemorySecrets(values={}))
    assert _failed(stages) == ["settings"]
    assert "credentials set accessToken" in stages["settings"].advice
    stages = await _tested(settings_for(crm, authentication="oauth"), secrets_for(crm))
    assert "clientId" in stages["settings"].detail
    stages = await _tested(settings_for(crm, api_base_url="http://api.example.com"), secrets_for(crm))
    assert _failed(stages) == ["settings"]
    profile = settings_for(crm, api_base_url="https://localhost:1", ca_file=str(tmp_path / "none.pem"))
    stages = await _tested(profile, secrets_for(crm))
    assert _failed(stages) == ["settings"]
    assert "caFile" in stages["settings"].detail


async def test_missing_scopes() -> None:
    with start_simulator(companies=3) as crm:
        crm.credentials(scopes=["oauth", "crm.objects.companies.read", "crm.schemas.companies.read"])
        stages = await _tested(settings_for(crm), secrets_for(crm))
    assert _failed(stages) == ["contacts"]
    assert "crm.objects.contacts.read" in stages["contacts"].advice
    assert stages["companies"].state == "pass"


async def test_the_day_is_used_up(crm: Simulator) -> None:
    crm.allowances(daily=1000, dailyUsed=1000)
    try:
        stages = await _tested(settings_for(crm), secrets_for(crm))
    finally:
        crm.allowances(daily=250000, dailyUsed=0)
    assert _failed(stages) == ["account"]
    assert "midnight" in stages["account"].advice


async def test_ceilings_that_cost(crm: Simulator) -> None:
    stages = await _tested(settings_for(crm, permits_per_second=9), secrets_for(crm))
    assert stages["allowance"].state == "warn"
    assert "permitsPerSecond" in stages["allowance"].advice


async def test_unknown_host(crm: Simulator) -> None:
    stages = await _tested(settings_for(crm, api_base_url="https://no-such-host.invalid"), secrets_for(crm))
    assert _failed(stages) == ["name"]
    assert "no-such-host.invalid" in stages["name"].detail


async def test_nobody_listens(crm: Simulator) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        stages = await _tested(settings_for(crm, api_base_url=f"https://127.0.0.1:{port}"), secrets_for(crm))
    assert _failed(stages) == ["connection"]
    assert "refused" in stages["connection"].detail


@asynccontextmanager
async def _tls_front(crm: Simulator, certificate: trustme.LeafCert) -> AsyncIterator[int]:
    """TLS in front of the simulator."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    upstream = int(crm.url.rsplit(":", 1)[1])
    async with _forwarder(lambda: asyncio.open_connection("127.0.0.1", upstream), context) as port:
        yield port


@asynccontextmanager
async def _forwarder(connect: Any, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            other_reader, other_writer = await connect()
            await _both_ways(reader, writer, other_reader, other_writer)
        except (OSError, asyncio.CancelledError):
            pass  # the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _both_ways(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    other_reader: asyncio.StreamReader,
    other_writer: asyncio.StreamWriter,
) -> None:
    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()

    await asyncio.gather(copy(reader, other_writer), copy(other_reader, writer))


async def test_certificates(crm: Simulator, tmp_path: Path) -> None:
    authority = trustme.CA(organization_name="Test Authority")
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    async with _tls_front(crm, authority.issue_cert("localhost")) as port:
        url = f"https://localhost:{port}"
        stages = await _tested(settings_for(crm, api_base_url=url), secrets_for(crm))
        assert _failed(stages) == ["tls"]
        assert "caFile" in stages["tls"].advice
        assert stages["connection"].state == "pass"
        stages = await _tested(settings_for(crm, api_base_url=url, ca_file=str(ca_file)), secrets_for(crm))
        assert _failed(stages) == []
        assert "Test Authority" in stages["tls"].detail
        stages = await _tested(
            settings_for(crm, api_base_url=url, accept_self_signed_certificates=True), secrets_for(crm)
        )
        assert _failed(stages) == []
        assert stages["tls"].state == "warn"


async def test_a_certificate_for_another_host(crm: Simulator, tmp_path: Path) -> None:
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    async with _tls_front(crm, authority.issue_cert("elsewhere.example")) as port:
        profile = settings_for(crm, api_base_url=f"https://localhost:{port}", ca_file=str(ca_file))
        stages = await _tested(profile, secrets_for(crm))
    assert _failed(stages) == ["tls"]
    assert "disableHostNameVerifier" in stages["tls"].advice


async def test_no_tls_there(crm: Simulator) -> None:
    stages = await _tested(
        settings_for(crm, api_base_url=crm.url.replace("http:", "https:").replace("127.0.0.1", "localhost")),
        secrets_for(crm),
    )
    assert _failed(stages) == ["tls"]
    assert "TLS" in stages["tls"].detail


@asynccontextmanager
async def _proxy(answer: str) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize(
    ("answer", "detail", "advice"),
    [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "user name or password", "httpProxyPassword"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "answered 403", "administrator"),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP proxy", "httpProxyPort"),
    ],
)
async def test_bad_proxies(crm: Simulator, answer: str, detail: str, advice: str) -> None:
    async with _proxy(answer) as port:
        profile = settings_for(
            crm,
            api_base_url="https://api.example.com",
            http_proxy_host="127.0.0.1",
            http_proxy_port=port,
            http_proxy_user="ann",
        )
        stages = await _tested(profile, secrets_for(crm, httpProxyPassword="proxy-canary"))
    assert _failed(stages) == ["connection"]
    assert detail in stages["connection"].detail
    assert advice in stages["connection"].advice


async def test_a_proxy_that_is_not_there(crm: Simulator) -> None:
    profile = settings_for(
        crm, api_base_url="https://api.example.com", http_proxy_host="no-proxy.invalid", http_proxy_port=3128
    )
    stages = await _tested(profile, secrets_for(crm))
    assert _failed(stages) == ["name"]
    assert "httpProxyHost" in stages["name"].advice


async def test_a_given_budget_is_used_and_stays_open(crm: Simulator) -> None:
    profile = settings_for(crm)
    budget = open_budget(MemoryStore(), app="test", portal=None, profile=profile)
    stages = [stage async for stage in diagnose(profile, secrets_for(crm), budget)]
    assert [stage for stage in stages if stage.state == "fail"] == []
    assert budget.portal == crm.portal_id
    window = budget.snapshot().window("burst")
    assert window is not None
    assert window.limit == 100000
    await budget.aclose()
