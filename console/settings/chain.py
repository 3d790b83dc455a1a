"""Which vault serves: an allow-list, asked in order, set explicitly.

The keyring library would pick whatever installed package gives itself the highest priority, plain
text files included. So nothing is ever left to it: a backend is built by name here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from console.settings import preferences, tomlfile
from console.settings.errors import SettingsError, VaultAbsent
from console.settings.keyring_vault import USE_FILE, KeyringVault
from console.settings.paths import Paths
from console.settings.sealed_vault import SealedVault
from console.settings.secret_service import SecretServiceVault
from console.settings.vault import MemoryVault, Vault
from console.settings.worker import TIMEOUT, Worker

FILE = "file"
MEMORY = "memory"
KEYRINGS = {
    "secret-service": ("keyring.backends.SecretService", "Keyring", "Secret Service"),
    "kwallet": ("keyring.backends.kwallet", "DBusKeyring", "KWallet"),
    "macos": ("keyring.backends.macOS", "Keyring", "macOS Keychain"),
    "windows": ("keyring.backends.Windows", "WinVaultKeyring", "Windows Credential Locker"),
}
CHOICES = (*KEYRINGS, FILE, MEMORY)
"""What `vault` in settings.toml, and `prefer`, may say."""


async def open_vault(paths: Paths, *, prefer: str | None = None, patience: float = TIMEOUT) -> Vault:
    """The vault that `prefer` names, else the remembered one, else the first that serves here.

    Never falls back from a named vault to another: secrets that seem to have vanished are worse than
    a message. `patience` is how many seconds a keyring may take for a call. A keyring found by looking is remembered with the first secret stored in it.
    """
    named = prefer or preferences.load(paths).vault
    if named:
        return await _named(paths, named, patience, None)
    if paths.vault_file.exists():
        return _file(paths, patience)
    for choice in _candidates():
        try:
            vault = await _named(paths, choice, patience, lambda choice=choice: remember(paths, choice))  # type: ignore[misc]
        except VaultAbsent:
            continue
        if (await vault.status()).state in {"ready", "locked", "needs_collection"}:
            return vault
    return _file(paths, patience)


def remember(paths: Paths, choice: str) -> None:
    """Writes down which vault holds the secrets, once and for all later starts."""
    if preferences.load(paths).vault != choice:
        preferences.change(paths, vault=choice)


async def _named(paths: Paths, choice: str, patience: float, stored: Callable[[], None] | None) -> Vault:
    if choice == MEMORY:
        return MemoryVault()
    if choice == FILE:
        return _file(paths, patience)
    if choice not in KEYRINGS:
        meant = tomlfile.nearest(choice, CHOICES)
        raise SettingsError(
            f'There is no vault called "{choice}".',
            f"Did you mean {meant}?" if meant else f"The vaults are: {', '.join(CHOICES)}.",
            key="vault",
        )
    return await keyring_vault(choice, patience=patience, stored=stored)


async def keyring_vault(
    choice: str, *, patience: float = TIMEOUT, stored: Callable[[], None] | None = None
) -> KeyringVault:
    """The operating system's keyring of that name."""
    label = KEYRINGS[choice][2]
    backend = await Worker(label, max(patience, TIMEOUT)).call(_backend, choice)
    if choice == "secret-service":
        return SecretServiceVault(backend, timeout=patience, stored=stored)
    return KeyringVault(backend, label=label, choice=choice, timeout=patience, stored=stored)


def _file(paths: Paths, patience: float) -> SealedVault:
    return SealedVault(paths.vault_file, timeout=patience)


def _candidates() -> tuple[str, ...]:
    if sys.platform == "darwin":
        return ("macos",)
    if sys.platform == "win32":
        return ("windows",)
    return ("secret-service", "kwallet")


def _backend(choice: str) -> Any:
    """Blocking: the backend by its name, also made the one that the keyring library itself would use."""
    from importlib import import_module  # keyring costs 100 ms, so it loads in the worker

    import keyring.core

    module, name, label = KEYRINGS[choice]
    kind = getattr(import_module(module), name)
    if choice != "secret-service":  # that one tells its states itself, in better words
        try:
            viable = bool(kind.viable)
        except Exception:  # noqa: BLE001 - priorities are computed by foreign code
            viable = False
        if not viable:
            raise VaultAbsent(f"There is no {label} here.", USE_FILE)
    backend = kind()
    keyring.core.set_keyring(backend)
    return backend
