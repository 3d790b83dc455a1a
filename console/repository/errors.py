"""What can go wrong with the managed repository, each with its remedy."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class RepositoryError(Exception):
    """The managed repository cannot do what was asked; `remedy` says what the operator can do."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class NoSuchPerson(RepositoryError):
    """Nobody of that id or user name is in the repository."""


class NameTaken(RepositoryError):
    """Another person has this user name. `uid` is that person's."""

    def __init__(self, message: str, *, uid: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.uid = uid


class Changed(RepositoryError):
    """The person was changed meanwhile: not the state that the change was made for."""


class BadPerson(RepositoryError):
    """What was given does not describe a person."""


class RepositoryLocked(RepositoryError):
    """The people are sealed, and the key is missing or another one."""


def translated(error: sqlite3.Error, path: Path) -> RepositoryError:
    """The repository's own error for one of SQLite's."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return RepositoryError(f"No room on the disk for {path}.", remedy="Free some space, then try again.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return RepositoryError(f"Another process holds {path}.", remedy="Wait for it to finish, then try again.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return RepositoryError(
            f"{path} is damaged or no managed repository.",
            remedy="Restore it from a backup, or move it away to begin a new one.",
        )
    return RepositoryError(
        f"The managed repository {path} failed: {error}.",
        remedy="Check owner and mode of the state folder and the disk, or choose another one with --state DIR.",
    )
