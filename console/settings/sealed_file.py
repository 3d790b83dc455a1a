"""The sealed vault file: AES-256-GCM under a key that scrypt makes of a passphrase.

Layout: `hubspoke-vault 1`, a line of JSON (how the key is derived, salt, check value, nonce),
then the sealed JSON of all entries. Both lines are authenticated with it. Every write takes a
fresh nonce and replaces the file in one step, under a lock that keeps two writers apart.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console.settings.errors import (
    VaultDamaged,
    VaultLocked,
    VaultNeedsCollection,
    VaultUnreachable,
    WrongPassphrase,
    strong_enough,
)
from console.settings.paths import private_open, write_private

MAGIC = b"hubspoke-vault "
VERSION = 1
COST = 2**17
"""scrypt's n: 128 MB and a third of a second, once a session."""
_COSTS = range(2**14, 2**20 + 1)  # what a file may ask of us
_LARGEST = 16 * 1024 * 1024
_LOCK_SECONDS = 4.0

Entries = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Header:
    """How the key of a file is made, and how to tell a wrong passphrase from a damaged file."""

    n: int
    r: int
    p: int
    salt: bytes
    check: bytes
    nonce: bytes = b""

    def derive(self, passphrase: str) -> tuple[bytes, bytes]:
        """The key and the check value of a passphrase."""
        data = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")
        made = hashlib.scrypt(
            data, salt=self.salt, n=self.n, r=self.r, p=self.p, maxmem=256 * self.n * self.r, dklen=64
        )
        return made[:32], hashlib.sha256(made[32:]).digest()[:16]

    def line(self) -> bytes:
        """The two lines before the sealed part."""
        fields = {
            "kdf": "scrypt",
            "n": self.n,
            "r": self.r,
            "p": self.p,
            "salt": self.salt.hex(),
            "check": self.check.hex(),
            "nonce": self.nonce.hex(),
        }
        return MAGIC + f"{VERSION}\n".encode() + json.dumps(fields).encode() + b"\n"


