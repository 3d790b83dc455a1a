"""The rolling windows: how many slots each has, how many are taken, and what answers teach about them."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from console.hubspot.budget.headers import RateHeaders
from console.hubspot.budget.reading import portal_key
from console.hubspot.budget.rules import PROBE, Granted, Scope, slack

_COLUMNS = "capacity, window, learned, foreign_used, foreign_until, cool_until, paced_from"


class Pool(NamedTuple):
    """One window as it stands."""

    name: str
    capacity: int
    window: float
    learned: bool
    foreign: int
    cool_until: float
    paced_from: float

    @property
    def ours(self) -> int:
        """The limit less what others use of it, and never nothing, or nothing would be learned again."""
        # Room for the other one to grow, or it would be seen to use only what we leave it.
        return max(1, self.capacity - self.foreign - self.foreign // 4)

    @property
    def usable(self) -> int:
        """Slots for us now: a few only until a first answer told the limit."""
        return self.ours if self.learned else min(self.ours, PROBE)

    @property
    def interval(self) -> float:
        """Seconds from one slot to the next where bulk work is paced."""
        return self.window / self.ours

    @property
    def kind(self) -> str:
        """burst, search or associations."""
        return self.name.partition(":")[0]


class Pools:
    """The tables `pool` and `lease`; its caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def burst(self, scope: Scope) -> str:
        """The burst window's name."""
        return f"burst:{scope.app}"

    def own(self, scope: Scope, kind: str) -> str:
        """The name of the kind's own window."""
        whose = portal_key(self._db, scope.app, scope.portal) if kind == "search" else scope.app
        return f"{kind}:{whose}"

    def needed(self, scope: Scope, kind: str) -> list[str]:
        """The windows that a request of this kind takes a slot of."""
        own, burst = self.own(scope, kind), self.burst(scope)
        if own != burst:
            row = self._db.execute("select counts_in_burst from pool where name = ?", (own,)).fetchone()
            if row and row[0]:
                return [own, burst]
        return [own]

    def get(self, scope: Scope, name: str, now: float) -> Pool:
        """The window of that name, made from its rule where it is new."""
        # Only the burst window's size differs from account to account: only there the first requests are a probe.
        row = self._db.execute(f"select {_COLUMNS} from pool where name = ?", (name,)).fetchone()  # noqa: S608
        if row is None:
            kind = name.partition(":")[0]
            rule, learned = scope.rule(kind), kind != "burst"
            self._db.execute(
                "insert into pool (name, capacity, window, learned) values (?, ?, ?, ?)",
                (name, rule.capacity, rule.window, learned),
            )
            return Pool(name, rule.capacity, rule.window, learned, 0, 0.0, 0.0)
        capacity, window, learned, foreign, foreign_until, cool_until, paced_from = row
        seen = foreign if foreign_until > now else 0
        return Pool(name, capacity, window, bool(learned), seen, cool_until, paced_from)

    def busy(self, name: str, since: float) -> int:
        """Slots that were not free yet at `since`."""
        row = self._db.execute("select count(*) from lease where pool = ? and free_at > ?", (name, since)).fetchone()
        return int(row[0])

    def free_at(self, name: str, now: float, rank: int) -> float | None:
        """When the slot of this rank frees, as far as is known; rank 0 is the first."""
        row = self._db.execute(
            "select free_at from lease where pool = ? and free_at > ? order by free_at limit 1 offset ?",
            (name, now, rank),
        ).fetchone()
        return float(row[0]) if row else None

    def lease(self, number: int, name: str, until: float) -> None:
        """Take a slot."""
        self._db.execute("insert or ignore into lease values (?, ?, ?)", (number, name, until))

    def leased(self, number: int) -> list[str]:
        """The windows that a lease has a slot of."""
        return [name for (name,) in self._db.execute("select pool from lease where number = ?", (number,))]

    def stamp(self, number: int, pool: Pool, counted_by: float) -> None:
        """HubSpot has counted the request by then: its slot is free one window later."""
        free_at = counted_by + pool.window + slack(pool.window)
        self._db.execute("update lease set free_at = ? where number = ? and pool = ?", (free_at, number, pool.name))

    def pace(self, name: str, interval: float, credit: float, now: float) -> None:
        """The next paced slot comes one interval after this one; `credit` seconds make up for waking late."""
        start = max(self.paced_from(name), now - credit) + interval
        self._db.execute(
            "insert into pool (name, capacity, window, paced_from) values (?, 0, 1, ?)"
            " on conflict (name) do update set paced_from = excluded.paced_from",
            (name, start),
        )

    def paced_from(self, name: str) -> float:
        """When the next paced slot comes."""
        row = self._db.execute("select paced_from from pool where name = ?", (name,)).fetchone()
        return float(row[0]) if row else 0.0

    def cool(self, name: str, until: float) -> None:
        """Nothing is sent in this window before then."""
        self._db.execute("update pool set cool_until = max(cool_until, ?) where name = ?", (until, name))

    def count_in_burst(self, scope: Scope, lease: Granted, own: str) -> None:
        """Headers show that HubSpot counted this search (or association) in the burst window as well."""
        self._db.execute("update pool set counts_in_burst = 1 where name = ?", (own,))
        self.get(scope, self.burst(scope), lease.at)
        self.lease(lease.number, self.burst(scope), lease.at)

    def learn(self, pool: Pool, headers: RateHeaders, sent: float, now: float) -> None:
        """The limit, the window and a foreign client from an answer that came `now`."""
        capacity = headers.maximum or pool.capacity
        window = headers.window or pool.window
        if window != pool.window:
            self._db.execute("update lease set free_at = free_at + ? where pool = ?", (window - pool.window, pool.name))
        if (capacity, window, True) != (pool.capacity, pool.window, pool.learned):
            self._db.execute(
                "update pool set capacity = ?, window = ?, learned = 1 where name = ?", (capacity, window, pool.name)
            )
        if headers.remaining is not None and headers.maximum:
            # Counted by HubSpot in the window that ended between `sent` and `now`, less all that could be ours.
            # The estimate is exact only at the end of a burst, so it holds until the end of the next one.
            used = headers.maximum - headers.remaining - self.busy(pool.name, sent)
            self._see_foreigner(pool, used, now + 2 * window)

    def refuse(self, pool: Pool, retry_after: float | None, sent: float, now: float) -> None:
        """A 429: cool down, and take it as a sign that fewer slots are ours than was thought."""
        self.cool(pool.name, now + (pool.window if retry_after is None else retry_after) + slack(pool.window))
        # Another client, or a limit that nobody told; one refusal halves what is left at most.
        excess = max(pool.foreign + 1, pool.capacity - self.busy(pool.name, sent) + 1)
        most = pool.foreign + max(1, (pool.capacity - pool.foreign) // 2)
        self._see_foreigner(pool, min(excess, most, pool.capacity), now + 3 * pool.window)

    def _see_foreigner(self, pool: Pool, used: int, until: float) -> None:
        if used > 0 and used >= pool.foreign:
            self._db.execute(
                "update pool set foreign_used = ?, foreign_until = ? where name = ?", (used, until, pool.name)
            )
