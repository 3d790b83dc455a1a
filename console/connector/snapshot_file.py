"""A snapshot on disk: the records of one class in one portal, page by page, each page sealed on its own.

Positions count records in the order of their ids and never change; a record that was forgotten leaves its position
empty. A file is written by one process and read by many; everything here blocks.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, Self

import msgspec

from console.hubspot.model import PropertyDefinition
from console.settings.errors import SettingsError
from console.settings.mention import EMAILS, ERASED
from console.settings.paths import private_file
from console.settings.sealing import Seal, Unreadable, derived, new_key

FOLDER = "snapshots"
SUFFIX = ".snapshot"
TAKING = ".taking"
"""What a file is called until its last page is in it."""
VERSION = 1
_BUSY_SECONDS = 10
_PART = 32_768
"""Positions of an order that are sealed together."""
_SIDE_FILES = ("", "-journal", "-wal", "-shm")
_TABLES = """
create table meta (name text primary key, value blob not null) without rowid;
create table blocks (number integer primary key, count integer not null, gone integer not null default 0, data blob not null);
create table orders (name text not null, part integer not null, data blob not null, primary key (name, part));
"""
Columns = list[list[str | None]]
_COLUMNS = msgspec.msgpack.Decoder(Columns)
_RAW = msgspec.msgpack.Decoder(list[msgspec.Raw])
_COLUMN = msgspec.msgpack.Decoder(list[str | None])


class SnapshotError(SettingsError):
    """A snapshot is missing, unreadable, or does not hold what is asked of it."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot is of. Times are seconds since the epoch."""

    portal_id: int
    object_class: str
    properties: tuple[str, ...]
    schema: tuple[PropertyDefinition, ...]
    begun_at: float
    expected: int | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far the taking is: records read, and the mark of the next page; `ended_at` once there is none."""

    records: int = 0
    after: str | None = None
    ended_at: float | None = None
    requests: int = 0


class SnapshotFile:
    """One open file. Connections belong to their thread; what is remembered here is not changed by reading."""

    def __init__(self, path: Path, key: bytes | None, head: Head) -> None:
        self.path = path
        self.head = head
        self.key = key
        """What opens it, for a process that helps; never shown, never written."""
        self._seal = Seal(key)
        self._own = threading.local()
        self._open: list[sqlite3.Connection] = []

    @classmethod
    def make(cls, path: Path, master_key: bytes | None, head: Head) -> Self:
        """A new, empty file; one that is there is removed. Raises SnapshotError."""
        remove(path)
        private_file(path)
        wrap, key = wrapping(master_key), new_key()
        file = cls(path, key if wrap.sealed else None, head)
        with file._words(), file._change() as connection:
            for statement in filter(str.strip, _TABLES.split(";")):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {VERSION}")
            connection.execute("insert into meta values ('key', ?)", (wrap.seal(key, b"key"),))
            connection.execute("insert into meta values ('head', ?)", (file._sealed(head, b"head"),))
            connection.execute("insert into meta values ('place', ?)", (file._sealed(Place(), b"place"),))
        return file

    @classmethod
    def open(cls, path: Path, master_key: bytes | None) -> Self:
        """A file that is there. Raises SnapshotError: it is another key's, or none of ours."""
        wrap = wrapping(master_key)
        try:
            rows = _meta(path)
            key = wrap.open(rows["key"], b"key")
            return cls._opened(path, key if rows["key"][:1] != b"\x00" else None, rows)
        except (sqlite3.Error, Unreadable, KeyError, msgspec.MsgspecError):
            raise SnapshotError(
                "The snapshot cannot be read: it was sealed with another vault's key, or is damaged.",
                "Take it anew, or remove it: hubspoke snapshot remove CLASS",
                file=path,
            ) from None

    @classmethod
    def with_key(cls, path: Path, key: bytes | None) -> Self:
        """The same file, opened by another process with `key`. Raises SnapshotError."""
        try:
            return cls._opened(path, key, _meta(path))
        except (sqlite3.Error, Unreadable, KeyError, msgspec.MsgspecError):
            raise SnapshotError("The snapshot cannot be read.", "Take it anew.", file=path) from None

    @classmethod
    def _opened(cls, path: Path, key: bytes | None, rows: dict[str, bytes]) -> Self:
        return cls(path, key, msgspec.json.decode(Seal(key).open(rows["head"], b"head"), type=Head))

    def close(self) -> None:
        """Close every thread's connection."""
        while self._open:
            with suppress(sqlite3.Error):
                self._open.pop().close()

    @property
    def sealed(self) -> bool:
        """Whether nobody without the vault can read it."""
        return self._seal.sealed

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size

    @property
    def place(self) -> Place:
        """How far the taking is. Raises SnapshotError."""
        with self._words():
            (value,) = self._connection().execute("select value from meta where name = 'place'").fetchone()
            return msgspec.json.decode(self._seal.open(value, b"place"), type=Place)

    # Writing

    def add(self, ids: Sequence[str], columns: Sequence[Sequence[str | None]], place: Place) -> None:
        """One page, and where the next one begins: both are on disk, or neither. Raises SnapshotError."""
        with self._words(), self._change() as connection:
            if ids:
                (number,) = connection.execute("select coalesce(max(number), -1) + 1 from blocks").fetchone()
                data = self._seal.seal(msgspec.msgpack.encode([ids, *columns]), _name(number))
                connection.execute("insert into blocks values (?, ?, 0, ?)", (number, len(ids), data))
            connection.execute("update meta set value = ? where name = 'place'", (self._sealed(place, b"place"),))

    def remember_order(self, name: str, positions: array[int]) -> None:
        """Keep an order that took long to find. Raises SnapshotError."""
        with self._words(), self._change() as connection:
            connection.execute("delete from orders where name = ?", (name,))
            for part, start in enumerate(range(0, len(positions), _PART)):
                data = positions[start : start + _PART].tobytes()
                sealed = self._seal.seal(data, f"order {name} {part}".encode())
                connection.execute("insert into orders values (?, ?, ?)", (name, part, sealed))
        self._date()

    def erase(self, address: re.Pattern[str], uids: frozenset[str]) -> int:
        """Take out whose uid or address it is, and the address from all other values; how many records went."""
        whose = [place for place, name in enumerate(self.head.properties, 1) if name in EMAILS]
        erased = 0
        for number, columns in self.blocks():
            rows = [row for row, uid in enumerate(columns[0]) if uid in uids or _names(columns, whose, row, address)]
            for row in rows:
                for column in columns:
                    column[row] = None
            scrubbed = [[address.sub(ERASED, value) if value else value for value in column] for column in columns]
            if rows or scrubbed != columns:
                self._replace(number, scrubbed, len(rows))
            erased += len(rows)
        self._date()
        return erased

    def _replace(self, number: int, columns: Columns, gone: int) -> None:
        with self._words(), self._change() as connection:
            data = self._seal.seal(msgspec.msgpack.encode(columns), _name(number))
            connection.execute("update blocks set data = ?, gone = gone + ? where number = ?", (data, gone, number))

    def _date(self) -> None:
        """The file is as old as what it tells, whatever is written to it later: pruning goes by that."""
        os.utime(self.path, (self.head.begun_at, self.head.begun_at))

    # Reading

    def counts(self) -> tuple[array[int], int]:
        """How many positions each block has, and how many records were forgotten."""
        with self._words():
            rows = self._connection().execute("select count, gone from blocks order by number").fetchall()
        return array("I", [count for count, _ in rows]), sum(gone for _, gone in rows)

    def block(self, number: int) -> Columns:
        """The columns of a block, ids first. Raises SnapshotError."""
        with self._words():
            row = self._connection().execute("select data from blocks where number = ?", (number,)).fetchone()
            return _COLUMNS.decode(self._seal.open(row[0], _name(number))) if row else []

    def blocks(self) -> Iterator[tuple[int, Columns]]:
        """Every block, with all columns."""
        for number, plain in self.plain():
            yield number, _COLUMNS.decode(plain)

    def plain(self) -> Iterator[tuple[int, bytes]]:
        """Every block as it was packed. No read stays open between two of them: a writer need not wait."""
        number = 0
        while True:
            with self._words():
                query = "select number, data from blocks where number >= ? order by number limit 50"
                rows = self._connection().execute(query, (number,)).fetchall()
                if not rows:
                    return
                for number, data in rows:
                    yield number, self._seal.open(data, _name(number))
            number += 1

    def order(self, name: str) -> array[int] | None:
        """An order that was kept."""
        positions = array("I")
        with self._words():
            query = "select part, data from orders where name = ? order by part"
            for part, data in self._connection().execute(query, (name,)):
                positions.frombytes(self._seal.open(data, f"order {name} {part}".encode()))
        return positions or None

    # Parts

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = _connect(self.path)
            self._open.append(connection)
        return connection

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise SnapshotError(
                f"The snapshot cannot be used: {error}.", "Look at the free space, or take it anew.", file=self.path
            ) from None
        except (Unreadable, msgspec.MsgspecError):
            raise SnapshotError("The snapshot is damaged.", "Take it anew.", file=self.path) from None

    def _sealed(self, value: Any, name: bytes) -> bytes:
        return self._seal.seal(msgspec.json.encode(value), name)


