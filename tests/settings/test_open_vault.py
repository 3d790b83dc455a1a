"""Which vault serves: named ones only, and what was chosen stays chosen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from console.settings import preferences
from console.settings.chain import CHOICES, open_vault
from console.settings.errors import SettingsError, VaultAbsent, VaultUnreachable
from console.settings.paths import Paths
from console.settings.sealed_vault import SealedVault
from console.settings.secret_service import SecretServiceVault
from console.settings.vault import MemoryVault


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config", tmp_path / "state")


async def test_a_login_without_a_bus_gets_the_vault_file(paths: Paths) -> None:
    vault = await open_vault(paths)
    assert isinstance(vault, SealedVault)
    assert vault.file.path == paths.vault_file
    assert (await vault.status()).state == "needs_collection"
    assert not paths.config.exists()  # looking writes nothing


async def test_a_named_vault_is_never_exchanged_for_another(paths: Paths) -> None:
    preferences.change(paths, vault="secret-service")
    vault = await open_vault(paths)
    assert isinstance(vault, SecretServiceVault)
    status = await vault.status()
    assert status.state == "absent"
    assert "no D-Bus" in status.detail
    assert "vault file" in status.remedy
    with pytest.raises(VaultAbsent):
        await vault.get("p", "n")
    kwallet = await open_vault(paths, prefer="kwallet")
    assert (await kwallet.status()).state == "absent"
    with pytest.raises(VaultAbsent, match="KWallet"):
        await kwallet.get("p", "n")
    assert isinstance(await open_vault(paths, prefer="memory"), MemoryVault)
    assert isinstance(await open_vault(paths, prefer="file"), SealedVault)


async def test_a_stale_bus_address_is_told(paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in (f"unix:path={tmp_path}/gone", "unix:", "tcp:host=127.0.0.1,port=1", "nonsense"):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        vault = await open_vault(paths, prefer="secret-service")
        assert (await vault.status()).state == "unreachable"
        with pytest.raises(VaultUnreachable, match="does not answer"):
            await vault.set("p", "n", "v")
        assert isinstance(await open_vault(paths), SealedVault)


async def test_an_unknown_name_is_an_error_with_the_nearest(paths: Paths) -> None:
    with pytest.raises(SettingsError) as told:
        await open_vault(paths, prefer="secretservice")
    assert told.value.remedy == "Did you mean secret-service?"
    with pytest.raises(SettingsError) as told:
        await open_vault(paths, prefer="keyrings.alt.file.PlaintextKeyring")
    assert all(choice in told.value.remedy for choice in CHOICES)


GREEDY = """
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    priority = 20
    def get_password(self, service, username): return "stolen"
    def set_password(self, service, username, password): open("stolen", "w").write(password)
"""
CHOOSE = """
import asyncio, keyring.backend, greedy
from console.settings.chain import open_vault
from console.settings.paths import Paths
print(type(max(keyring.backend.get_all_keyring(), key=lambda found: found.priority)).__module__)
async def main():
    vault = await open_vault(Paths.resolve("config", "state"))
    await vault.unlock("correct horse")
    await vault.set("p", "n", "v")
    print(vault.label, await vault.get("p", "n"), await vault.get("p", "other"))
asyncio.run(main())
"""


def test_an_installed_package_cannot_push_itself_in(tmp_path: Path) -> None:
    (tmp_path / "greedy.py").write_text(GREEDY)
    done = subprocess.run(
        [sys.executable, "-c", CHOOSE], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines() == ["greedy", "vault file v None"]
    assert not (tmp_path / "stolen").exists()


NAMED = """
import asyncio, sys
from console.settings.chain import open_vault
from console.settings.paths import Paths
asyncio.run(open_vault(Paths.resolve("config", "state"), prefer="secret-service"))
print([name for name in ("keyring", "cryptography", "secretstorage") if name in sys.modules])
"""


def test_opening_a_named_vault_loads_nothing_yet(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", NAMED], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_looking_for_settings_loads_neither_keyring_nor_cryptography() -> None:
    code = (
        "import console.settings.chain, console.settings.handover, console.settings.sealed_backend, sys;"
        "print([name for name in ('keyring', 'cryptography', 'secretstorage', 'tomli_w') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
