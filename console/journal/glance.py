"""The newest runs and waiting plans for the first paint: standard library and msgspec only, a few milliseconds.

What personal data there is stays sealed: everything here is read from open columns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from console.journal.model import RunProgress, RunState
from console.journal.progress import progress_of

_KNOWN_VERSIONS = frozenset({1, 2})
"""What is read here is the same in all of them."""
_BUSY_SECONDS = 0.2


class WaitingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A finished plan that nobody approved yet. `writes` counts the entries that would change HubSpot."""

    id: str
    mapping: str
    object_class: str
    portal_id: int
    created_at: str
    writes: int


def last_runs(path: Path, limit: int = 5) -> list[RunProgress]:
    """The newest runs first; empty when there is no journal that can be read."""
    try:
        with _opened(path) as connection:
            if connection is None:
                return []
            found = connection.execute(
                "SELECT * FROM runs ORDER BY approved_at DESC, id DESC LIMIT ?", (limit,)
            ).fetchall()
            return [progress_of(row, _counts(connection, row["id"])) for row in found]
    except (sqlite3.Error, OSError, ValueError):
        return []


def waiting_plans(path: Path, limit: int = 5) -> list[WaitingPlan]:
    """Finished plans with something to write that wait for approval, the newest first."""
    statement = (
        "SELECT id, mapping, object_class, portal_id, created_at, writes FROM plans"
        " WHERE state = ? AND complete = 1 AND writes > 0 ORDER BY created_at DESC, id DESC LIMIT ?"
    )
    try:
        with _opened(path) as connection:
            if connection is None:
                return []
            found = connection.execute(statement, (RunState.PLANNED.value, limit)).fetchall()
            return [WaitingPlan(**dict(row)) for row in found]
    except (sqlite3.Error, OSError, ValueError):
        return []


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection | None]:
    if not path.is_file():
        yield None
        return
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as connection:
        connection.row_factory = sqlite3.Row
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        yield connection if version in _KNOWN_VERSIONS else None


def _counts(connection: sqlite3.Connection, run_id: str) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    rows = connection.execute(
        "SELECT kind, name, count FROM run_counts WHERE run_id = ? AND count > 0 ORDER BY name", (run_id,)
    )
    for kind, name, count in rows:
        counts.setdefault(kind, {})[name] = count
    return counts
