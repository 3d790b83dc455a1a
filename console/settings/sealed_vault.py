"""Our own vault, for machines without a keyring: the sealed file behind the vault port."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from console.settings.sealed_file import COST, SealedFile
from console.settings.vault import VaultStatus, probe, service_name
from console.settings.worker import TIMEOUT, Worker

Result = TypeVar("Result")
LABEL = "vault file"


class SealedVault:
    """Secrets in one file, sealed with a passphrase that is asked once a session."""

    label = LABEL
    choice = "file"
    persistent = True

    def __init__(self, path: Path, *, key: bytes | None = None, cost: int = COST, timeout: float = TIMEOUT) -> None:
        self.file = SealedFile(path, key=key, cost=cost)
        self._worker = Worker(LABEL, timeout)
        self._origin = ""

    def __repr__(self) -> str:
        return f"SealedVault({self.file!r})"

    def bound(self, origin: str) -> SealedVault:
        """The same file and key, seeing only the entries of this API origin."""
        view = copy.copy(self)
        view._origin = origin
        return view

    def source(self, profile: str, name: str) -> str:  # noqa: ARG002 - the port's shape
        """Always the vault file."""
        return self.label

    async def get(self, profile: str, name: str) -> str | None:
        """The secret; None when there is none, also while there is no file yet."""
        return await self._call(self.file.read, service_name(self._origin, profile), name)

    async def set(self, profile: str, name: str, value: str) -> None:
        """Stores it."""
        await self._call(self.file.write, service_name(self._origin, profile), name, value)

    async def delete(self, profile: str, name: str) -> None:
        """Removes it."""
        await self._call(self.file.remove, service_name(self._origin, profile), name)

    async def status(self) -> VaultStatus:
        """Whether the file is there and its passphrase was given."""
        if not self.file.exists:
            return VaultStatus(
                "needs_collection",
                LABEL,
                "There is no vault file yet.",
                "Choose a passphrase: secrets will be sealed with it in a file that only you can read.",
            )
        if self.file.locked:
            return VaultStatus("locked", LABEL, "The vault file is locked.", "Type its passphrase.")
        return VaultStatus("ready", LABEL, f"Secrets are sealed in {self.file.path}.")

    async def unlock(self, passphrase: str) -> None:
        """Opens the file, or creates it with this passphrase."""
        await self._call(self.file.unlock, passphrase)

    async def probe(self) -> None:
        """Writes, reads and deletes a random entry."""
        await probe(self.bound(""))

    async def _call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        return await self._worker.call(function, *arguments)
