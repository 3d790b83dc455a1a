"""The vault: where secrets live. The port that all its kinds serve, and the one in memory."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from console.settings.errors import VaultDamaged

VaultState = Literal["ready", "locked", "needs_collection", "absent", "unreachable"]
MACHINE = ""
"""The profile name of entries that belong to no profile, such as the journal's key."""


@dataclass(frozen=True)
class VaultStatus:
    """Whether secrets can be read and written now; `detail` and `remedy` are for the operator."""

    state: VaultState
    label: str
    detail: str = ""
    remedy: str = ""

    @property
    def ready(self) -> bool:
        """Reading and writing works."""
        return self.state == "ready"


@runtime_checkable
class Vault(Protocol):
    """A place for secrets. Every entry belongs to an origin, a profile and a name.

    All methods raise `VaultError` kinds only: locked, absent, unreachable, damaged, wrong passphrase.
    """

    @property
    def label(self) -> str:
        """What the operator calls it: "Secret Service", "vault file", "memory"."""

    @property
    def persistent(self) -> bool:
        """Whether entries outlive the process."""

    def bound(self, origin: str) -> Vault:
        """The same vault, seeing only the entries of this API origin."""

    def source(self, profile: str, name: str) -> str:
        """Where the entry comes from: the label, or what a hand-over recorded."""

    async def get(self, profile: str, name: str) -> str | None:
        """The secret; None when there is none."""

    async def set(self, profile: str, name: str, value: str) -> None:
        """Stores it, replacing what was there."""

    async def delete(self, profile: str, name: str) -> None:
        """Removes it; nothing happens when there is none."""

    async def status(self) -> VaultStatus:
        """What can be done with it now; never asks the operator anything."""

    async def unlock(self, passphrase: str) -> None:
        """Opens it; creates it when it was never set up."""

    async def probe(self) -> None:
        """Writes, reads and deletes a random entry."""


def service_name(origin: str, profile: str) -> str:
    """The name that the entries of a profile and origin share in a keyring.

    The closing slash keeps one name from being the beginning of another, which
    makes the macOS Keychain ask twice.
    """
    owner = profile or "hubspoke"
    return f"hubspoke:{owner}@{origin or 'this-machine'}/"


async def probe(vault: Vault) -> None:
    """The write-read-delete probe, on any vault."""
    name, value = f"probe-{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    await vault.set(MACHINE, name, value)
    try:
        found = await vault.get(MACHINE, name)
    finally:
        await vault.delete(MACHINE, name)
    if found != value or await vault.get(MACHINE, name) is not None:
        raise VaultDamaged(
            f"The {vault.label} does not give back what was stored in it.",
            "Look at it with its own program, or restart it, then try again.",
        )


class MemoryVault:
    """Secrets that end with the process: for tests and the demo."""

    label = "memory"
    persistent = False

    def __init__(self) -> None:
        self._origin = ""
        self._entries: dict[tuple[str, str], str] = {}

    def __repr__(self) -> str:
        return f"MemoryVault({len(self._entries)} entries)"

    def bound(self, origin: str) -> MemoryVault:
        """The same entries, seen from one origin."""
        view = MemoryVault()
        view._origin, view._entries = origin, self._entries
        return view

    def source(self, profile: str, name: str) -> str:  # noqa: ARG002 - the port's shape
        """Always memory."""
        return self.label

    async def get(self, profile: str, name: str) -> str | None:
        """The secret; None when there is none."""
        return self._entries.get((service_name(self._origin, profile), name))

    async def set(self, profile: str, name: str, value: str) -> None:
        """Keeps it until the process ends."""
        self._entries[service_name(self._origin, profile), name] = value

    async def delete(self, profile: str, name: str) -> None:
        """Forgets it."""
        self._entries.pop((service_name(self._origin, profile), name), None)

    async def status(self) -> VaultStatus:
        """Always ready."""
        return VaultStatus("ready", self.label, "Secrets are kept in memory and end with this program.")

    async def unlock(self, passphrase: str) -> None:
        """Nothing to unlock."""

    async def probe(self) -> None:
        """Writes, reads and deletes a random entry."""
        await probe(self)
