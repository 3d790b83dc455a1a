"""How the personal part of the journal is kept: sealed payloads and keyed digests.

One random key per plan seals its payloads (AES-256-GCM, a fresh random 96-bit nonce for every
message) and is itself wrapped by a key derived from the vault's journal key. Destroying the wrapped
key destroys the payloads. Without a vault nothing is sealed, and plans say so.

A blob begins with one byte: 0 plain, 1 sealed (then the nonce, then the ciphertext with its tag).
"""

from __future__ import annotations

import hashlib
import hmac
import os

from console.journal.errors import JournalLocked

KEY_BYTES = 32
DIGEST_BYTES = 16
_NONCE = 12
_PLAIN, _SEALED = b"\x00", b"\x01"


class Unreadable(Exception):
    """The blob was sealed by another key, for another place, or was changed."""


class Seal:
    """Seals and opens blobs with one key; without a key it keeps them plain."""

    def __init__(self, key: bytes | None) -> None:
        self._aead = None
        if key is not None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 40 ms that a plain journal never needs

            self._aead = AESGCM(key)

    @property
    def sealed(self) -> bool:
        """Whether what this makes can be read without a key."""
        return self._aead is not None

    def seal(self, plain: bytes, place: bytes) -> bytes:
        """A blob that opens only with the same key and at the same `place` (plan and number, say)."""
        if self._aead is None:
            return _PLAIN + plain
        nonce = os.urandom(_NONCE)
        return _SEALED + nonce + self._aead.encrypt(nonce, plain, place)

    def open(self, blob: bytes, place: bytes) -> bytes:
        """What was sealed.

        Raises:
            Unreadable: wrong key, wrong place, or not what was written.
        """
        if blob[:1] == _PLAIN:
            return blob[1:]
        if self._aead is None or blob[:1] != _SEALED:
            raise Unreadable("sealed")
        from cryptography.exceptions import InvalidTag

        try:
            return self._aead.decrypt(blob[1 : 1 + _NONCE], blob[1 + _NONCE :], place)
        except InvalidTag:
            raise Unreadable("another key, or a changed blob") from None


class Master:
    """What the vault's journal key is used for: wrapping other keys."""

    def __init__(self, master_key: bytes | None) -> None:
        self._seal = Seal(_derived(master_key, b"hubspoke journal wrap 1") if master_key is not None else None)

    @property
    def present(self) -> bool:
        """Whether there is a key to wrap with."""
        return self._seal.sealed

    def wrap(self, key: bytes, name: str) -> bytes:
        """The key as it may lie in the file."""
        return self._seal.seal(key, name.encode())

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """The key again.

        Raises:
            JournalLocked: the journal key is missing or another one.
        """
        try:
            return self._seal.open(wrapped, name.encode())
        except Unreadable:
            what = "is not the one that sealed it" if self.present else "is not there"
            raise JournalLocked(
                f"The journal is sealed, and the journal key in the vault {what}.",
                remedy="Unlock the vault that was used before (hubspoke credentials status), or choose another --state DIR.",
            ) from None


class Digester:
    """Keyed digests of source ids and correlation keys of one mapping in one portal."""

    def __init__(self, key: bytes, portal_id: int, mapping: str, object_class: str) -> None:
        scope = f"{portal_id}\x00{object_class}\x00{mapping}".encode("utf-8", "surrogatepass")
        self._key = hmac.digest(key, scope, "sha256")

    def source(self, source_id: str) -> bytes:
        """The digest of a source id, taken literally."""
        return self._digest(b"s", source_id)

    def correlation(self, key: str) -> bytes:
        """The digest of a correlation key: blanks around it and letter case do not count."""
        return self._digest(b"c", key.strip().lower())

    def _digest(self, kind: bytes, value: str) -> bytes:
        return hmac.digest(self._key, kind + value.encode("utf-8", "surrogatepass"), "sha256")[:DIGEST_BYTES]


def new_key() -> bytes:
    """A random key."""
    return os.urandom(KEY_BYTES)


def content_digest(key: bytes, content: bytes) -> bytes:
    """The keyed fingerprint of an entry's payload, part of the plan's hash."""
    return hmac.digest(key, content, "sha256")[:DIGEST_BYTES]


def _derived(key: bytes, purpose: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) with one output block."""
    extracted = hmac.digest(b"\x00" * hashlib.sha256().digest_size, key, "sha256")
    return hmac.digest(extracted, purpose + b"\x01", "sha256")
