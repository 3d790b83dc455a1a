"""What can be wrong with settings and the vault, in words that say what to do."""

from __future__ import annotations

from pathlib import Path


class SettingsError(Exception):
    """A setting, or the file that holds it, cannot be used.

    `message` says what is wrong, `remedy` what to do; `file`, `line` and `key` where it is known.
    Text of a file is in it only as key names, never as values of secrets.
    """

    def __init__(
        self, message: str, remedy: str = "", *, file: Path | None = None, line: int | None = None, key: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.file = file
        self.line = line
        self.key = key

    @property
    def place(self) -> str:
        """File and line, as `file:line`; empty when unknown."""
        if self.file is None:
            return ""
        return f"{self.file}:{self.line}" if self.line else str(self.file)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class VaultError(SettingsError):
    """The place where secrets live does not serve."""


class VaultAbsent(VaultError):
    """There is no such place on this machine or in this login."""


class VaultUnreachable(VaultError):
    """It is there but does not answer, or not in time."""


class VaultLocked(VaultError):
    """A passphrase is needed first."""


class VaultNeedsCollection(VaultLocked):
    """It was never set up: the first passphrase creates it."""


class WrongPassphrase(VaultError):
    """The passphrase does not open it."""


class WeakPassphrase(VaultError):
    """The passphrase is too short to create anything with."""


class VaultDamaged(VaultError):
    """What it holds cannot be read as what was written."""


SHORTEST_PASSPHRASE = 8


def strong_enough(passphrase: str) -> None:
    """Raises `WeakPassphrase` for one that nothing should be created with."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise WeakPassphrase(
            f"The passphrase has fewer than {SHORTEST_PASSPHRASE} characters.",
            "Choose a longer one: it guards all secrets.",
        )
