"""URLs of sources: their settings, what they may not hold, and where their secrets are."""

from __future__ import annotations

import pytest

from console.settings.secrets import Secrets
from console.settings.vault import MemoryVault
from console.sources.errors import SourceError
from console.sources.opening import SCHEMES, SECRETS, open_source, secret_for, secret_name


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("ldaps://LDAP.example.org/dc=x", "source/ldap.example.org"),
        ("ldap+starttls://ldap.example.org:1389/dc=x#credentials=hr", "source/hr"),
        ("scim+https://host/scim2/Users#page=5&credentials=a%20b", "source/a b"),
        ("idm+https://host/openidm/managed/user", "source/host"),
        ("people.csv", ""),
        ("C:people.csv", ""),
    ],
)
def test_the_name_of_a_secret_is_the_host_or_what_the_url_says(spec: str, name: str) -> None:
    assert secret_name(spec) == name


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("ldap://ldap.example.org/dc=x", "would show passwords"),
        ("scim+http://host/Users", "would show passwords"),
        ("idm+http://10.0.0.1/openidm/managed/user", "would show passwords"),
        ("ldaps:///dc=x", "names no host"),
        ("ldaps://reader@host/dc=x", "user name in its URL"),
        ("ldaps://host", "below which entry"),
        ("ldaps://host/dc=x?mail?everything?(mail=*)", "scope"),
        ("ldaps://host/dc=x??sub?(mail=*)?bindname=cn=x", "extensions"),
        ("ldaps://host:port/dc=x", "host or port is wrong"),
        ("ldaps://host/dc=x#password=canary", "no setting of it"),
        ("ldaps://host/dc=x#page", "no setting of it"),
        ("ldaps://host/dc=x#page=5000", "page=5000"),
        ("ldaps://host/dc=x#overlap=-1", "overlap=-1"),
        ("scim+https://host/Users#paging=none", "paging=none"),
    ],
)
def test_what_a_url_may_not_hold_is_said_before_anything_is_sent(spec: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    assert said in caught.value.message
    assert caught.value.remedy
    assert "canary" not in caught.value.message + caught.value.remedy


def test_a_filter_about_passwords_is_no_password() -> None:
    assert open_source("ldaps://host/dc=x?(pwdLastSet>=0)").kind == "ldap"


def test_a_source_that_is_open_has_asked_nobody() -> None:
    for scheme in ("ldaps", "scim+https", "idm+https"):
        source = open_source(f"{scheme}://host.invalid/dc=x")
        assert source.columns() is None
        assert source.notes == ()


async def test_the_vault_is_asked_only_where_a_source_has_secrets() -> None:
    asked = []

    async def getter(name: str) -> str | None:
        asked.append(name)
        return "user:pass"

    assert await secret_for("people.csv", getter) is None
    assert asked == []
    assert await secret_for("ldaps://host/dc=x", getter) == "user:pass"
    assert asked == ["source/host"]
    assert SECRETS.keys() <= SCHEMES.keys()


async def test_unattended_runs_bring_a_sources_secret_in_the_environment() -> None:
    environ = {"HUBSPOKE_SOURCE_LDAP_EXAMPLE_ORG": "reader:given\n"}
    secrets = Secrets(MemoryVault(), "one", "https://api.hubapi.com", environ)
    assert await secret_for("ldaps://ldap.example.org/dc=x", secrets.get) == "reader:given"
    assert await secret_for("ldaps://other.example.org/dc=x", secrets.get) is None
    await secrets.set("source/other.example.org", "reader:stored")
    assert await secret_for("ldaps://other.example.org/dc=x", secrets.get) == "reader:stored"
