"""The connectivity test against a real server, and against everything that can be in the way of one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from console.connector.acceptance import accept_certificate, shown_certificate
from console.connector.diagnose import STAGES, Stage, diagnose
from console.connector.rights import lacking
from console.connector.stages import Problem
from console.hubspot.budget import MemoryStore, open_budget
from console.hubspot.permissions import may_write
from console.settings.errors import SettingsError
from console.settings.icf import IcfSettings
from console.settings.profile import Profile
from tests.connector.connector_parts import secrets_for, settings_for
from tests.support.certificates import NOW, self_signed, server_of
from tests.support.hubspot_parts import MemorySecrets, opened
from tests.support.scripted_server import Received, Reply, ScriptedServer
from tests.support.simulator import Simulator, start_simulator
from tests.support.tls_front import TlsFront, start_tls_front

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
    without_ground = {"tls"} | ({"scopes"} if authentication == "token" else set())
    assert {name for name, stage in stages.items() if stage.state != "pass"} == without_ground
    assert {stages[name].state for name in without_ground} == {"skipped"}
    for word in (str(crm.portal_id), "DEVELOPER_TEST", "time zone Asia/Colombo", "hosted in na1"):
        assert word in stages["account"].detail
    assert "100000 in 10 s" in stages["allowance"].detail
    left = "of 250,000 requests left today" if authentication == "token" else "no limit for the day"
    assert left in stages["allowance"].detail
    asked = [stage.name for stage in stages.values() if stage.correlation_id]
    written = ["writeContacts", "writeCompanies"] if authentication == "token" else ["scopes"]
    assert {"credentials", "account", "contacts", "companyProperties", "allowance", *written} <= set(asked)
    assert crm.log() == []  # nothing was written


async def test_stages_come_as_they_finish(crm: Simulator) -> None:
    crm.settings(latency=0.3)
    at: dict[str, float] = {}
    try:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with aclosing(diagnose(settings_for(crm), secrets_for(crm))) as stages:
            async for stage in stages:
                at[stage.name] = loop.time() - began
                if stage.name == "contacts":
                    break
    finally:
        crm.settings(latency=0)
    assert at["connection"] < 0.25 <= at["credentials"] < at["contacts"]


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


async def test_missing_scopes_of_a_static_token() -> None:
    with start_simulator(companies=3) as crm:
        crm.credentials(scopes=["oauth", "crm.objects.companies.read", "crm.schemas.companies.read"])
        stages = await _tested(settings_for(crm), secrets_for(crm))
        assert crm.log() == []
    assert _failed(stages) == ["contacts", "contactProperties", "writeContacts", "writeCompanies"]
    assert "crm.objects.contacts.read" in stages["contacts"].advice
    assert "crm.objects.companies.write" in stages["writeCompanies"].advice
    for name in _failed(stages):
        assert stages[name].correlation_id
        assert stages[name].icf_error == "PermissionDenied"
    assert (stages["companies"].state, stages["companyProperties"].state) == ("pass", "pass")
    assert (stages["schema"].state, stages["allowance"].state) == ("skipped", "pass")


async def test_missing_scopes_of_an_app() -> None:
    with start_simulator(companies=3) as crm:
        profile = settings_for(crm, authentication="oauth", client_id=crm.client_id)
        held = ["oauth", "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.companies.read"]
        crm.credentials(scopes=held)
        stages = await _tested(profile, secrets_for(crm))
        assert _failed(stages) == ["scopes", "writeCompanies"]
        assert "crm.objects.companies.write (to write company)" in stages["scopes"].cause
        assert "crm.schemas.contacts.write (to write contactProperties)" in stages["scopes"].cause
        assert "crm.objects.contacts" not in stages["scopes"].cause
        assert stages["writeContacts"].state == "pass"
        crm.credentials(scopes=[*held, "crm.objects.companies.write"])
        stages = await _tested(profile, secrets_for(crm))
        assert _failed(stages) == []
        assert stages["scopes"].state == "warn"
        assert "definitions cannot be changed" in stages["scopes"].advice
        assert crm.log() == []


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        ([], 8),
        (["contacts"], 0),
        (["crm.objects.contacts.read"], 6),
        (["crm.schemas.contacts.read", "crm.schemas.companies.write"], 6),
    ],
)
def test_each_operation_needs_one_of_its_scopes(scopes: list[str], missing: int) -> None:
    assert len(lacking(scopes)) == missing


@pytest.mark.parametrize(
    ("status", "answer"),
    [(404, True), (200, None), (400, None), (409, None), (415, None)],
)
async def test_whether_writing_is_allowed_is_asked_without_writing(status: int, answer: bool | None) -> None:
    replies = [Reply(status, {"status": "error", "message": "x"})]
    async with ScriptedServer(replies) as server, opened(server.url) as hubspot:
        assert await may_write(hubspot.client, "contacts") is answer
    (request,) = server.received
    assert (request.method, request.path, request.json) == (
        "PATCH",
        "/crm/objects/2026-09/contacts/0",
        {"properties": {}},
    )


async def test_what_may_be_written_can_stay_unknown(crm: Simulator) -> None:
    def reply(request: Received) -> Reply:
        if request.method == "PATCH":
            return Reply(400, {"status": "error", "message": "no", "category": "VALIDATION_ERROR"})
        return Reply(*_answer_of(crm, request))

    async with ScriptedServer(reply) as server:
        stages = await _tested(settings_for(crm, api_base_url=server.url), secrets_for(crm))
    assert _failed(stages) == []
    assert (stages["writeContacts"].state, stages["writeCompanies"].state) == ("warn", "warn")
    assert "not known" in stages["writeContacts"].detail


def _answer_of(crm: Simulator, request: Received) -> tuple[int, Any]:
    answer = crm.request(request.method, request.target)
    return answer.status, answer.json


async def test_the_built_in_schema(crm: Simulator) -> None:
    stages = await _tested(settings_for(crm, read_schema=False), secrets_for(crm))
    assert "the built-in one" in stages["schema"].detail
    stages = await _tested(settings_for(crm, read_schema=True), secrets_for(crm))
    assert "the account's own" in stages["schema"].detail


async def test_a_connection_that_ends_halfway_is_not_tried_again_and_again() -> None:
    with start_simulator() as crm:
        crm.faults("reset=9x@contacts")
        stages = await _tested(settings_for(crm), secrets_for(crm))
    assert _failed(stages) == ["contacts"]
    assert {stage.state for stage in list(stages.values())[8:]} == {"skipped"}
    assert stages["contacts"].icf_error == "OperationTimeout"


async def test_what_an_imported_file_denies_is_not_tried(crm: Simulator) -> None:
    everything = {name: {"denied": True} for name in ("CREATE", "UPDATE", "DELETE", "SEARCH", "GET")}
    only = {"denied": False, "objectFeatures": {"contact": {"denied": True}}}
    icf = IcfSettings({"operationOptions": {**everything, "SEARCH": only}})
    stages = await _tested(settings_for(crm, icf=icf), secrets_for(crm))
    assert _failed(stages) == []
    for name in ("contacts", "writeContacts", "writeCompanies"):
        assert stages[name].state == "skipped"
        assert "denies" in stages[name].detail
    assert stages["companies"].state == "pass"
    stages = await _tested(
        settings_for(crm, icf=IcfSettings({"operationOptions": {"TEST": {"denied": True}}})), secrets_for(crm)
    )
    assert _failed(stages) == ["settings"]
    assert stages["settings"].icf_error == "PermissionDenied"


async def test_the_time_that_an_imported_file_allows(crm: Simulator) -> None:
    crm.settings(latency=0.2)
    try:
        icf = IcfSettings({"operationTimeout": {"TEST": 300}})
        stages = await _tested(settings_for(crm, icf=icf), secrets_for(crm))
    finally:
        crm.settings(latency=0)
    (late,) = _failed(stages)
    assert "longer than 0.3 seconds" in stages[late].detail
    assert stages[late].icf_error == "OperationTimeout"


async def test_a_profile_that_is_switched_off_sends_nothing(crm: Simulator) -> None:
    before = crm.state()["requests"]["total"]
    stages = await _tested(settings_for(crm, enabled=False), secrets_for(crm))
    assert _failed(stages) == ["settings"]
    assert "enabled=true" in stages["settings"].advice
    assert crm.state()["requests"]["total"] == before


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


@contextmanager
def _front(crm: Simulator, tls: ssl.SSLContext) -> Iterator[TlsFront]:
    """TLS in front of the simulator."""
    with start_tls_front(tls, int(crm.url.rsplit(":", 1)[1])) as front:
        yield front


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Test Authority")


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


async def test_certificates_of_an_authority(crm: Simulator, authority: trustme.CA, ca_file: str) -> None:
    with _front(crm, server_of(authority, "localhost")) as front:
        stages = await _tested(settings_for(crm, api_base_url=front.url), secrets_for(crm))
        assert _failed(stages) == ["tls"]
        assert "caFile" in stages["tls"].advice
        assert "Test Authority" in stages["tls"].detail
        assert stages["tls"].certificate is not None
        assert not stages["tls"].acceptable
        assert stages["connection"].state == "pass"
        assert front.received == b""
        stages = await _tested(settings_for(crm, api_base_url=front.url, ca_file=ca_file), secrets_for(crm))
        assert _failed(stages) == []
        assert stages["tls"].state == "pass"
        assert "TLSv1.3, certificate of localhost by" in stages["tls"].detail
        assert "Test Authority" in stages["tls"].detail


@pytest.mark.parametrize(
    ("days", "state", "words"), [(29, "warn", "runs out in 29 days"), (31, "pass", ""), (-2, "fail", "ran out")]
)
async def test_certificates_that_run_out(
    crm: Simulator, authority: trustme.CA, ca_file: str, days: int, state: str, words: str
) -> None:
    with _front(crm, server_of(authority, "localhost", days=days)) as front:
        stages = await _tested(settings_for(crm, api_base_url=front.url, ca_file=ca_file), secrets_for(crm))
    assert stages["tls"].state == state
    assert words in stages["tls"].cause


@pytest.mark.connector_row("config-disable-host-name-verifier")
async def test_a_certificate_for_another_host(crm: Simulator, authority: trustme.CA, ca_file: str) -> None:
    with _front(crm, server_of(authority, "elsewhere.example")) as front:
        settings = {"api_base_url": front.url, "ca_file": ca_file}
        stages = await _tested(settings_for(crm, **settings), secrets_for(crm))
        assert _failed(stages) == ["tls"]
        assert "disableHostNameVerifier" in stages["tls"].advice
        assert "elsewhere.example" in stages["tls"].detail
        assert front.received == b""
        stages = await _tested(settings_for(crm, disable_host_name_verifier=True, **settings), secrets_for(crm))
        assert _failed(stages) == []
        assert stages["tls"].state == "warn"
        assert "unless you know why" in stages["tls"].advice


async def test_a_switch_that_is_not_needed(crm: Simulator, authority: trustme.CA, ca_file: str) -> None:
    with _front(crm, server_of(authority, "localhost")) as front:
        settings = {"api_base_url": front.url, "ca_file": ca_file}
        stages = await _tested(settings_for(crm, disable_host_name_verifier=True, **settings), secrets_for(crm))
        assert "All checks pass: switch disableHostNameVerifier off" in stages["tls"].advice
        stages = await _tested(settings_for(crm, accept_self_signed_certificates=True, **settings), secrets_for(crm))
        assert _failed(stages) == ["tls"]
        assert "acceptSelfSignedCertificates=false" in stages["tls"].advice


async def test_a_self_signed_certificate_is_shown_accepted_and_pinned(crm: Simulator) -> None:
    mine, impostors = self_signed("other.example"), self_signed("other.example")
    with _front(crm, mine.server()) as front:
        profile = settings_for(crm, api_base_url=front.url)
        stages = await _tested(profile, secrets_for(crm))
        assert _failed(stages) == ["tls"]
        assert "acceptSelfSignedCertificates" in stages["tls"].advice
        profile = msgspec.structs.replace(profile, accept_self_signed_certificates=True)
        stages = await _tested(profile, secrets_for(crm))
        assert _failed(stages) == ["tls"]
        assert stages["tls"].acceptable
        assert stages["tls"].certificate == await shown_certificate(profile, secrets_for(crm))
        for word in (mine.fingerprint, "other.example by itself", f"{NOW:%Y-}"):
            assert word in stages["tls"].detail
        assert f"--accept-certificate {mine.fingerprint}" in stages["tls"].advice
        assert front.received == b""
        with pytest.raises(Problem, match=impostors.fingerprint):
            await accept_certificate(profile, secrets_for(crm), impostors.fingerprint)
        profile = await accept_certificate(profile, secrets_for(crm), mine.fingerprint.replace(":", "").lower())
        assert profile.certificate_fingerprint == mine.fingerprint
        stages = await _tested(profile, secrets_for(crm))
        assert _failed(stages) == []
        assert stages["tls"].state == "warn"
    with _front(crm, impostors.server()) as front:
        profile = msgspec.structs.replace(profile, api_base_url=front.url)
        stages = await _tested(profile, secrets_for(crm))
        assert _failed(stages) == ["tls"]
        assert mine.fingerprint in stages["tls"].detail
        assert impostors.fingerprint in stages["tls"].detail
        assert front.heard() == b""


async def test_an_accepted_certificate_that_ran_out_is_taken_with_a_warning(crm: Simulator) -> None:
    old = self_signed("localhost", days=-2)
    settings = {"accept_self_signed_certificates": True, "certificate_fingerprint": old.fingerprint}
    with _front(crm, old.server()) as front:
        stages = await _tested(settings_for(crm, api_base_url=front.url, **settings), secrets_for(crm))
    assert _failed(stages) == []
    assert "ran out on" in stages["tls"].cause


async def test_there_is_nothing_to_accept(crm: Simulator) -> None:
    plain = settings_for(crm, accept_self_signed_certificates=True)
    with pytest.raises(Problem, match="without TLS"):
        await shown_certificate(plain, secrets_for(crm))
    with pytest.raises(Problem, match="checked by their authority"):
        await accept_certificate(settings_for(crm), secrets_for(crm), "ab" * 32)
    with pytest.raises(SettingsError, match="certificateFingerprint is no SHA-256"):
        await accept_certificate(plain, secrets_for(crm), "ab" * 31)
    nobody = msgspec.structs.replace(plain, api_base_url=plain.api_base_url.replace("http:", "https:"))
    with pytest.raises(Problem, match="handshake"):
        await shown_certificate(nobody, secrets_for(crm))


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
        ("HTTP/1.1 401 Unauthorized\r\n\r\n", "user name or password", "httpProxyPassword"),
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
