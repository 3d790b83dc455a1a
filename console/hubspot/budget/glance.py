"""The budget for the first paint of the console: one read of the shared file, before anything is opened."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from console.hubspot.budget.clock import SystemClock
from console.hubspot.budget.model import BudgetState
from console.hubspot.budget.reading import present_time, read_state


def read_budget(path: Path, *, app: str = "", portal: int | None = None) -> BudgetState | None:
    """The state of the app's budget (of the app last seen in the portal when `app` is empty), None without a file."""
    if not path.exists():
        return None
    clock = SystemClock()
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.05)) as connection:
            app = app or _app_of(connection, portal)
            now = present_time(connection, clock.boot, clock.now())
            return read_state(connection, app=app, portal=portal, now=now, wall=time.time())
    except sqlite3.Error:
        return None


def _app_of(connection: sqlite3.Connection, portal: int | None) -> str:
    condition, values = ("where portal = ?", (str(portal),)) if portal is not None else ("", ())
    row = connection.execute(f"select app from binding {condition} limit 1", values).fetchone()  # noqa: S608 - no values
    return str(row[0]) if row else ""
