"""Secrets in an operating system's keyring: one explicit backend, never keyring's own choice."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

from console.settings import parts
from console.settings.errors import (
    VaultAbsent,
    VaultError,
    VaultLocked,
    VaultNeedsCollection,
    VaultUnreachable,
)
from console.settings.parts import Store
from console.settings.vault import MACHINE, VaultState, VaultStatus, probe, service_name
from console.settings.worker import TIMEOUT, Worker

Result = TypeVar("Result")

UNLOCK_ELSEWHERE = "Unlock it with its own program, then try again."
USE_FILE = 'To use the vault file instead, put vault = "file" into settings.toml of the configuration folder.'


class KeyringVault:
    """A vault over one backend of the keyring library; every call in a worker thread with a time-out."""

    persistent = True

    def __init__(
        self,
        backend: Store,
        *,
        label: str = "keyring",
        choice: str = "",
        timeout: float = TIMEOUT,
        stored: Callable[[], None] | None = None,
    ) -> None:
        self.label = label
        self.choice = choice
        self._backend = backend
        self._stored = stored
        self._worker = Worker(label, timeout)
        self._origin = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"

    def bound(self, origin: str) -> KeyringVault:
        """The same keyring, seeing only the entries of this API origin."""
        view = copy.copy(self)  # shares the worker: one hung call stops all views
        view._origin = origin
        return view

    def source(self, profile: str, name: str) -> str:  # noqa: ARG002 - the port's shape
        """The keyring's name."""
        return self.label

    async def get(self, profile: str, name: str) -> str | None:
        """The secret; None when there is none, also while there is no collection yet."""
        return await self._call(self._read, service_name(self._origin, profile), name)

    async def set(self, profile: str, name: str, value: str) -> None:
        """Stores it; long values in parts."""
        await self._call(self._write, service_name(self._origin, profile), name, value)
        if self._stored is not None:
            self._stored()

    async def delete(self, profile: str, name: str) -> None:
        """Removes it."""
        await self._call(self._remove, service_name(self._origin, profile), name)

    async def status(self) -> VaultStatus:
        """What can be done with it now."""
        try:
            return await self._call(self.look)
        except VaultError as error:
            return VaultStatus(_state_of(error), self.label, error.message, error.remedy)

    async def unlock(self, passphrase: str) -> None:
        """Opens the keyring, or creates its first collection."""
        await self._call(self.open, passphrase)

    async def probe(self) -> None:
        """Writes, reads and deletes a random entry."""
        view = self.bound("")
        view._stored = None  # trying it is not yet choosing it
        await probe(view)

    def look(self) -> VaultStatus:
        """Blocking: the state, without any dialog."""
        self._backend.get_password(service_name("", MACHINE), "probe")
        return VaultStatus("ready", self.label, f"Secrets are kept in the {self.label}.")

    def open(self, passphrase: str) -> None:  # noqa: ARG002 - other keyrings take one
        """Blocking: opens it with a passphrase, where the keyring has a way to."""
        if not self.look().ready:
            raise VaultLocked(f"The {self.label} is locked.", UNLOCK_ELSEWHERE)

    def _ready(self) -> None:
        """Raises unless entries can be reached without a dialog; the plain keyrings raise by themselves."""

    def _read(self, service: str, name: str) -> str | None:
        try:
            self._ready()
        except VaultNeedsCollection:
            return None
        return parts.read(self._backend, service, name)

    def _write(self, service: str, name: str, value: str) -> None:
        self._ready()
        parts.write(self._backend, service, name, value)

    def _remove(self, service: str, name: str) -> None:
        try:
            self._ready()
        except VaultNeedsCollection:
            return
        parts.delete(self._backend, service, name)

    async def _call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        def guarded() -> Result:
            try:
                return function(*arguments)
            except VaultError:
                raise
            except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
                raise self._told(error) from None

        return await self._worker.call(guarded)

    def _told(self, error: Exception) -> VaultError:
        """The keyring library's errors in our words; nothing of their text, which may quote a value."""
        names = {kind.__name__ for kind in type(error).__mro__}
        if "KeyringLocked" in names:
            return VaultLocked(f"The {self.label} is locked.", UNLOCK_ELSEWHERE)
        if "NoKeyringError" in names:
            return VaultAbsent(f"There is no {self.label} here.", USE_FILE)
        if "PasswordSetError" in names or "PasswordDeleteError" in names:
            return VaultError(f"The {self.label} refuses the change.", UNLOCK_ELSEWHERE)
        return VaultUnreachable(f"The {self.label} failed ({type(error).__name__}).", USE_FILE)


def _state_of(error: VaultError) -> VaultState:
    if isinstance(error, VaultNeedsCollection):
        return "needs_collection"
    if isinstance(error, VaultLocked):
        return "locked"
    return "absent" if isinstance(error, VaultAbsent) else "unreachable"
