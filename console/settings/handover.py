"""What a parent writes on an inherited pipe, so that a runner has its secrets without asking.

The runner reads them from memory; the persistent vault is told along so that a rotated refresh
token outlives the run: by its name, or for a sealed file by its derived key, never the passphrase.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from console.settings.errors import SettingsError, VaultError, VaultUnreachable
from console.settings.secrets import JOURNAL_KEY, PROFILE_SECRETS, READ_ONLY, Secrets, belongs_to_machine
from console.settings.vault import MACHINE, Vault, VaultStatus, probe, service_name

_FORMAT = "hubspoke-handover 1"


async def pack(vault: Vault, secrets: Secrets, names: Iterable[str] = ()) -> bytes:
    """All secrets of the profile (and the given others, such as sources'), and how to reopen the vault.

    Only for a pipe: the result holds the secrets as they are.
    """
    entries: list[list[str]] = []
    for name in dict.fromkeys((*PROFILE_SECRETS, JOURNAL_KEY, *names)):
        try:
            value = await secrets.get(name)
        except VaultError:  # the environment may be enough; the runner asks again for what it needs
            continue
        if value is not None:
            origin, profile = ("", MACHINE) if belongs_to_machine(name) else (secrets.origin, secrets.profile)
            entries.append([service_name(origin, profile), name, value, secrets.source(name)])
    return json.dumps({"format": _FORMAT, "entries": entries, "vault": _described(vault)}).encode()


def unpack(data: bytes) -> HandedVault:
    """The vault that `pack` described; nothing is opened yet."""
    try:
        told = json.loads(data)
        right = told["format"] == _FORMAT
        entries = {
            (str(service), str(name)): (str(value), str(source)) for service, name, value, source in told["entries"]
        }
        described = dict(told["vault"])
    except (ValueError, KeyError, TypeError):
        right = False  # told outside, so that no cause of it quotes the data
    if right:
        return HandedVault(entries, described)
    raise SettingsError(
        "The secrets handed over to this process cannot be read.", "Start the run again with: hubspoke apply."
    )


class HandedVault:
    """Handed-over secrets in front of the persistent vault.

    The persistent vault is the truth while it answers, since another process may have rotated a token
    there; the handed-over copy serves when it is gone, as after a lost login. What came from the
    environment stays as it came.
    """

    def __init__(self, entries: dict[tuple[str, str], tuple[str, str]], described: dict[str, Any]) -> None:
        self._entries = entries
        self._described = described
        self._origin = ""
        self._opened: dict[str, Vault] = {}  # shared by all views

    def __repr__(self) -> str:
        return f"HandedVault({self.label!r}, {len(self._entries)} entries)"

    @property
    def label(self) -> str:
        """The persistent vault's label."""
        return str(self._described.get("label", "memory"))

    @property
    def persistent(self) -> bool:
        """Whether there is a persistent vault behind it."""
        return self._described.get("kind") != "memory"

    @property
    def described(self) -> dict[str, Any]:
        """How to reopen the persistent vault."""
        return self._described

    def bound(self, origin: str) -> HandedVault:
        """The same secrets, seen from one origin."""
        view = HandedVault(self._entries, self._described)
        view._origin, view._opened = origin, self._opened
        return view

    def source(self, profile: str, name: str) -> str:
        """Where the parent had it from."""
        found = self._entries.get(self._key(profile, name))
        return found[1] if found is not None else self.label

    async def get(self, profile: str, name: str) -> str | None:
        """The secret, as fresh as can be had."""
        found = self._entries.get(self._key(profile, name))
        if found is not None and (found[1] in READ_ONLY or not self.persistent):
            return found[0]
        if not self.persistent:
            return None
        try:
            return await self._persistent().bound(self._origin).get(profile, name)
        except VaultError:
            if found is None:
                raise
            return found[0]

    async def set(self, profile: str, name: str, value: str) -> None:
        """Keeps it for this process in any case, then stores it; the error is that of storing."""
        self._entries[self._key(profile, name)] = (value, self.label)
        if self.persistent:
            await self._persistent().bound(self._origin).set(profile, name, value)

    async def delete(self, profile: str, name: str) -> None:
        """Removes it here and there."""
        self._entries.pop(self._key(profile, name), None)
        if self.persistent:
            await self._persistent().bound(self._origin).delete(profile, name)

    async def status(self) -> VaultStatus:
        """The persistent vault's state."""
        if not self.persistent:
            return VaultStatus("ready", self.label, "Secrets were handed over by the process that started this one.")
        try:
            return await self._persistent().status()
        except VaultError as error:
            return VaultStatus("unreachable", self.label, error.message, error.remedy)

    async def unlock(self, passphrase: str) -> None:
        """Opens the persistent vault."""
        if self.persistent:
            await self._persistent().unlock(passphrase)

    async def probe(self) -> None:
        """Writes, reads and deletes a random entry."""
        await probe(self.bound(""))

    def _key(self, profile: str, name: str) -> tuple[str, str]:
        return service_name(self._origin, profile), name

    def _persistent(self) -> Vault:
        if "vault" not in self._opened:
            self._opened["vault"] = _reopened(self._described)
        return self._opened["vault"]


def _described(vault: Vault) -> dict[str, Any]:
    from console.settings.keyring_vault import KeyringVault
    from console.settings.sealed_vault import SealedVault

    if isinstance(vault, HandedVault):
        return vault.described
    if isinstance(vault, SealedVault):
        key = vault.file.key
        sealed = base64.b64encode(key).decode() if key is not None else ""
        return {"kind": "file", "label": vault.label, "path": str(vault.file.path), "key": sealed}
    if isinstance(vault, KeyringVault) and vault.choice:
        return {"kind": "keyring", "label": vault.label, "choice": vault.choice}
    return {"kind": "memory", "label": vault.label}


def _reopened(described: dict[str, Any]) -> Vault:
    from console.settings.chain import keyring_vault
    from console.settings.sealed_vault import SealedVault

    if described.get("kind") == "file":
        key = base64.b64decode(described.get("key", "")) or None
        return SealedVault(Path(described["path"]), key=key)
    if described.get("kind") == "keyring":
        return keyring_vault(str(described["choice"]))
    raise VaultUnreachable("The vault of the process that started this one is gone.", "Start the run again.")
