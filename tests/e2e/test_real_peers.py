"""The real command against real peers: Debian's tinyproxy, and TLS servers of every kind of trust."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support.certificates import SelfSigned, self_signed, server_of
from tests.support.inspected import Inspected
from tests.support.secret_service import PrivateSession
from tests.support.simulator import Simulator, start_simulator
from tests.support.tinyproxy import THIS_MACHINE, Tinyproxy, start_tinyproxy
from tests.support.tls_front import TlsFront, start_tls_front

USER, PASSWORD = "operator", "canary-proxy-77"


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=3) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Company Trust")


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def operator(hubspot: Simulator, tmp_path: Path) -> Inspected:
    return Inspected(tmp_path, hubspot.url, hubspot.token)


def behind(hubspot: Simulator) -> int:
    return int(hubspot.url.rsplit(":", 1)[1])


@pytest.fixture
def far(hubspot: Simulator, authority: trustme.CA) -> Iterator[TlsFront]:
    """HubSpot behind TLS, under an address that the operator's machine reaches by a proxy."""
    with start_tls_front(server_of(authority, THIS_MACHINE), behind(hubspot)) as front:
        yield front


def far_settings(far: TlsFront, proxy: Tinyproxy, ca_file: Path, *more: str) -> tuple[str, ...]:
    return (
        f"apiBaseUrl=https://{THIS_MACHINE}:{far.port}",
        f"caFile={ca_file}",
        "httpProxyHost=127.0.0.1",
        f"httpProxyPort={proxy.port}",
        *more,
    )


def stages_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {stage["id"]: stage for stage in json.loads(done.stdout)["stages"]}


# tinyproxy


@pytest.mark.connector_row("proxy")
@pytest.mark.connector_row("config-http-proxy-host")
@pytest.mark.connector_row("config-http-proxy-port")
def test_everything_goes_through_a_real_proxy(operator: Inspected, far: TlsFront, ca_file: Path) -> None:
    with start_tinyproxy(operator.folder) as proxy:
        operator.run("profile", "set", *far_settings(far, proxy, ca_file))
        stages = stages_of(operator.run("test", "--json"))
        assert f"by the proxy 127.0.0.1:{proxy.port}" in stages["connection"]["detail"]
        assert stages["tls"]["state"] == "pass"
        found = operator.run("search", "contact", "--format", "jsonl").stdout.splitlines()
        assert set(proxy.tunnels) == {f"{THIS_MACHINE}:{far.port}"}
        assert far.connections == len(proxy.tunnels)
    assert len(found) == 3
    said = stages_of(operator.run("test", "--json", code=1))
    assert said["connection"]["state"] == "fail"  # the proxy is gone, and nothing goes past it


@pytest.mark.connector_row("proxy-authentication")
def test_a_real_proxy_that_wants_a_password(operator: Inspected, far: TlsFront, ca_file: Path) -> None:
    with start_tinyproxy(operator.folder, USER, PASSWORD) as proxy, PrivateSession() as desktop:
        desktop.start("passphrase of the keyring")
        operator.environment |= desktop.environment
        operator.run("profile", "set", *far_settings(far, proxy, ca_file, f"httpProxyUser={USER}"))
        operator.run("credentials", "set", "proxy", stdin=PASSWORD + "\n")
        assert stages_of(operator.run("test", "--json"))["connection"]["state"] == "pass"
        assert len(operator.run("search", "contact", "--format", "jsonl").stdout.splitlines()) == 3
        assert set(proxy.tunnels) == {f"{THIS_MACHINE}:{far.port}"}
        assert b"proxy-authorization" not in far.heard().lower()

        before = far.connections
        operator.run("credentials", "set", "proxy", stdin="canary-wrong-78\n")
        stage = stages_of(operator.run("test", "--json", code=1))["connection"]
        assert "wants another user name or password" in stage["detail"]
        assert stage["icfError"] == "ConnectionFailed"
        said = operator.run("search", "contact", code=1).stderr
        assert "wants another user name or password" in said
        stage = stages_of(operator.run("test", "httpProxyUser=", "--json", code=1))["connection"]
        assert "wants a user name and a password" in stage["cause"]
        assert far.connections == before
    assert not any(word in text for text in operator.said for word in (PASSWORD, "canary-wrong-78"))


def test_a_host_on_the_no_proxy_list_is_reached_directly(operator: Inspected, far: TlsFront, ca_file: Path) -> None:
    with start_tinyproxy(operator.folder) as proxy:
        operator.run("profile", "set", *far_settings(far, proxy, ca_file, "noProxy=0.0.0.0/8"))
        stages = stages_of(operator.run("test", "--json"))
        assert proxy.tunnels == []
    assert stages["connection"]["detail"].endswith("past the proxy")


