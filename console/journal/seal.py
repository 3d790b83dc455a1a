"""What seals the personal part of the journal: keys of plans, wrapped by the vault's, and keyed digests.

One random key per plan seals its payloads and is itself wrapped by a key derived from the vault's journal key.
Destroying the wrapped key destroys the payloads.
"""

from __future__ import annotations

from functools import lru_cache

from console.journal.errors import JournalLocked
from console.settings.sealing import Mac, Seal, Unreadable, derived

DIGEST_BYTES = 16


class Master:
    """What the vault's journal key is used for: wrapping other keys."""

    def __init__(self, master_key: bytes | None) -> None:
        self._seal = Seal(derived(master_key, b"hubspoke journal wrap 1") if master_key is not None else None)

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
        self._mac = Mac(Mac(key).digest(scope))

    def source(self, source_id: str) -> bytes:
        """The digest of a source id, taken literally."""
        return self._digest(b"s", source_id)

    def correlation(self, key: str) -> bytes:
        """The digest of a correlation key: blanks around it and letter case do not count."""
        return self._digest(b"c", key.strip().lower())

    def _digest(self, kind: bytes, value: str) -> bytes:
        return self._mac.digest(kind + value.encode("utf-8", "surrogatepass"))[:DIGEST_BYTES]


def content_digest(key: bytes, content: bytes) -> bytes:
    """The keyed fingerprint of an entry's payload, part of the plan's hash."""
    return _mac(key).digest(content)[:DIGEST_BYTES]


@lru_cache(maxsize=4)
def _mac(key: bytes) -> Mac:
    return Mac(key)
