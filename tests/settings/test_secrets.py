"""The environment comes before systemd's credentials, and both before the vault."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.settings.errors import SettingsError
from console.settings.secrets import (
    ACCESS_TOKEN,
    CLIENT_SECRET,
    ENVIRONMENT,
    JOURNAL_KEY,
    PROXY_PASSWORD,
    REFRESH_TOKEN,
    Secrets,
    source_secret,
)
from console.settings.vault import MemoryVault

HUBSPOT = "https://api.hubapi.com"


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


async def test_the_vault_serves_when_nothing_is_given(vault: MemoryVault) -> None:
    secrets = Secrets(vault, "prod", HUBSPOT, {})
    assert await secrets.get(CLIENT_SECRET) is None
    await secrets.set(CLIENT_SECRET, "stored")
    assert (await secrets.get(CLIENT_SECRET), secrets.source(CLIENT_SECRET)) == ("stored", "memory")
    assert await vault.bound(HUBSPOT).get("prod", CLIENT_SECRET) == "stored"
    await secrets.delete(CLIENT_SECRET)
    assert await secrets.get(CLIENT_SECRET) is None


async def test_environment_then_systemd_then_vault(vault: MemoryVault, tmp_path: Path) -> None:
    await Secrets(vault, "prod", HUBSPOT, {}).set(REFRESH_TOKEN, "stored")
    (tmp_path / "HUBSPOKE_REFRESH_TOKEN").write_text("from systemd\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path), "HUBSPOKE_REFRESH_TOKEN": " from environment\n"}
    secrets = Secrets(vault, "prod", HUBSPOT, environ)
    assert (await secrets.get(REFRESH_TOKEN), secrets.source(REFRESH_TOKEN)) == ("from environment", "environment")
    environ["HUBSPOKE_REFRESH_TOKEN"] = ""
    assert (await secrets.get(REFRESH_TOKEN), secrets.source(REFRESH_TOKEN)) == ("from systemd", "systemd")
    (tmp_path / "HUBSPOKE_REFRESH_TOKEN").unlink()
    assert (await secrets.get(REFRESH_TOKEN), secrets.source(REFRESH_TOKEN)) == ("stored", "memory")


async def test_only_the_three_named_secrets_come_from_outside(vault: MemoryVault, tmp_path: Path) -> None:
    assert set(ENVIRONMENT) == {CLIENT_SECRET, REFRESH_TOKEN, ACCESS_TOKEN}
    (tmp_path / "httpProxyPassword").write_text("x")
    secrets = Secrets(vault, "prod", HUBSPOT, {"CREDENTIALS_DIRECTORY": str(tmp_path), "httpProxyPassword": "x"})
    assert await secrets.get(PROXY_PASSWORD) is None
    assert await secrets.get("../../etc/passwd") is None


async def test_what_the_environment_gives_is_never_written_to_the_vault(vault: MemoryVault) -> None:
    secrets = Secrets(vault, "prod", HUBSPOT, {"HUBSPOKE_ACCESS_TOKEN": "given"})
    assert await secrets.get(ACCESS_TOKEN) == "given"
    assert await vault.bound(HUBSPOT).get("prod", ACCESS_TOKEN) is None


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000])
async def test_an_unusable_credential_file_is_told_without_its_content(
    vault: MemoryVault, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "HUBSPOKE_ACCESS_TOKEN").write_bytes(content)
    with pytest.raises(SettingsError, match="one line of text") as told:
        await Secrets(vault, "prod", HUBSPOT, {"CREDENTIALS_DIRECTORY": str(tmp_path)}).get(ACCESS_TOKEN)
    assert told.value.file == tmp_path / "HUBSPOKE_ACCESS_TOKEN"
    (tmp_path / "HUBSPOKE_ACCESS_TOKEN").unlink()
    (tmp_path / "HUBSPOKE_ACCESS_TOKEN").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        await Secrets(vault, "prod", HUBSPOT, {"CREDENTIALS_DIRECTORY": str(tmp_path)}).get(ACCESS_TOKEN)


async def test_another_api_address_finds_no_profile_secret(vault: MemoryVault) -> None:
    for name in (CLIENT_SECRET, REFRESH_TOKEN, ACCESS_TOKEN, PROXY_PASSWORD):
        await Secrets(vault, "prod", HUBSPOT, {}).set(name, "s")
        assert await Secrets(vault, "prod", "https://evil.example", {}).get(name) is None
        assert await Secrets(vault, "test", HUBSPOT, {}).get(name) is None


async def test_the_journal_key_and_source_passwords_serve_all_profiles(vault: MemoryVault) -> None:
    for name in (JOURNAL_KEY, source_secret("ldap")):
        await Secrets(vault, "prod", HUBSPOT, {}).set(name, "s")
        assert await Secrets(vault, "test", "http://127.0.0.1:1", {}).get(name) == "s"


@pytest.mark.parametrize("value", ["", "a\x00b", "\ud800"])
async def test_what_cannot_be_a_secret_is_refused(vault: MemoryVault, value: str) -> None:
    with pytest.raises(SettingsError) as told:
        await Secrets(vault, "prod", HUBSPOT, {}).set(CLIENT_SECRET, value)
    assert told.value.remedy


async def test_nothing_shows_a_secret(vault: MemoryVault) -> None:
    secrets = Secrets(vault, "prod", HUBSPOT, {"HUBSPOKE_ACCESS_TOKEN": "canary-7731"})
    await secrets.set(CLIENT_SECRET, "canary-7732")
    assert "canary" not in repr(secrets) + repr(vault)
