"""People whom a part of a plan does not ask for, put aside until it is known who of them shares a key with one it asks for.

So a source is read once only. They lie sealed in a file without a name, by a key that is nowhere but in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from console.provisioning.errors import PlanRefused
from console.provisioning.people import Person
from console.settings.sealing import Seal, new_key

_TABLES = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "CREATE TABLE asked (digest BLOB PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE aside (id INTEGER PRIMARY KEY, digest BLOB NOT NULL, blob BLOB NOT NULL)",
    "BEGIN",
)
_TWINS = "SELECT a.id, a.blob FROM aside a JOIN asked USING (digest) WHERE a.id > ? ORDER BY a.id LIMIT ?"
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Person).decode


class Aside:
    """The correlation keys that are asked for, and the people who have others."""

    def __init__(self) -> None:
        self._seal = Seal(new_key())
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in _TABLES:
            self._db.execute(statement)
        self._count = 0

    def means(self, person: Person, *, asked: bool) -> bool:
        """Whether the plan is about somebody: asked for, or of a key that somebody asked for has. Others are put aside.

        Whoever shares a key is a duplicate, and must be seen as such.
        """
        key = person.key_digest
        if asked and key:
            self._write("INSERT OR IGNORE INTO asked VALUES (?)", (key,))
        if asked or not key:
            return asked
        if self._db.execute("SELECT 1 FROM asked WHERE digest = ?", (key,)).fetchone() is not None:
            return True
        self._count += 1
        blob = self._seal.seal(_pack(person), str(self._count).encode())
        self._write("INSERT INTO aside VALUES (?, ?, ?)", (self._count, key, blob))
        return False

    def twins(self, size: int) -> Iterator[list[Person]]:
        """Those put aside who turned out to have a key that is asked for, in pieces."""
        after = 0
        while rows := self._db.execute(_TWINS, (after, size)).fetchall():
            after = rows[-1][0]
            yield [_unpack(self._seal.open(blob, str(number).encode())) for number, blob in rows]

    def close(self) -> None:
        """Forget all."""
        self._db.close()

    def _write(self, statement: str, row: tuple[object, ...]) -> None:
        try:
            self._db.execute(statement, row)
        except sqlite3.OperationalError as error:
            raise PlanRefused(
                f"people who are not asked for cannot be kept on the local disk while the plan is made: {error}",
                remedy="Make room in the folder of temporary files (TMPDIR), or plan everybody.",
            ) from None
