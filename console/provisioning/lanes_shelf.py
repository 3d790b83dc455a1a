"""All records of a class on the local disk for as long as a plan is made: sealed, found by id or by key.

The file has no name and goes with the process; its values are sealed by a key that is nowhere but in memory.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from console.hubspot.matching import MERGED_IDS, SECONDARY_EMAILS
from console.hubspot.model import Record
from console.provisioning.errors import PlanRefused
from console.settings.sealing import Seal, new_key

_TABLES = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "CREATE TABLE records (id INTEGER PRIMARY KEY, read_at FLOAT NOT NULL, claimed INTEGER NOT NULL, blob BLOB NOT NULL)",
    "CREATE TABLE keys (digest BLOB NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (digest, id)) WITHOUT ROWID",
)
_ALL_ONE = "BEGIN"
"""One transaction for all: nobody else sees the file, and a transaction for each row would take most of the time."""
_BY_KEY = "SELECT k.digest, r.id, r.read_at, r.blob FROM keys k JOIN records r ON r.id = k.id WHERE k.digest IN ({}) ORDER BY r.id"
_BY_ID = "SELECT id, id, read_at, blob FROM records WHERE id IN ({})"
_MANY = 500
_ID = "hs_object_id"
_DIGEST = 12
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Record).decode


class Shelf:
    """Records by id and by the values of some properties; an email is any of a contact's addresses."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [name for name in keys if name != _ID]
        self._seal = Seal(new_key())
        self._secret = os.urandom(16)
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (*_TABLES, _ALL_ONE):
            self._db.execute(statement)
        self.count = 0

    def add(self, records: Sequence[Record], read_at: float) -> None:
        """Put records on the shelf."""
        rows = [(int(record.id), read_at, 0, self._seal.seal(_pack(record), record.id.encode())) for record in records]
        keys = [(digest, int(record.id)) for record in records for digest in self._digests(record)]
        self._write("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", rows)
        self._write("INSERT OR IGNORE INTO keys VALUES (?, ?)", keys)
        self.count += len(records)

    def find(self, name: str, values: Sequence[str]) -> dict[str, list[tuple[Record, float]]]:
        """The records with each of these values of a property, or each of these ids, and when they were read."""
        digests = {value: self._digest(name, value) for value in values}
        by_digest = self._found(_BY_KEY, list(dict.fromkeys(digests.values())))
        found = {value: by_digest.get(digest, []) for value, digest in digests.items()}
        if name == _ID:
            ids = {value: int(value) for value in values if not found[value] and _is_id(value)}
            by_id = self._found(_BY_ID, list(dict.fromkeys(ids.values())))
            found.update((value, by_id.get(uid, [])) for value, uid in ids.items())
        return found

    def _found(self, statement: str, wanted: Sequence[Any]) -> dict[Any, list[tuple[Record, float]]]:
        found: dict[Any, list[tuple[Record, float]]] = {}
        for start in range(0, len(wanted), _MANY):
            part = wanted[start : start + _MANY]
            for by, uid, read_at, blob in self._db.execute(statement.format(",".join("?" * len(part))), part):
                found.setdefault(by, []).append((self._open(uid, blob), read_at))
        return found

    def claim(self, uids: Iterable[str]) -> None:
        """Somebody of the source speaks for these records."""
        self._write("UPDATE records SET claimed = 1 WHERE id = ?", [(int(uid),) for uid in uids if uid.isdigit()])

    def unclaimed(self, size: int) -> Iterator[list[tuple[Record, float]]]:
        """The records that nobody claimed, in pieces."""
        after = -1
        while rows := self._db.execute(
            "SELECT id, read_at, blob FROM records WHERE id > ? AND claimed = 0 ORDER BY id LIMIT ?", (after, size)
        ).fetchall():
            after = rows[-1][0]
            yield [(self._open(uid, blob), read_at) for uid, read_at, blob in rows]

    def close(self) -> None:
        """Forget all."""
        self._db.close()

    def _open(self, uid: int, blob: bytes) -> Record:
        return _unpack(self._seal.open(blob, str(uid).encode()))

    def _digests(self, record: Record) -> Iterator[bytes]:
        """By what it is found: values of keys, further addresses, ids of records that were merged into it."""
        for name in self._keys:
            if value := record.properties.get(name):
                yield self._digest(name, value)
        if "email" in self._keys:
            yield from self._listed(record, SECONDARY_EMAILS, "email")
        yield from self._listed(record, MERGED_IDS, _ID)

    def _listed(self, record: Record, name: str, means: str) -> Iterator[bytes]:
        for part in (record.properties.get(name) or "").split(";"):
            if part.strip():
                yield self._digest(means, part)

    def _digest(self, name: str, value: str) -> bytes:
        text = f"{name}\0{value.strip().casefold()}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._secret, digest_size=_DIGEST).digest()

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        try:
            self._db.executemany(statement, rows)
        except sqlite3.OperationalError as error:
            raise PlanRefused(
                f"the records that were read cannot be kept on the local disk: {error}",
                remedy="Make room in the folder of temporary files (TMPDIR), or plan with --lane keys.",
            ) from None


def _is_id(value: str) -> bool:
    """Whether a text can be one of HubSpot's ids; other scripts have digits, too."""
    return value.isascii() and value.isdigit() and len(value) < 19
