"""What can go wrong with the journal, each with its remedy."""

from __future__ import annotations

import sqlite3


class JournalError(Exception):
    """The journal cannot do what was asked; `remedy` says what the operator can do."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class JournalFull(JournalError):
    """There is no room on the disk."""


class JournalReadOnly(JournalError):
    """The folder or the file cannot be written."""


class JournalBusy(JournalError):
    """Another process held the journal for too long."""


class JournalDamaged(JournalError):
    """The file is no journal, or it is damaged."""


class JournalTooNew(JournalError):
    """A newer Hubspoke wrote this journal."""


class JournalLocked(JournalError):
    """The journal is sealed and its key is missing or another one."""


class NetworkFileSystem(JournalError):
    """The journal would lie on a network file system, whose locks cannot be trusted."""


class UnknownPlan(JournalError):
    """There is no such plan, run or entry."""


class NotApproved(JournalError):
    """Nothing is written before the approval of that exact plan."""


class NeedsOtherEyes(NotApproved):
    """The mapping asks for four eyes, and whoever wants to approve is the one who planned."""


_PRIMARY = 0xFF


def translated(error: BaseException, path: object) -> JournalError:
    """The journal's own error for one of SQLite's."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY
    if code == sqlite3.SQLITE_FULL:
        return JournalFull(f"No room on the disk for {path}.", remedy="Free some space, then resume the run.")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return JournalReadOnly(
            f"{path} cannot be written.",
            remedy="Check owner and mode of the state folder, or choose another one with --state DIR.",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return JournalBusy(f"Another process holds {path}.", remedy="Wait for it to finish, then try again.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return JournalDamaged(
            f"{path} is damaged or no journal.", remedy="Restore it from a backup, or move it away to begin a new one."
        )
    if code == sqlite3.SQLITE_IOERR:
        return JournalReadOnly(f"The disk below {path} fails: {error}.", remedy="Check the disk, then resume the run.")
    return JournalError(f"The journal {path} failed: {error}.", remedy="Look into the log, then try again.")
