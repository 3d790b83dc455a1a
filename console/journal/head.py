"""The end of the audit chain, kept in a file beside the journal."""

from __future__ import annotations

import hmac
from pathlib import Path

import msgspec

from console.journal.chain import Chain, Head
from console.settings.paths import write_private

NAME = "journal.head"


class _Signed(msgspec.Struct, frozen=True):
    head: Head
    proof: str


class HeadFile:
    """The newest head that a process told: sealed by the chain's key, and never behind what it was."""

    def __init__(self, journal: Path, chain: Chain) -> None:
        self.path = journal.with_name(NAME)
        self._journal = journal
        self._chain = chain

    def keep(self, head: Head) -> None:
        """Remember this head, unless a later one is there. A disk that is full loses nothing but this reminder."""
        try:
            before = self.kept()
            if before is None or before.position < head.position:
                signed = _Signed(head, self._proof(head))
                write_private(self.path, msgspec.json.encode(signed))
                self.path.chmod(self._journal.stat().st_mode & 0o777)  # who shares the journal shares this too
        except OSError:
            return

    def kept(self) -> Head | None:
        """The head in the file; None where there is none, or one that this journal's key did not sign."""
        try:
            signed = msgspec.json.decode(self.path.read_bytes(), type=_Signed)
        except (OSError, msgspec.DecodeError):
            return None
        return signed.head if hmac.compare_digest(signed.proof, self._proof(signed.head)) else None

    def forged(self) -> bool:
        """Whether there is a file that can be read, but not one that this journal wrote."""
        try:
            self.path.read_bytes()
        except OSError:
            return False
        return self.kept() is None

    def _proof(self, head: Head) -> str:
        return self._chain.salted(b"head", (head.journal, head.position, head.mac)).hex()