class SealedFile:
    """The file and, once unlocked, its key. All methods block; `SealedVault` puts them in a worker."""

    def __init__(self, path: Path, *, key: bytes | None = None, cost: int = COST) -> None:
        self.path = path
        self._key = key
        self._cost = cost

    def __repr__(self) -> str:
        return f"SealedFile({str(self.path)!r}, {'locked' if self._key is None else 'unlocked'})"

    @property
    def exists(self) -> bool:
        """Whether it was ever set up."""
        return self.path.exists()

    @property
    def locked(self) -> bool:
        """Whether the passphrase was not given yet."""
        return self._key is None

    @property
    def key(self) -> bytes | None:
        """The derived key, for the hand-over to a runner; None while locked."""
        return self._key

    def unlock(self, passphrase: str) -> None:
        """Derives the key and checks it; creates the file when there is none."""
        if not self.exists and self._create(passphrase):
            return
        header, _, _ = self._load()
        key, check = header.derive(passphrase)
        if not hmac.compare_digest(check, header.check):
            raise WrongPassphrase("The passphrase does not open the vault file.", "Try again.", file=self.path)
        self._key = key
        self._entries()

    def lock(self) -> None:
        """Forgets the key."""
        self._key = None

    def read(self, service: str, name: str) -> str | None:
        """An entry; None when there is none."""
        if not self.exists:
            return None
        return self._entries().get(service, {}).get(name)

    def names(self, service: str) -> list[str]:
        """The names of a service's entries, sorted."""
        return sorted(self._entries().get(service, {})) if self.exists else []

    def write(self, service: str, name: str, value: str) -> None:
        """Stores an entry."""
        if not self.exists:
            raise VaultNeedsCollection("There is no vault file yet.", "Choose a passphrase for it.", file=self.path)
        with self._exclusive():
            entries = self._entries()
            entries.setdefault(service, {})[name] = value
            self._store(entries)

    def remove(self, service: str, name: str) -> bool:
        """Removes an entry; tells whether there was one."""
        if not self.exists:
            return False
        with self._exclusive():
            entries = self._entries()
            if name not in entries.get(service, {}):
                return False
            del entries[service][name]
            if not entries[service]:
                del entries[service]
            self._store(entries)
        return True

    def _create(self, passphrase: str) -> bool:
        strong_enough(passphrase)
        header = Header(n=self._cost, r=8, p=1, salt=os.urandom(16), check=b"")
        key, check = header.derive(passphrase)
        with self._exclusive():
            if self.exists:  # another process was first
                return False
            self._key = key
            self._seal(replace(header, check=check), {})
        return True

    def _entries(self) -> Entries:
        if self._key is None:
            raise VaultLocked("The vault file is locked.", "Type its passphrase.", file=self.path)
        header, prefix, sealed = self._load()
        from cryptography.exceptions import InvalidTag  # 30 ms, and only where there is a vault file
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            plain = AESGCM(self._key).decrypt(header.nonce, sealed, prefix)
        except InvalidTag:
            plain = None
        if plain is None:
            raise self._damaged("its content was altered, or its passphrase was changed meanwhile")
        entries: Entries = json.loads(plain)
        return entries

    def _store(self, entries: Entries) -> None:
        header, _, _ = self._load()
        self._seal(header, entries)

    def _seal(self, header: Header, entries: Entries) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # as above

        header = replace(header, nonce=os.urandom(12))
        prefix = header.line()
        plain = json.dumps(entries).encode("utf-8")
        try:
            write_private(self.path, prefix + AESGCM(self._key or b"").encrypt(header.nonce, plain, prefix))
        except OSError as error:
            raise VaultUnreachable(
                f"The vault file cannot be written: {(error.strerror or 'unknown reason').lower()}.",
                "Look at the folder's permissions and at the free space.",
                file=self.path,
            ) from None

    def _load(self) -> tuple[Header, bytes, bytes]:
        """The header, the authenticated prefix, the sealed part."""
        try:
            with self.path.open("rb") as stream:
                data = stream.read(_LARGEST + 1)
        except FileNotFoundError:
            raise VaultNeedsCollection(
                "There is no vault file any more.", "Choose a passphrase for a new one.", file=self.path
            ) from None
        except OSError as error:
            raise VaultUnreachable(
                f"The vault file cannot be read: {(error.strerror or 'unknown reason').lower()}.",
                "It should belong to you, with mode 0600.",
                file=self.path,
            ) from None
        if not data.startswith(MAGIC) or data.count(b"\n", 0, 4096) < 2:
            raise self._damaged("it is not a vault file")
        magic, line, sealed = data.split(b"\n", 2)
        if magic != MAGIC + str(VERSION).encode():
            raise VaultDamaged("The vault file was written by a newer Hubspoke.", "Use that version.", file=self.path)
        header = _parsed(line)
        if header is None or len(data) > _LARGEST:
            raise self._damaged("its second line cannot be used")
        return header, magic + b"\n" + line + b"\n", sealed

    def _damaged(self, why: str) -> VaultDamaged:
        return VaultDamaged(
            f"The vault file cannot be used: {why}.",
            "Bring it back from a backup, or move it away and set the credentials again.",
            file=self.path,
        )

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """The right to write, against other processes and threads."""
        import fcntl

        deadline = time.monotonic() + _LOCK_SECONDS
        with private_open(self.path.with_name(self.path.name + ".lock"), "ab") as stream:
            while True:
                try:
                    fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise VaultUnreachable(
                            "Another process holds the vault file.", "Try again in a moment.", file=self.path
                        ) from None
                    time.sleep(0.01)
            yield


def _parsed(line: bytes) -> Header | None:
    """The header of its JSON line; None when anything in it is not as we write it."""
    try:
        fields: Any = json.loads(line)
        header = Header(
            n=int(fields["n"]),
            r=int(fields["r"]),
            p=int(fields["p"]),
            salt=bytes.fromhex(fields["salt"]),
            check=bytes.fromhex(fields["check"]),
            nonce=bytes.fromhex(fields["nonce"]),
        )
        known = fields["kdf"] == "scrypt"
    except (ValueError, KeyError, TypeError):
        return None
    sizes = (len(header.salt), len(header.check), len(header.nonce), header.r, header.p)
    power = header.n in _COSTS and header.n & (header.n - 1) == 0
    return header if known and power and sizes == (16, 16, 12, 8, 1) else None
