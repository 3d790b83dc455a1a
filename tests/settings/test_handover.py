"""A runner has its parent's secrets over a pipe, and writes rotated ones to the persistent vault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.settings.errors import SettingsError, VaultAbsent, VaultLocked, VaultUnreachable
from console.settings.handover import pack, unpack
from console.settings.keyring_vault import KeyringVault
from console.settings.sealed_vault import SealedVault
from console.settings.secrets import ACCESS_TOKEN, CLIENT_SECRET, JOURNAL_KEY, REFRESH_TOKEN, Secrets, source_secret
from console.settings.vault import MemoryVault, Vault

HUBSPOT = "https://api.hubapi.com"


def of(vault: Vault) -> Secrets:
    return Secrets(vault, "prod", HUBSPOT, {})


@pytest.fixture
async def sealed(tmp_path: Path) -> SealedVault:
    vault = SealedVault(tmp_path / "vault.sealed", cost=2**14)
    await vault.unlock("correct horse")
    for name in (CLIENT_SECRET, REFRESH_TOKEN, JOURNAL_KEY, source_secret("ldap")):
        await of(vault).set(name, f"{name} value")
    return vault


async def test_all_secrets_of_the_profile_arrive(sealed: SealedVault) -> None:
    data = await pack(sealed, of(sealed), [source_secret("ldap")])
    handed = unpack(data)
    assert isinstance(handed, Vault)
    for name in (CLIENT_SECRET, REFRESH_TOKEN, JOURNAL_KEY, source_secret("ldap")):
        assert await of(handed).get(name) == f"{name} value"
    assert await of(handed).get(ACCESS_TOKEN) is None
    assert await Secrets(handed, "prod", "https://evil.example", {}).get(CLIENT_SECRET) is None
    assert (handed.label, handed.persistent, of(handed).source(CLIENT_SECRET)) == ("vault file", True, "vault file")
    assert (await handed.status()).ready
    await handed.probe()
    assert b"correct horse" not in data
    assert "value" not in repr(handed)


async def test_a_rotated_token_outlives_the_run_and_reaches_it(sealed: SealedVault) -> None:
    handed = unpack(await pack(sealed, of(sealed)))
    await of(handed).set(REFRESH_TOKEN, "rotated by the run")
    assert await of(sealed).get(REFRESH_TOKEN) == "rotated by the run"
    await of(sealed).set(REFRESH_TOKEN, "rotated by the console")
    assert await of(handed).get(REFRESH_TOKEN) == "rotated by the console"
    await of(sealed).delete(CLIENT_SECRET)
    assert await of(handed).get(CLIENT_SECRET) is None


async def test_the_run_goes_on_when_the_vault_is_gone(sealed: SealedVault) -> None:
    handed = unpack(await pack(sealed, of(sealed)))
    sealed.file.path.write_bytes(b"overwritten")
    assert await of(handed).get(REFRESH_TOKEN) == "refreshToken value"
    with pytest.raises(SettingsError):
        await of(handed).set(REFRESH_TOKEN, "rotated")
    assert await of(handed).get(REFRESH_TOKEN) == "rotated"  # kept for this process in any case
    with pytest.raises(SettingsError):
        await of(handed).get(ACCESS_TOKEN)  # never handed over: its vault has the word


async def test_a_lost_bus_does_not_stop_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Items(dict[tuple[str, str], str]):
        def get_password(self, service: str, username: str) -> str | None:
            return self.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self[service, username]

    vault = KeyringVault(Items(), label="Secret Service", choice="secret-service")
    await of(vault).set(REFRESH_TOKEN, "stored")
    handed = unpack(await pack(vault, of(vault)))
    assert (await handed.status()).state == "absent"  # no bus in this login
    assert await of(handed).get(REFRESH_TOKEN) == "stored"
    with pytest.raises(VaultAbsent):
        await of(handed).set(REFRESH_TOKEN, "rotated")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/gone")
    with pytest.raises(VaultUnreachable):
        await of(handed).set(REFRESH_TOKEN, "rotated")


async def test_what_the_environment_gave_stays_marked_and_unwritten(sealed: SealedVault) -> None:
    secrets = Secrets(sealed, "prod", HUBSPOT, {"HUBSPOKE_REFRESH_TOKEN": "given"})
    handed = unpack(await pack(sealed, secrets))
    assert (await of(handed).get(REFRESH_TOKEN), of(handed).source(REFRESH_TOKEN)) == ("given", "environment")
    assert await of(sealed).get(REFRESH_TOKEN) == "refreshToken value"


async def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    locked = SealedVault(tmp_path / "vault.sealed", cost=2**14)
    await locked.unlock("correct horse")
    locked.file.lock()
    handed = unpack(await pack(locked, Secrets(locked, "prod", HUBSPOT, {"HUBSPOKE_ACCESS_TOKEN": "given"})))
    assert await of(handed).get(ACCESS_TOKEN) == "given"
    with pytest.raises(VaultLocked):
        await of(handed).get(CLIENT_SECRET)
    await handed.unlock("correct horse")
    assert await of(handed).get(CLIENT_SECRET) is None


async def test_a_memory_vault_is_handed_over_whole() -> None:
    vault = MemoryVault()
    await of(vault).set(ACCESS_TOKEN, "demo")
    handed = unpack(await pack(vault, of(vault)))
    assert (await of(handed).get(ACCESS_TOKEN), handed.persistent) == ("demo", False)
    await of(handed).set(REFRESH_TOKEN, "kept here")
    assert await of(handed).get(REFRESH_TOKEN) == "kept here"
    await of(handed).delete(REFRESH_TOKEN)
    assert await of(handed).get(REFRESH_TOKEN) is None
    again = unpack(await pack(handed, of(handed)))
    assert await of(again).get(ACCESS_TOKEN) == "demo"


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"format": "hubspoke-handover 2"}', b"[canary-7731"])
def test_what_is_no_hand_over_is_refused_without_being_quoted(data: bytes) -> None:
    with pytest.raises(SettingsError, match="cannot be read") as told:
        unpack(data)
    assert "canary" not in f"{told.value!r}"
    assert told.value.__context__ is None


RUNNER = """
import asyncio, os, sys
from console.settings.handover import unpack
from console.settings.secrets import Secrets
with open(int(sys.argv[1]), "rb") as pipe:
    vault = unpack(pipe.read())
async def main():
    secrets = Secrets(vault, "prod", "https://api.hubapi.com", os.environ)
    assert await secrets.get("refreshToken") == "refreshToken value"
    await secrets.set("refreshToken", "rotated")
asyncio.run(main())
"""


async def test_it_passes_through_an_inherited_pipe(sealed: SealedVault) -> None:
    data = await pack(sealed, of(sealed))
    reading, writing = os.pipe()
    runner = subprocess.Popen([sys.executable, "-c", RUNNER, str(reading)], pass_fds=[reading])
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(data)
    assert runner.wait(20) == 0
    assert await of(sealed).get(REFRESH_TOKEN) == "rotated"