class Starts:
    """Which block holds a position."""

    def __init__(self, counts: Iterable[int]) -> None:
        self._ends = array("I", accumulate(counts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def of(self, block: int) -> int:
        """The first position of a block."""
        return self._ends[block - 1] if block else 0

    def find(self, position: int) -> tuple[int, int]:
        """Block, and place in it."""
        block = bisect_right(self._ends, position)
        return block, position - self.of(block)


def parts(plain: bytes) -> list[msgspec.Raw]:
    """The columns of a packed block, each still packed."""
    return _RAW.decode(plain)


def column(part: msgspec.Raw) -> list[str | None]:
    """One column."""
    return _COLUMN.decode(part)


def wrapping(master_key: bytes | None) -> Seal:
    """What wraps the key of a snapshot: derived from the vault's journal key."""
    return Seal(derived(master_key, b"hubspoke snapshot wrap 1") if master_key is not None else None)


def remove(path: Path) -> bool:
    """Remove a snapshot and its side files; whether there was one. What wraps its key is overwritten first."""
    there = path.exists()
    if there:
        with suppress(sqlite3.Error):
            connection = _connect(path)
            with suppress(sqlite3.Error):
                connection.execute("delete from meta")
            connection.close()
    for suffix in _SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return there


def remove_older(folder: Path, before: float) -> int:
    """Remove snapshots that were begun before a moment, in seconds since the epoch; how many."""
    return sum(remove(path) for path in files(folder) if _began(path) < before)


def _began(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # it was just finished, and has another name
        return float("inf")


def files(folder: Path) -> list[Path]:
    """Every snapshot below a folder, half-taken ones too."""
    return sorted(path for path in folder.glob("*") if path.suffix in (SUFFIX, TAKING)) if folder.is_dir() else []


def _meta(path: Path) -> dict[str, bytes]:
    """The wrapped key and the sealed head; nothing of a file of another version."""
    connection = _connect(path)
    try:
        if connection.execute("pragma user_version").fetchone()[0] != VERSION:
            return {}
        return dict(connection.execute("select name, value from meta where name in ('key', 'head')").fetchall())
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{_quoted(path)}?mode=rw", uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("pragma secure_delete = on")  # what was forgotten must not lie about in free pages
    connection.execute("pragma synchronous = normal")
    return connection


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path))


def _name(number: int) -> bytes:
    return f"block {number}".encode()


def _names(columns: Columns, whose: Sequence[int], row: int, address: re.Pattern[str]) -> bool:
    return any(address.search(columns[place][row] or "") is not None for place in whose)
