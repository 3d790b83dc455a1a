"""What tells that a server sends the same page twice."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec


class Pages:
    """The pages seen, by 8 bytes each: enough to notice one that comes again, whatever stood in between."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def repeats(self, records: list[Any]) -> bool:
        """Whether these very records came before; they count as seen from now on."""
        if not records:
            return False
        try:
            raw = msgspec.json.encode(records)
        except UnicodeEncodeError:
            raw = json.dumps(records).encode()  # half a character somewhere: told later, of its record
        digest = hashlib.blake2b(raw, digest_size=8).digest()
        if digest in self._seen:
            return True
        self._seen.add(digest)
        return False
