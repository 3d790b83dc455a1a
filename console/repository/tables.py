"""The repository's tables: who somebody is, is in the sealed payload and in keyed digests only."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from console.repository.errors import RepositoryError
from console.repository.seal import PeopleSeal
from console.settings.paths import private_file
from console.settings.sealing import new_key
from console.settings.wal import use_wal

VERSION = 2
BUSY_SECONDS = 30
_VERSION_1 = """
create table keys (name text primary key, key blob not null, sealed integer not null) without rowid;
create table people (
    uid text primary key,
    name_digest blob,
    origin text not null default '',
    origin_number integer,
    active integer not null,
    removed integer not null default 0,
    change integer not null,
    created_at text not null,
    modified_at text not null,
    payload blob
) without rowid;
create unique index people_by_name on people (name_digest) where name_digest is not null;
create unique index people_by_origin on people (origin) where origin <> '';
create unique index people_by_change on people (change);
create index people_by_origin_number on people (origin_number) where origin_number is not null;
create table addresses (digest blob not null, uid text not null, primary key (digest, uid)) without rowid;
create index addresses_by_uid on addresses (uid);
create table sequence (one integer primary key check (one = 1), change integer not null);
insert into sequence values (1, 0);
"""
_VERSION_2 = """
create table groups (
    uid text primary key,
    name_digest blob not null,
    change integer not null,
    created_at text not null,
    modified_at text not null,
    payload blob not null
) without rowid;
create unique index groups_by_name on groups (name_digest);
create table members (group_uid text not null, member text not null, display blob);
create index members_by_group on members (group_uid);
create index members_by_member on members (member);
"""
_STEPS = (_VERSION_1, _VERSION_2)


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, 0600 and made where missing, with its tables. Raises sqlite3.Error and RepositoryError."""
    private_file(path)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        use_wal(connection, patience=BUSY_SECONDS)
        connection.execute("pragma synchronous = full")
        connection.execute("pragma secure_delete = on")  # what is removed must not lie about in free pages
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    if _version(connection) < VERSION:
        connection.execute("begin immediate")
        try:
            if _version(connection) < VERSION:
                for step in _STEPS[_version(connection) :]:
                    for statement in filter(str.strip, step.split(";")):
                        connection.execute(statement)
                connection.execute(f"pragma user_version = {VERSION}")
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
    if _version(connection) > VERSION:
        raise RepositoryError(
            f"{path} was written by a newer Hubspoke.", remedy="Use the newer Hubspoke, or another --state DIR."
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])


def load_key(connection: sqlite3.Connection, name: str, wrap: PeopleSeal) -> bytes:
    """A key of the store, made where missing, inside the caller's transaction; a plain one is wrapped once there is a vault.

    Raises RepositoryLocked.
    """
    row = connection.execute("select key, sealed from keys where name = ?", (name,)).fetchone()
    key = new_key() if row is None else wrap.open(row["key"], name)
    if row is None or (wrap.sealed and not row["sealed"]):
        connection.execute(
            "insert or replace into keys values (?, ?, ?)", (name, wrap.seal(key, name), int(wrap.sealed))
        )
    return key