def test_a_certificate_is_pinned_behind_a_real_proxy(operator: Inspected, hubspot: Simulator) -> None:
    mine, other = self_signed("nobody.example"), self_signed("nobody.example")
    with start_tinyproxy(operator.folder) as proxy:
        way = ("httpProxyHost=127.0.0.1", f"httpProxyPort={proxy.port}", "acceptSelfSignedCertificates=true")
        with start_tls_front(mine.server(), behind(hubspot)) as front:
            operator.run("profile", "set", f"apiBaseUrl=https://{THIS_MACHINE}:{front.port}", *way)
            operator.run("test", "--accept-certificate", mine.fingerprint)
        with start_tls_front(other.server(), behind(hubspot)) as impostor:
            operator.run("profile", "set", f"apiBaseUrl=https://{THIS_MACHINE}:{impostor.port}")
            said = operator.run("search", "contact", code=1).stderr
            assert mine.fingerprint in said
            assert other.fingerprint in said
            assert proxy.tunnels[-1] == f"{THIS_MACHINE}:{impostor.port}"
            assert impostor.heard() == b""


# TLS servers


@pytest.mark.connector_row("config-disable-host-name-verifier")
def test_a_private_authority_and_a_wrong_name(
    operator: Inspected, hubspot: Simulator, authority: trustme.CA, ca_file: Path
) -> None:
    with start_tls_front(server_of(authority, "elsewhere.example"), behind(hubspot)) as front:
        operator.run("profile", "set", f"apiBaseUrl={front.url}", f"caFile={ca_file}")
        stages = stages_of(operator.run("test", "--json", code=1))
        assert "localhost" in stages["tls"]["detail"]
        assert stages["tls"]["certificate"]["names"] == ["elsewhere.example"]
        assert not stages["tls"]["certificate"]["acceptable"]
        assert operator.run("search", "contact", code=1).stdout == ""
        assert front.heard() == b""
        said = operator.run("test", "disableHostNameVerifier=true").stdout
        assert "WARN  TLS" in said
        assert "disableHostNameVerifier is on" in said


@pytest.mark.parametrize(
    ("days", "code", "state", "words"),
    [(-1, 1, "fail", "expired"), (12, 0, "warn", "runs out in 12 days"), (400, 0, "pass", "Company Trust")],
)
def test_dates_of_certificates(
    operator: Inspected, hubspot: Simulator, authority: trustme.CA, ca_file: Path,
    days: int, code: int, state: str, words: str,
) -> None:  # fmt: skip
    with start_tls_front(server_of(authority, "localhost", days=days), behind(hubspot)) as front:
        settings = (f"apiBaseUrl={front.url}", f"caFile={ca_file}")
        stage = stages_of(operator.run("test", *settings, "--json", code=code))["tls"]
        assert stage["state"] == state
        assert words in stage["detail"] + stage["cause"]
        assert (front.heard() == b"") is (state == "fail")


@pytest.mark.connector_row("config-accept-self-signed-certificates")
def test_a_self_signed_certificate_from_refusal_to_renewal(operator: Inspected, hubspot: Simulator) -> None:
    mine, renewed = self_signed("localhost"), self_signed("localhost")
    with start_tls_front(mine.server(), behind(hubspot)) as front:
        operator.run("profile", "set", f"apiBaseUrl={front.url}")
        refused = operator.run("test", code=1).stdout
        assert "self-signed certificate" in refused
        assert "acceptSelfSignedCertificates" in refused
        operator.run("profile", "set", "acceptSelfSignedCertificates=true")
        shown = operator.run("test", code=1).stdout
        assert f"hubspoke test --accept-certificate {mine.fingerprint}" in shown
        said = operator.run("search", "contact", code=1).stderr
        assert "No certificate of localhost was accepted yet" in said
        wrong = operator.run("test", "--accept-certificate", renewed.fingerprint, code=1).stderr
        assert mine.fingerprint in wrong
        assert renewed.fingerprint in wrong
        assert front.heard() == b""
        assert operator.json("profile", "show")["certificateFingerprint"] == ""
        accepted = operator.run("test", "--accept-certificate", plain(mine))
        assert "WARN  TLS" in accepted.stdout
        assert f"Accepted for profile test: SHA-256 {mine.fingerprint}" in accepted.stderr
        assert len(operator.run("search", "contact", "--format", "jsonl").stdout.splitlines()) == 3
    with start_tls_front(renewed.server(), behind(hubspot)) as front:
        operator.run("profile", "set", f"apiBaseUrl={front.url}")
        said = operator.run("test", code=1).stdout
        assert f"SHA-256 {renewed.fingerprint} instead of {mine.fingerprint}" in said
        assert front.heard() == b""
        accepted = operator.run("test", "--accept-certificate", renewed.fingerprint)
        assert f"instead of {mine.fingerprint}" in accepted.stderr


def plain(certificate: SelfSigned) -> str:
    """A fingerprint as some other tool writes it."""
    return certificate.fingerprint.replace(":", "").lower()
