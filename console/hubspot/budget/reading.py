"""The state of the budget as one read of its tables; standard library and msgspec only, for the first paint."""

from __future__ import annotations

import sqlite3

from console.hubspot.budget.model import BudgetState, WindowState


def portal_key(connection: sqlite3.Connection, app: str, portal: int | None) -> str:
    """Under which name the portal's windows are kept: its id, or the app's name until the id is known."""
    if portal is not None:
        return str(portal)
    row = connection.execute("select portal from binding where app = ?", (app,)).fetchone()
    return str(row[0]) if row else f"app-{app}"


def present_time(connection: sqlite3.Connection, boot: str, now: float) -> float:
    """`now`, or the end of time where the file is of another start of the machine: all its slots are free."""
    row = connection.execute("select value from meta where name = 'boot'").fetchone()
    return now if row and row[0] == boot else float("inf")


def read_state(connection: sqlite3.Connection, *, app: str, portal: int | None, now: float, wall: float) -> BudgetState:
    """Windows of the app and its portal. Times are rounded, so that two readings of an idle budget are equal."""
    key = portal_key(connection, app, portal)
    names = (f"burst:{app}", f"search:{key}", f"associations:{app}")
    windows = []
    cooling = 0.0
    for name in names:
        row = connection.execute(
            "select capacity, window, foreign_used, foreign_until, cool_until from pool where name = ?", (name,)
        ).fetchone()
        if row is None:
            continue
        capacity, window, foreign, foreign_until, cool_until = row
        cooling = max(cooling, cool_until)
        windows.append(_window(connection, name, capacity, window, foreign if foreign_until > now else 0, now))
    daily = connection.execute(
        "select capacity, used, resets_at, blocked_until from daily where portal = ?", (key,)
    ).fetchone()
    paced = connection.execute("select 1 from console where app = ? and until > ? limit 1", (app, now)).fetchone()
    capacity, used, resets_at, blocked_until = daily or (0, 0, 0.0, 0.0)
    if daily and wall >= resets_at:
        used, blocked_until = 0, 0.0
    return BudgetState(
        windows=tuple(windows),
        daily_used=max(used, capacity) if wall < blocked_until else used,
        daily_limit=capacity,
        daily_resets_at=resets_at if daily and wall < resets_at else None,
        cooling_until=float(round(wall + cooling - now)) if cooling > now else None,
        paced=paced is not None,
    )


def _window(
    connection: sqlite3.Connection, name: str, capacity: int, seconds: float, foreign: int, now: float
) -> WindowState:
    (used, first) = connection.execute(
        "select count(*), min(free_at) from lease where pool = ? and free_at > ?", (name, now)
    ).fetchone()
    full = used + foreign >= capacity
    return WindowState(
        name=name.partition(":")[0],
        limit=capacity,
        used=used,
        window_seconds=seconds,
        free_in=round(min(seconds, first - now), 1) if full and first is not None else 0.0,
        foreign=foreign,
    )
