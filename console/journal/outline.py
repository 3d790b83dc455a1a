"""The journal's shape for a support bundle: versions, sizes, counts, states; ids, and never what they are about.

Read from open columns by the standard library alone, so that it works when nothing else does.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")
_TABLES = ("plans", "entries", "links", "runs", "commands", "audit", "chain")
_RUNS = 50
_PROBLEMS = 500
_BUSY_SECONDS = 2.0


def outline(path: Path) -> dict[str, Any]:
    """What the journal is made of; `error` says why it could not be read, without a path."""
    if not path.is_file():
        return {"there": False}
    try:
        with closing(_open(path)) as connection:
            return {
                "there": True,
                "bytes": path.stat().st_size,
                "schema": connection.execute("PRAGMA user_version").fetchone()[0],
                "journalMode": connection.execute("PRAGMA journal_mode").fetchone()[0],
                "tables": {name: _count(connection, name) for name in _TABLES},
                "plans": _states(connection, "plans"),
                "runs": _states(connection, "runs"),
                "entries": _states(connection, "entries"),
            }
    except (sqlite3.Error, OSError) as error:
        return {"there": True, "error": type(error).__name__}


def newest_runs(path: Path) -> list[dict[str, Any]]:
    """The newest runs with their counters; nobody's name is in it."""
    columns = "id, plan_id, portal_id, object_class, state, total, requests, rate_limited, started_at, finished_at"
    counted = "SELECT kind, name, count FROM run_counts WHERE run_id = ? AND count > 0 ORDER BY kind, name"
    found = []
    for row in _rows(path, f"SELECT {columns} FROM runs ORDER BY approved_at DESC LIMIT {_RUNS}"):  # noqa: S608 - constants
        counts: dict[str, dict[str, int]] = {}
        for count in _rows(path, counted, row["id"]):
            kind = counts.setdefault(count["kind"], {})
            name = _code(count["name"])
            kind[name] = kind.get(name, 0) + count["count"]
        found.append({**row, "counts": counts})
    return found


def open_problems(path: Path) -> list[dict[str, Any]]:
    """Entries that did not end well, the newest plans first: numbers, states and HubSpot's ids."""
    columns = "plan_id, number, situation, action, state, undo, uid, cause, settled_at"
    states = "('failed', 'conflict', 'uncertain', 'needs_decision', 'not_accepted', 'inflight')"
    query = f"SELECT {columns} FROM entries WHERE state IN {states} ORDER BY plan_id DESC, number LIMIT {_PROBLEMS}"  # noqa: S608 - constants
    return [{**row, "cause": _code(row["cause"])} for row in _rows(path, query)]


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
    connection.row_factory = sqlite3.Row
    return connection


def _rows(path: Path, query: str, *values: object) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    try:
        with closing(_open(path)) as connection:
            return [dict(row) for row in connection.execute(query, values)]
    except (sqlite3.Error, OSError):
        return []


def _count(connection: sqlite3.Connection, table: str) -> int | None:
    try:
        number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - one of ours
    except sqlite3.Error:
        return None  # an older schema has it not
    return number


def _states(connection: sqlite3.Connection, table: str) -> dict[str, int]:
    return dict(connection.execute(f"SELECT state, count(*) FROM {table} GROUP BY state").fetchall())  # noqa: S608 - one of ours


def _code(cause: str) -> str:
    """A cause that is a word of ours or HubSpot's; a sentence may name a value, and stays inside."""
    return cause if not cause or _CODE.fullmatch(cause) else "other"
