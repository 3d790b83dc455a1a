"""One certificate that no authority vouches for is taken, by its fingerprint; to any other server not a byte is sent."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec

from console.hubspot.errors import HubSpotError, NotSent
from console.hubspot.fingerprint import read_certificate
from console.hubspot.secret import Secret
from console.hubspot.transport import Transport
from console.hubspot.unchecked import unchecked
from tests.support.certificates import SelfSigned, pairs, self_signed
from tests.support.hubspot_parts import ACCESS, opened, profile
from tests.support.scripted_server import Proxy
from tests.support.tls_front import TlsFront, start_tls_front

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.fixture(scope="module")
def own() -> SelfSigned:
    """The certificate that the operator accepted; it is for another name."""
    return self_signed("elsewhere.example")


@pytest.fixture(scope="module")
def other() -> SelfSigned:
    return self_signed("elsewhere.example")


def shows(certificate: SelfSigned, version: ssl.TLSVersion | None = None) -> Iterator[TlsFront]:
    context = certificate.server()
    if version is not None:
        context.minimum_version = context.maximum_version = version
    with start_tls_front(context) as front:
        yield front


@pytest.fixture(params=VERSIONS, ids=["TLS1.2", "TLS1.3"])
def server(own: SelfSigned, request: pytest.FixtureRequest) -> Iterator[TlsFront]:
    yield from shows(own, request.param)


@pytest.fixture(params=VERSIONS, ids=["TLS1.2", "TLS1.3"])
def impostor(other: SelfSigned, request: pytest.FixtureRequest) -> Iterator[TlsFront]:
    yield from shows(other, request.param)


async def ask(url: str, fingerprint: str, started: list[str] | None = None, **settings: object) -> int:
    accepting = {"accept_self_signed_certificates": True, "certificate_fingerprint": fingerprint}
    transport = Transport(profile(url, **accepting, **settings))
    told = started if started is not None else []
    try:
        answer = await transport.send(
            "POST", url + "/x", bearer=Secret(ACCESS), body=b"{}", on_started=lambda: told.append("started")
        )
        return answer.status
    finally:
        await transport.aclose()


@pytest.mark.connector_row("config-accept-self-signed-certificates")
async def test_the_accepted_certificate_is_taken(server: TlsFront, own: SelfSigned) -> None:
    assert await ask(server.url, own.fingerprint) == 200
    assert ACCESS.encode() in server.heard()


@pytest.mark.connector_row("config-accept-self-signed-certificates")
async def test_to_another_certificate_not_a_byte_is_sent(
    impostor: TlsFront, own: SelfSigned, other: SelfSigned
) -> None:
    started: list[str] = []
    with pytest.raises(NotSent) as caught:
        await ask(impostor.url, own.fingerprint, started)
    assert own.fingerprint in caught.value.message
    assert other.fingerprint in caught.value.message
    assert (caught.value.stage, caught.value.lasting) == ("tls", True)
    assert "--accept-certificate" in caught.value.advice
    assert started == []
    assert impostor.connections == 1
    assert impostor.heard() == b""


async def test_before_one_is_accepted_none_is_taken(server: TlsFront, own: SelfSigned) -> None:
    with pytest.raises(NotSent, match="No certificate of localhost was accepted yet") as caught:
        await ask(server.url, "")
    assert own.fingerprint in caught.value.message
    assert "hubspoke test" in caught.value.advice
    assert server.heard() == b""


async def test_a_certificate_that_an_authority_vouches_for_is_not_the_accepted_one(
    own: SelfSigned, tmp_path: Path
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with start_tls_front(context) as front:
        with pytest.raises(NotSent, match="another certificate"):
            await ask(front.url, own.fingerprint, ca_file=str(bundle))
        assert front.heard() == b""


async def test_a_renewed_certificate_of_the_same_key_is_another_one() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    before, after = self_signed("localhost", key=key), self_signed("localhost", key=key)
    with start_tls_front(after.server()) as front:
        with pytest.raises(NotSent, match=after.fingerprint):
            await ask(front.url, before.fingerprint)
        assert front.heard() == b""
        assert await ask(front.url, after.fingerprint) == 200


async def test_the_check_holds_behind_a_proxy(own: SelfSigned, other: SelfSigned) -> None:
    with start_tls_front(own.server()) as server, start_tls_front(other.server()) as impostor:
        async with Proxy() as proxy:
            way = {"http_proxy_host": "127.0.0.1", "http_proxy_port": proxy.port}
            assert await ask(f"https://api.hubapi.test:{server.port}", own.fingerprint, **way) == 200
            with pytest.raises(NotSent, match=other.fingerprint):
                await ask(f"https://api.hubapi.test:{impostor.port}", own.fingerprint, **way)
            assert len(proxy.targets) == 2
        assert impostor.connections == 1
        assert impostor.heard() == b""


async def test_no_secret_of_an_app_goes_to_another_certificate(impostor: TlsFront, own: SelfSigned) -> None:
    settings = {"accept_self_signed_certificates": True, "certificate_fingerprint": own.fingerprint}
    async with opened(impostor.url, authentication="oauth", **settings) as hubspot:
        with pytest.raises(HubSpotError, match="another certificate"):
            await hubspot.account.details()
    assert impostor.heard() == b""


async def test_one_connection_is_checked_once_and_used_again(server: TlsFront, own: SelfSigned) -> None:
    settings = profile(server.url, accept_self_signed_certificates=True, certificate_fingerprint=own.fingerprint)
    transport = Transport(settings)
    assert [(await transport.send("GET", server.url)).status for _ in range(5)] == [200] * 5
    await transport.aclose()
    assert server.connections == 1


async def test_a_self_signed_certificate_may_be_its_own_authority(tmp_path: Path) -> None:
    mine = self_signed("localhost")
    file = tmp_path / "server.pem"
    file.write_bytes(mine.pem)
    with start_tls_front(mine.server()) as front:
        transport = Transport(profile(front.url, ca_file=str(file)))
        assert (await transport.send("GET", front.url)).status == 200
        await transport.aclose()


def test_what_a_certificate_says_is_read() -> None:
    mine = self_signed("localhost", "127.0.0.1", days=10)
    der = ssl.PEM_cert_to_DER_cert(mine.pem.decode())
    found = read_certificate(der)
    assert (found.fingerprint, found.subject, found.issuer) == (mine.fingerprint, "localhost", "localhost")
    assert found.names == ("localhost", "127.0.0.1")
    assert found.self_signed
    assert found.days_left == 9


@pytest.mark.parametrize("der", [b"", b"no certificate", b"0\x82"])
def test_what_is_no_certificate_has_its_fingerprint_all_the_same(der: bytes) -> None:
    assert read_certificate(der).fingerprint == pairs(der)


def test_what_is_switched_off_is_listed() -> None:
    assert unchecked(profile("https://api.hubapi.com")) == ()
    both = profile("https://x.test", accept_self_signed_certificates=True, disable_host_name_verifier=True)
    assert [one.key for one in unchecked(both)] == ["acceptSelfSignedCertificates", "disableHostNameVerifier"]
    assert "nothing is sent" in unchecked(both)[0].words
    pinned = profile("https://x.test", accept_self_signed_certificates=True, certificate_fingerprint="AB")
    assert [one.words.split()[0] for one in unchecked(pinned)] == ["One"]
