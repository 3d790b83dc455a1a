"""The ten configuration properties of the connector page: defaults, kinds, and texts for numbers and truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles, assign, display
from console.settings.provisioner import imported
from console.settings.provisioner_keys import CONNECTOR_KEYS, CONNECTOR_REF
from console.settings.secrets import CLIENT_SECRET, PROFILE_SECRETS, REFRESH_TOKEN

PROPERTIES = {
    "clientId": "client_id",
    "acceptSelfSignedCertificates": "accept_self_signed_certificates",
    "readSchema": "read_schema",
    "disableHostNameVerifier": "disable_host_name_verifier",
    "maximumConnections": "maximum_connections",
    "permitsPerSecond": "permits_per_second",
    "httpProxyHost": "http_proxy_host",
    "httpProxyPort": "http_proxy_port",
}


def given(**properties: Any) -> Profile:
    """The profile of a provisioner file with these configuration properties."""
    return imported({"name": "hubspot", "connectorRef": CONNECTOR_REF, "configurationProperties": properties}).profile


def refused(**properties: Any) -> str:
    with pytest.raises(SettingsError) as told:
        given(**properties)
    return told.value.key


def test_there_are_ten() -> None:
    assert {*PROPERTIES, CLIENT_SECRET, REFRESH_TOKEN} == {*CONNECTOR_KEYS, "clientSecret", "refreshToken"}
    assert len(PROPERTIES) == 8
    assert {CLIENT_SECRET, REFRESH_TOKEN} <= set(PROFILE_SECRETS)


def test_what_an_imported_file_means_that_does_not_say() -> None:
    silent, null = given(), given(**dict.fromkeys(PROPERTIES))
    for profile in (silent, null):
        values = {key: getattr(profile, attribute) for key, attribute in PROPERTIES.items()}
        assert values == {
            "clientId": "",
            "acceptSelfSignedCertificates": False,
            "readSchema": False,
            "disableHostNameVerifier": False,
            "maximumConnections": 10,
            "permitsPerSecond": 10,
            "httpProxyHost": "",
            "httpProxyPort": 0,
        }


def test_a_new_profile_reads_the_schema_and_follows_hubspots_limits() -> None:
    values = display(Profile(name="new"))
    assert (values["readSchema"], values["maximumConnections"], values["permitsPerSecond"]) == (True, "auto", "auto")


@pytest.mark.connector_row("config-client-id")
def test_client_id() -> None:
    assert given(clientId=" 1111-2222 ").client_id == "1111-2222"
    assert refused(clientId=7) == "clientId"


@pytest.mark.connector_row("config-client-secret", "config-refresh-token")
@pytest.mark.parametrize("name", ["clientSecret", "refreshToken"])
def test_the_two_secrets_are_never_settings(tmp_path: Path, name: str) -> None:
    document = {"name": "x", "connectorRef": CONNECTOR_REF, "configurationProperties": {name: "canary-99"}}
    found = imported(document)
    assert found.secrets == {name: "canary-99"}
    profiles = Profiles(Paths(tmp_path, tmp_path))
    profiles.save(found.profile)
    assert b"canary" not in profiles.path("x").read_bytes()
    with pytest.raises(SettingsError, match="is a secret"):
        assign(Profile(name="x"), {name: "canary-99"})


@pytest.mark.connector_row(
    "config-accept-self-signed-certificates",
    "config-read-schema",
    "config-disable-host-name-verifier",
    "config-string-coercion",
)
@pytest.mark.parametrize("key", ["acceptSelfSignedCertificates", "readSchema", "disableHostNameVerifier"])
def test_switches(key: str) -> None:
    attribute = PROPERTIES[key]
    for yes in (True, "true", "True", " TRUE "):
        assert getattr(given(**{key: yes}), attribute) is True
    for no in (False, "false", "FALSE", "", None):
        assert getattr(given(**{key: no}), attribute) is False
    assert refused(**{key: "perhaps"}) == refused(**{key: 1}) == key


@pytest.mark.connector_row("config-maximum-connections", "config-permits-per-second", "config-string-coercion")
@pytest.mark.parametrize("key", ["maximumConnections", "permitsPerSecond"])
def test_ceilings(key: str) -> None:
    attribute = PROPERTIES[key]
    for ten in (10, "10", " 10 ", 10.0):
        assert getattr(given(**{key: ten}), attribute) == 10
    assert getattr(given(**{key: "25"}), attribute) == 25
    for wrong in ("ten", 0, -1, "10.5", 10.5, True, [10]):
        assert refused(**{key: wrong}) == key


@pytest.mark.connector_row("config-http-proxy-host", "config-http-proxy-port", "config-string-coercion")
def test_the_proxy() -> None:
    profile = given(httpProxyHost="proxy.example.com", httpProxyPort="3128")
    assert (profile.http_proxy_host, profile.http_proxy_port) == ("proxy.example.com", 3128)
    assert refused(httpProxyHost="proxy.example.com") == "httpProxyHost"
    assert refused(httpProxyPort=3128) == "httpProxyPort"
    assert refused(httpProxyHost="proxy.example.com", httpProxyPort=70_000) == "httpProxyPort"
    assert refused(httpProxyHost="http://proxy.example.com", httpProxyPort=3128) == "httpProxyHost"
