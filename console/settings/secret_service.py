"""The freedesktop Secret Service (gnome-keyring, KeePassXC): its state, and opening it from a terminal.

The library's own way to unlock asks for a dialog on a display, which an SSH login does not have.
gnome-keyring also offers an interface that takes the passphrase over D-Bus. It calls itself
unsupported, so its presence is looked up before each use.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from console.settings.errors import (
    VaultAbsent,
    VaultLocked,
    VaultNeedsCollection,
    VaultUnreachable,
    WrongPassphrase,
    strong_enough,
)
from console.settings.keyring_vault import UNLOCK_ELSEWHERE, USE_FILE, KeyringVault
from console.settings.parts import Store
from console.settings.vault import VaultStatus
from console.settings.worker import TIMEOUT

LABEL = "Secret Service"
_SERVICE = "org.freedesktop.Secret.Service"
_COLLECTION = "org.freedesktop.Secret.Collection"
_PRIVATE = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
_DENIED = "org.gnome.keyring.Error.Denied"
_ROOT = "/org/freedesktop/secrets"
_NONE = "/"


class SecretServiceVault(KeyringVault):
    """The default collection of the Secret Service. Never lets it open a dialog."""

    def __init__(
        self,
        backend: Store,
        *,
        timeout: float = TIMEOUT,
        stored: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(backend, label=LABEL, choice="secret-service", timeout=timeout, stored=stored)

    def look(self) -> VaultStatus:
        """Blocking: the state of the default collection."""
        self._ready()
        return VaultStatus("ready", LABEL, "Secrets are kept in the Secret Service of this session (unlocked).")

    def open(self, passphrase: str) -> None:
        """Blocking: unlocks the default collection, or creates it with this passphrase."""
        with _service() as service:
            collection = service.default()
            if collection == _NONE:
                service.create(passphrase)
            elif service.locked(collection):
                service.unlock(collection, passphrase)

    def _ready(self) -> None:
        with _service() as service:
            collection = service.default()
            if collection == _NONE:
                remedy = (
                    "Choose a passphrase for it; you will be asked for it after each new login."
                    if service.takes("CreateWithMasterPassword")
                    else UNLOCK_ELSEWHERE
                )
                raise VaultNeedsCollection("The Secret Service holds no collection yet.", remedy)
            if service.locked(collection):
                remedy = (
                    "Type the keyring's passphrase, often the login password."
                    if service.takes("UnlockWithMasterPassword")
                    else UNLOCK_ELSEWHERE
                )
                raise VaultLocked("The Secret Service is locked.", remedy)


class _Service:
    """Calls to the service over one connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def default(self) -> str:
        """The path of the default collection; `/` when there is none."""
        return str(self._call(_ROOT, _SERVICE, "ReadAlias", "s", "default")[0])

    def locked(self, collection: str) -> bool:
        """Whether a collection needs its passphrase."""
        reply = self._call(collection, "org.freedesktop.DBus.Properties", "Get", "ss", _COLLECTION, "Locked")
        return bool(reply[0][1])

    def takes(self, method: str) -> bool:
        """Whether the service offers a method of gnome-keyring's private interface."""
        from xml.etree.ElementTree import ParseError, fromstring

        text = str(self._call(_ROOT, "org.freedesktop.DBus.Introspectable", "Introspect", "")[0])
        try:
            tree = fromstring(text)  # noqa: S314 - the same
        except ParseError:
            return False
        return tree.find(f"./interface[@name='{_PRIVATE}']/method[@name='{method}']") is not None

    def unlock(self, collection: str, passphrase: str) -> None:
        """Opens a collection with its passphrase."""
        self._need("UnlockWithMasterPassword", "is locked")
        self._call(_ROOT, _PRIVATE, "UnlockWithMasterPassword", "o(oayays)", collection, self._sealed(passphrase))
        if self.locked(collection):  # some versions answer without a word
            raise _wrong()

    def create(self, passphrase: str) -> None:
        """Creates the collection `login` and makes it the default one."""
        strong_enough(passphrase)
        self._need("CreateWithMasterPassword", "holds no collection yet")
        label = {f"{_COLLECTION}.Label": ("s", "login")}  # the label becomes the path, and `login` is what PAM opens
        path = self._call(
            _ROOT, _PRIVATE, "CreateWithMasterPassword", "a{sv}(oayays)", label, self._sealed(passphrase)
        )[0]
        self._call(_ROOT, _SERVICE, "SetAlias", "so", "default", path)

    def _need(self, method: str, state: str) -> None:
        if not self.takes(method):
            raise VaultLocked(f"The Secret Service {state} and takes no passphrase from a terminal.", UNLOCK_ELSEWHERE)

    def _sealed(self, passphrase: str) -> Any:
        """The passphrase, encrypted for the service with a key of this connection."""
        from secretstorage.util import format_secret, open_session

        return format_secret(open_session(self._connection), passphrase.encode(), "text/plain")

    def _call(self, path: str, interface: str, method: str, signature: str, *body: Any) -> Any:
        from jeepney import (  # type: ignore[import-untyped]
            DBusAddress,
            HeaderFields,
            MessageType,
            new_method_call,
        )

        address = DBusAddress(path, "org.freedesktop.secrets", interface)
        reply = self._connection.send_and_get_reply(new_method_call(address, method, signature or None, body))
        if reply.header.message_type is MessageType.error:
            name = str(reply.header.fields.get(HeaderFields.error_name, ""))
            if name == _DENIED:
                raise _wrong()
            raise VaultUnreachable(f"The Secret Service refused {method} ({name}).", USE_FILE)
        return reply.body


@contextmanager
def _service() -> Iterator[_Service]:
    """A connection to the Secret Service of this session, closed afterwards."""
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        raise VaultAbsent(
            "This login has no D-Bus session, so there is no Secret Service.",
            f"Keep a user session (loginctl enable-linger) and log in again. {USE_FILE}",
        )
    import secretstorage  # brings jeepney and cryptography: 40 ms

    try:
        connection = secretstorage.dbus_init()
    except (secretstorage.SecretStorageException, OSError, ValueError, RuntimeError, StopIteration):
        connection = None
    if connection is None:
        raise VaultUnreachable(
            "The D-Bus session that this login names does not answer.",
            f"It probably ended with an earlier login (an old tmux keeps its address): log in anew. {USE_FILE}",
        )
    with closing(connection):
        if not secretstorage.check_service_availability(connection):
            raise VaultAbsent("No Secret Service runs on this D-Bus session.", f"Install gnome-keyring. {USE_FILE}")
        yield _Service(connection)


def _wrong() -> WrongPassphrase:
    return WrongPassphrase(
        "The passphrase does not open the Secret Service.", "Try again; it is often the login password."
    )
