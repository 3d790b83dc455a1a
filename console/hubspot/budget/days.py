"""The day's allowance of a portal: a counter that HubSpot's headers correct and midnight resets."""

from __future__ import annotations

import sqlite3

from console.hubspot.budget.clock import Clock
from console.hubspot.budget.day import next_midnight
from console.hubspot.budget.headers import RateHeaders
from console.hubspot.budget.reading import portal_key
from console.hubspot.budget.rules import Scope, Spent


class Days:
    """The table `daily`; its caller holds the transaction. Times are seconds since 1970."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._db = connection
        self._clock = clock

    def spent(self, scope: Scope) -> Spent | None:
        """Whether nothing is left today; a day that is over is begun anew."""
        portal = self._portal(scope)
        row = self._db.execute(
            "select capacity, used, resets_at, blocked_until from daily where portal = ?", (portal,)
        ).fetchone()
        if row is None:
            return None
        capacity, used, resets_at, blocked_until = row
        wall = self._clock.wall()
        if wall >= resets_at:
            self._db.execute(
                "update daily set used = 0, blocked_until = 0, resets_at = ? where portal = ?",
                (self._midnight(scope), portal),
            )
            return None
        if (capacity and used >= capacity) or wall < blocked_until:
            until = max(resets_at, blocked_until)
            return Spent(until, capacity, until - wall)
        return None

    def charge(self, scope: Scope) -> int:
        """Count one request; returns how many were ever counted."""
        row = self._db.execute(
            "insert into daily (portal, used, taken, resets_at) values (?, 1, 1, ?) on conflict (portal)"
            " do update set used = used + 1, taken = taken + 1 returning taken",
            (self._portal(scope), self._midnight(scope)),
        ).fetchone()
        return int(row[0])

    def refund(self, scope: Scope) -> None:
        """A request that was counted did not leave."""
        self._db.execute("update daily set used = max(0, used - 1) where portal = ?", (self._portal(scope),))

    def learn(self, scope: Scope, headers: RateHeaders, mark: int | None) -> None:
        """HubSpot's figure is of the time it counted (`mark`); what was taken since comes on top."""
        if headers.daily is None or headers.daily_remaining is None:
            return
        used = max(0, headers.daily - headers.daily_remaining)
        self._db.execute(
            "insert into daily (portal, capacity, used, resets_at) values (?, ?, ?, ?) on conflict (portal)"
            " do update set capacity = excluded.capacity, used = excluded.used + taken - coalesce(?, taken)",
            (self._portal(scope), headers.daily, used, self._midnight(scope), mark),
        )

    def set(self, scope: Scope, limit: int, used: int, resets_at: float | None) -> None:
        """The day as the account's usage endpoint tells it."""
        self._db.execute(
            "insert into daily (portal, capacity, used, resets_at) values (?, ?, ?, ?) on conflict (portal)"
            " do update set capacity = excluded.capacity, used = excluded.used, resets_at = excluded.resets_at",
            (self._portal(scope), limit, used, resets_at or self._midnight(scope)),
        )

    def exhaust(self, scope: Scope) -> None:
        """HubSpot says that the day is used up, whatever was counted here."""
        midnight = self._midnight(scope)
        self._db.execute(
            "insert into daily (portal, resets_at, blocked_until) values (?, ?, ?) on conflict (portal)"
            " do update set resets_at = excluded.resets_at, blocked_until = excluded.blocked_until",
            (self._portal(scope), midnight, midnight),
        )

    def move(self, old: str, new: str, zone: str) -> None:
        """What was counted under a provisional name belongs to this portal, whose day ends in that zone."""
        if old != new:
            self._db.execute(
                "insert into daily (portal, capacity, used, taken, resets_at)"
                " select ?, capacity, used, taken, resets_at from daily where portal = ?"
                " on conflict (portal) do update set used = used + excluded.used, taken = taken + excluded.taken,"
                " capacity = max(capacity, excluded.capacity)",
                (new, old),
            )
            self._db.execute("delete from daily where portal = ?", (old,))
        # a day that is over keeps its end, so that the next request begins a new one
        wall = self._clock.wall()
        self._db.execute(
            "update daily set resets_at = ? where portal = ? and resets_at > ?", (next_midnight(wall, zone), new, wall)
        )

    def _portal(self, scope: Scope) -> str:
        return portal_key(self._db, scope.app, scope.portal)

    def _midnight(self, scope: Scope) -> float:
        row = self._db.execute("select zone from binding where app = ?", (scope.app,)).fetchone()
        return next_midnight(self._clock.wall(), row[0] if row else "")
