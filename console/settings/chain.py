"""Which vault serves: an allow-list, asked in order, set explicitly.

The keyring library would pick whatever installed package gives itself the highest priority, plain
text files included. So nothing is ever left to it: a backend is built by name here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from console.settings import preferences, tomlfile
from console.settings.errors import SettingsError, VaultAbsent
from console.settings.keyring_vault import USE_FILE, KeyringVault
from console.settings.parts import Store
from console.settings.paths import Paths
from console.settings.sealed_vault import SealedVault
from console.settings.secret_service import SecretServiceVault
from console.settings.vault import MemoryVault, Vault
from console.settings.worker import TIMEOUT
from console.text import safe

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
    a message. A keyring found by looking is remembered with the first secret stored in it.
    `patience` is how many seconds a keyring may take for one call.
    """
    named = prefer or preferences.load(paths).vault
    if named:
        return _named(paths, named, patience)
    if paths.vault_file.exists():
        return SealedVault(paths.vault_file, timeout=patience)
    for choice in _candidates():
        vault = keyring_vault(choice, timeout=patience, stored=partial(remember, paths, choice))
        if (await vault.status()).state in {"ready", "locked", "needs_collection"}:
            return vault
    return SealedVault(paths.vault_file, timeout=patience)


def remember(paths: Paths, choice: str) -> None:
    """Writes down which vault holds the secrets, once and for all later starts."""
    if preferences.load(paths).vault != choice:
        preferences.change(paths, vault=choice)


def keyring_vault(choice: str, *, timeout: float = TIMEOUT, stored: Callable[[], None] | None = None) -> KeyringVault:
    """The operating system's keyring of that name; nothing is loaded or asked before its first use."""
    backend = _Late(choice)
    if choice == "secret-service":
        return SecretServiceVault(backend, timeout=timeout, stored=stored)
    return KeyringVault(backend, label=KEYRINGS[choice][2], choice=choice, timeout=timeout, stored=stored)


def _named(paths: Paths, choice: str, patience: float) -> Vault:
    if choice == MEMORY:
        return MemoryVault()
    if choice == FILE:
        return SealedVault(paths.vault_file, timeout=patience)
    if choice in KEYRINGS:
        return keyring_vault(choice, timeout=patience)
    meant = tomlfile.nearest(choice, CHOICES)
    raise SettingsError(
        f'There is no vault called "{safe(choice, limit=40)}".',
        f"Did you mean {meant}?" if meant else f"The vaults are: {', '.join(CHOICES)}.",
        key="vault",
    )


def _candidates() -> tuple[str, ...]:
    if sys.platform == "darwin":
        return ("macos",)
    if sys.platform == "win32":
        return ("windows",)
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return ()  # both are reached over the session bus, and to load them for nothing costs 100 ms
    return ("secret-service", "kwallet")


class _Late:
    """A keyring backend that is loaded when it is first used, in the worker's thread."""

    def __init__(self, choice: str) -> None:
        self._choice = choice
        self._loaded: Store | None = None

    def get_password(self, service: str, username: str) -> str | None:
        """The item; None when there is none."""
        return self._backend().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Stores the item."""
        self._backend().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        """Removes the item."""
        self._backend().delete_password(service, username)

    def _backend(self) -> Store:
        if self._loaded is None:
            self._loaded = _load(self._choice)
        return self._loaded


def _load(choice: str) -> Store:
    """Blocking: the backend by its name, also made the one that the keyring library itself would use."""
    from importlib import import_module  # keyring costs 100 ms

    import keyring.core

    module, name, label = KEYRINGS[choice]
    kind: Any = getattr(import_module(module), name)
    try:
        viable = bool(kind.viable)
    except Exception:  # noqa: BLE001 - priorities are computed by foreign code
        viable = False
    if not viable:
        raise VaultAbsent(f"There is no {label} here.", USE_FILE)
    backend: Store = kind()
    keyring.core.set_keyring(backend)  # type: ignore[arg-type]  # it is one
    return backend
