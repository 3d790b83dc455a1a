"""What seals people in the managed repository: a random key that the vault's journal key wraps, and keyed digests.

A store that was begun without a vault is plain, and is sealed from its first opening with one.
"""

from __future__ import annotations

import hmac

from console.repository.errors import RepositoryLocked
from console.settings.sealing import Seal, Unreadable, derived


class PeopleSeal:
    """Seals and opens what the store keeps, each blob at its own place."""

    def __init__(self, key: bytes | None) -> None:
        self._seal = Seal(key)

    @property
    def sealed(self) -> bool:
        """Whether what this makes can be read with the key only."""
        return self._seal.sealed

    def seal(self, plain: bytes, place: str) -> bytes:
        """A blob that opens only with the same key and at the same `place`."""
        return self._seal.seal(plain, place.encode())

    def open(self, blob: bytes, place: str) -> bytes:
        """What was sealed. Raises RepositoryLocked for another key, another place or a changed blob."""
        try:
            return self._seal.open(blob, place.encode())
        except Unreadable:
            what = "is not the one that sealed them" if self.sealed else "is not there"
            raise RepositoryLocked(
                f"The people of the managed repository are sealed, and the journal key in the vault {what}.",
                remedy="Unlock the vault that was used before (hubspoke credentials status), "
                "or choose another --state DIR.",
            ) from None


def wrapping(master_key: bytes | None) -> PeopleSeal:
    """What wraps the store's own keys: derived from the vault's journal key."""
    return PeopleSeal(None if master_key is None else derived(master_key, b"hubspoke people wrap 1"))


def fingerprint(key: bytes, text: str) -> bytes:
    """A keyed digest, to find a text without keeping it."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:16]
