"""How personal data is kept in files: sealed with AES-256-GCM, by keys that the vault's journal key wraps.

A blob begins with one byte: 0 plain, 1 sealed (then a random 96-bit nonce, then the ciphertext with its tag). Without
a vault nothing is sealed, and whoever keeps the blob says so.
"""

from __future__ import annotations

import hashlib
import hmac
import os

KEY_BYTES = 32
_NONCE = 12
_PLAIN, _SEALED = b"\x00", b"\x01"


class Unreadable(Exception):
    """The blob was sealed by another key, for another place, or was changed."""


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


class Mac:
    """HMAC-SHA256 (RFC 2104) with one key, for many short texts.

    `hmac.digest` prepares its key anew each time, and lets go of the interpreter however short the text is.
    """

    def __init__(self, key: bytes) -> None:
        self._fresh = hmac.new(key, digestmod="sha256")

    def digest(self, content: bytes) -> bytes:
        """32 bytes."""
        state = self._fresh.copy()
        state.update(content)
        return state.digest()


def new_key() -> bytes:
    """A random key."""
    return os.urandom(KEY_BYTES)


def derived(key: bytes, purpose: bytes) -> bytes:
    """A key of its own for one purpose: HKDF-SHA256 (RFC 5869) with one output block."""
    extracted = hmac.digest(b"\x00" * hashlib.sha256().digest_size, key, "sha256")
    return hmac.digest(extracted, purpose + b"\x01", "sha256")
