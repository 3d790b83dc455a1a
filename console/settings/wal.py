"""Write-ahead logging for the SQLite files that processes share."""

from __future__ import annotations

import sqlite3
import time

PATIENCE = 10.0
_PAUSE = 0.01


def use_wal(connection: sqlite3.Connection, *, patience: float = PATIENCE) -> None:
    """Switch the file to write-ahead logging; blocks its thread for at most `patience` seconds.

    SQLite does not wait for others when it switches (https://www.sqlite.org/wal.html), so two
    processes that make a file at the same moment would meet "database is locked" here.

    Raises:
        sqlite3.OperationalError: somebody held the file all the time, or it cannot be written.
    """
    end = time.monotonic() + patience
    while True:
        try:
            connection.execute("pragma journal_mode=wal")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)
        else:
            return
