"""How people are kept: sealed with AES-256-GCM by a random key that the vault's journal key wraps.

A blob begins with one byte: 0 plain, 1 sealed (then a random 96-bit nonce, then the ciphertext with its tag). Without
a vault nothing is sealed; a store that was begun without one is sealed from its first opening with one.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from console.repository.errors import RepositoryLocked

KEY_BYTES = 32
_NONCE = 12
_PLAIN, _SEALED = b"\x00", b"\x01"


class Seal:
    """Seals and opens blobs with one key; without a key it keeps them plain and opens plain ones only."""

    def __init__(self, key: bytes | None) -> None:
        self._aead = None
        if key is not None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 40 ms that a plain store never needs

            self._aead = AESGCM(key)

    @property
    def sealed(self) -> bool:
        """Whether what this makes can be read with the key only."""
        return self._aead is not None

    def seal(self, plain: bytes, place: str) -> bytes:
        """A blob that opens only with the same key and at the same `place`."""
        if self._aead is None:
            return _PLAIN + plain
        nonce = os.urandom(_NONCE)
        return _SEALED + nonce + self._aead.encrypt(nonce, plain, place.encode())

    def open(self, blob: bytes, place: str) -> bytes:
        """What was sealed. Raises RepositoryLocked for another key, another place or a changed blob."""
        if blob[:1] == _PLAIN:
            return blob[1:]
        if self._aead is not None:
            from cryptography.exceptions import InvalidTag

            try:
                return self._aead.decrypt(blob[1 : 1 + _NONCE], blob[1 + _NONCE :], place.encode())
            except InvalidTag:
                pass
        what = "is not the one that sealed them" if self.sealed else "is not there"
        raise RepositoryLocked(
            f"The people of the managed repository are sealed, and the journal key in the vault {what}.",
            remedy="Unlock the vault that was used before (hubspoke credentials status), or choose another --state DIR.",
        )


def wrapping(master_key: bytes | None) -> Seal:
    """What wraps the store's own keys: derived from the vault's journal key (HKDF-SHA256, RFC 5869, one block)."""
    if master_key is None:
        return Seal(None)
    extracted = hmac.digest(b"\x00" * hashlib.sha256().digest_size, master_key, "sha256")
    return Seal(hmac.digest(extracted, b"hubspoke people wrap 1\x01", "sha256"))


def fingerprint(key: bytes, text: str) -> bytes:
    """A keyed digest, to find a text without keeping it."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:16]
