"""The sealed vault file as a backend of the keyring library, which its own tests then judge.

The class is made on first use: importing the engine must not import keyring.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from console.settings.errors import VaultError, VaultLocked
from console.settings.sealed_file import SealedFile

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


def sealed_keyring(file: SealedFile) -> KeyringBackend:
    """A backend over this file, for `keyring.set_keyring`; locked as long as the file is."""
    made: KeyringBackend = _backend_class()(file)  # type: ignore[call-arg]
    return made


@cache
def _backend_class() -> type[KeyringBackend]:
    from keyring.backend import KeyringBackend
    from keyring.errors import InitError, KeyringLocked, PasswordDeleteError, PasswordSetError

    def told(error: VaultError, otherwise: type[Exception]) -> Exception:
        return (KeyringLocked if isinstance(error, VaultLocked) else otherwise)(error.message)

    class SealedKeyring(KeyringBackend):
        """Hubspoke's vault file. It needs a file, so keyring can never choose it by itself."""

        priority = 0

        def __init__(self, file: SealedFile) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._file = file

        def get_password(self, service: str, username: str) -> str | None:
            """The entry; None when there is none."""
            try:
                return self._file.read(service, username)
            except VaultError as error:
                raise told(error, InitError) from None

        def set_password(self, service: str, username: str, password: str) -> None:
            """Stores the entry."""
            try:
                self._file.write(service, username, password)
            except VaultError as error:
                raise told(error, PasswordSetError) from None

        def delete_password(self, service: str, username: str) -> None:
            """Removes the entry; an error when there is none."""
            try:
                found = self._file.remove(service, username)
            except VaultError as error:
                raise told(error, PasswordDeleteError) from None
            if not found:
                raise PasswordDeleteError("No such password!")

    return SealedKeyring
