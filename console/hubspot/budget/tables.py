"""The tables of the budget, in memory or in the file that all processes of a machine share."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from console.settings.paths import private_file
from console.settings.wal import use_wal

VERSION = 1
_TABLES = """
create table meta (name text primary key, value text) without rowid;
create table pool (
  name text primary key, capacity integer not null, window real not null, learned integer not null default 0,
  foreign_used integer not null default 0, foreign_until real not null default 0,
  cool_until real not null default 0, paced_from real not null default 0, counts_in_burst integer not null default 0
) without rowid;
create table lease (number integer, pool text, free_at real not null, primary key (number, pool)) without rowid;
create index lease_by_time on lease (pool, free_at);
create table daily (
  portal text primary key, capacity integer not null default 0, used integer not null default 0,
  taken integer not null default 0, resets_at real not null default 0, blocked_until real not null default 0
) without rowid;
create table console (holder text, app text, until real not null, primary key (holder, app)) without rowid;
create table waiter (holder text, pool text, waiting integer not null, until real not null,
  primary key (holder, pool)) without rowid;
create table binding (app text primary key, portal text not null, zone text not null) without rowid;
create table sequence (number integer not null);
insert into sequence values (0);
"""
_ALL = ("meta", "pool", "lease", "daily", "console", "waiter", "binding", "sequence")


def open_memory(boot: str) -> sqlite3.Connection:
    """A budget of one process alone."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    prepare(connection, boot)
    return connection


def open_file(path: Path, boot: str) -> sqlite3.Connection:
    """The shared file, made (0600) or, where a power cut broke it, made again. Raises sqlite3.Error, OSError, SettingsError."""
    try:
        return _open(path, boot)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        # synchronous=OFF trades the file for speed; all in it is learned again within a window.
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{suffix}").unlink()
        return _open(path, boot)


def _open(path: Path, boot: str) -> sqlite3.Connection:
    connection = sqlite3.connect(private_file(path), timeout=10, isolation_level=None, check_same_thread=False)
    try:
        use_wal(connection)
        connection.execute("pragma synchronous=off")
        connection.execute("pragma wal_autocheckpoint=200")
        prepare(connection, boot)
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(connection: sqlite3.Connection, boot: str) -> None:
    """Make the tables where they are missing; forget all times of another start of the machine."""
    connection.execute("begin immediate")
    try:
        (version,) = connection.execute("pragma user_version").fetchone()
        if version != VERSION:
            _make(connection)
        known = connection.execute("select value from meta where name = 'boot'").fetchone()
        if known is None or known[0] != boot:
            _check(connection)
            _forget_times(connection, boot)
        connection.execute("commit")
    except BaseException:
        connection.rollback()
        raise


def _make(connection: sqlite3.Connection) -> None:
    for table in _ALL:
        connection.execute(f"drop table if exists {table}")
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"pragma user_version = {VERSION}")


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("pragma quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _forget_times(connection: sqlite3.Connection, boot: str) -> None:
    for table in ("lease", "console", "waiter"):
        connection.execute(f"delete from {table}")  # noqa: S608 - names from the line above
    connection.execute("update pool set foreign_used = 0, foreign_until = 0, cool_until = 0, paced_from = 0")
    connection.execute("insert or replace into meta values ('boot', ?)", (boot,))
