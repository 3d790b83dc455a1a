"""The book of slots: one transaction per decision, the same for memory and for the shared file.

A slot is completion-stamped: taken before sending, free again at (answer received + window). HubSpot counts
somewhere between the two, so no window of HubSpot's can hold two uses of one slot (design section 4).
All times are readings of the clock's `now`, but for the day's, which are seconds since 1970.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from console.hubspot.budget.clock import Clock
from console.hubspot.budget.day import next_midnight
from console.hubspot.budget.headers import RateHeaders
from console.hubspot.budget.model import BudgetState
from console.hubspot.budget.reading import portal_key, read_state
from console.hubspot.budget.rules import (
    LEASE_SECONDS,
    PROBE,
    Answer,
    Blocked,
    Granted,
    Scope,
    Spent,
    Want,
    slack,
)

_PRESENCE = 5.0
_WAITING = 1.5
_POLL = 0.5
_REMEMBER = 90.0


class _Pool(NamedTuple):
    name: str
    capacity: int
    window: float
    learned: bool
    foreign: int
    cool_until: float
    paced_from: float
    counts_in_burst: bool

    @property
    def usable(self) -> int:
        """Slots for us: the limit less what others use of it, and never none, or nothing would be learned again."""
        capacity = self.capacity if self.learned else min(self.capacity, PROBE)
        # Room for the other one to grow, or it would be seen to use only what we leave it.
        return max(1, capacity - self.foreign - self.foreign // 4)


class Ledger:
    """All decisions about slots. Not thread-safe: its store keeps it on one thread."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._db = connection
        self._clock = clock
        self._swept = 0.0

    # Taking

    def take(self, scope: Scope, wants: Sequence[Want]) -> list[Answer]:
        """One answer per want, in their order; wants must come most urgent first."""
        with self._transaction():
            now = self._clock.now()
            self._sweep(now)
            paced = self._someone_watches(scope, now)
            self._db.execute("delete from waiter where holder = ?", (scope.holder,))
            blocked: dict[Want, Blocked] = {}
            waiting: dict[str, int] = {}
            answers: list[Answer] = []
            for want in wants:
                answer = blocked.get(want) or self._take_one(scope, want, now, paced=paced)
                if isinstance(answer, Blocked):
                    blocked[want] = answer
                    if want.priority == "interactive":
                        for name in self._names(scope, want.kind):
                            waiting[name] = waiting.get(name, 0) + 1
                            self._announce(scope, name, waiting[name], now)
                answers.append(answer)
            return answers

    def _take_one(self, scope: Scope, want: Want, now: float, *, paced: bool) -> Answer:
        spent = self._spent(scope)
        if spent:
            return spent
        pools = [self._pool(scope, name, now) for name in self._names(scope, want.kind)]
        bulk = want.priority == "bulk"
        until = max((self._free_at(pool, now, bulk=bulk, paced=paced and bulk) for pool in pools), default=now)
        ceiling = self._ceiling(scope, now)
        if max(until, ceiling) > now:
            return Blocked(max(until, ceiling))
        return self._grant(scope, pools, now, paced=paced and bulk)

    def _free_at(self, pool: _Pool, now: float, *, bulk: bool, paced: bool) -> float:
        """When the pool could give a slot to this want: now, or a time to ask again at."""
        if pool.cool_until > now:
            return pool.cool_until
        reserved = self._interactive_waiters(pool.name, now) if bulk else 0
        over = self._busy(pool.name, now) + reserved - pool.usable
        # A slot in flight cannot be free before (now + window), so asking a few times per window misses none.
        poll = now + min(_POLL, pool.window / 4)
        if over >= 0:
            row = self._db.execute(
                "select free_at from lease where pool = ? and free_at > ? order by free_at limit 1 offset ?",
                (pool.name, now, over),
            ).fetchone()
            return min(poll, float(row[0])) if row else poll
        if paced and pool.paced_from > now:
            return min(poll, pool.paced_from)
        return now

    def _grant(self, scope: Scope, pools: Sequence[_Pool], now: float, *, paced: bool) -> Granted:
        (number,) = self._db.execute("update sequence set number = number + 1 returning number").fetchone()
        for pool in pools:
            self._db.execute(
                "insert into lease values (?, ?, ?)", (number, pool.name, now + LEASE_SECONDS + pool.window)
            )
            if paced:
                # Two intervals of credit keep the pace through late wake-ups.
                interval = pool.window / pool.usable
                start = max(pool.paced_from, now - 2 * interval) + interval
                self._db.execute("update pool set paced_from = ? where name = ?", (start, pool.name))
        if scope.permits_per_second:
            interval = 1.0 / scope.permits_per_second
            name = f"ceiling:{scope.app}"
            start = max(self._pace(name), now - interval) + interval
            self._db.execute(
                "insert into pool (name, capacity, window, paced_from) values (?, 0, 1, ?)"
                " on conflict (name) do update set paced_from = excluded.paced_from",
                (name, start),
            )
        (taken,) = self._db.execute(
            "insert into daily (portal, used, taken, resets_at) values (?, 1, 1, ?) on conflict (portal)"
            " do update set used = used + 1, taken = taken + 1 returning taken",
            (portal_key(self._db, scope.app, scope.portal), self._midnight(scope)),
        ).fetchone()
        return Granted(number, taken, now)

    # Giving back

    def give_back(self, scope: Scope, number: int) -> None:
        """The request never left: its slots are free at once and the day was not charged."""
        with self._transaction():
            if self._db.execute("delete from lease where number = ?", (number,)).rowcount > 0:
                self._db.execute(
                    "update daily set used = max(0, used - 1) where portal = ?",
                    (portal_key(self._db, scope.app, scope.portal),),
                )

    def abandon(self, scope: Scope, number: int, now: float) -> None:
        """The request left and no answer came: HubSpot may count it any time within the transit time."""
        with self._transaction():
            for name in self._names_of(number):
                pool = self._pool(scope, name, now)
                free_at = now + scope.rule(name.partition(":")[0]).transit + pool.window + slack(pool.window)
                self._stamp(number, name, free_at)

    def settle(
        self, scope: Scope, lease: Granted, kind: str, times: tuple[float, float], status: int, headers: RateHeaders
    ) -> None:
        """The answer came: stamp the slots and learn. `times`: when it was sent, and answered."""
        sent, answered = times
        with self._transaction():
            names = self._names_of(lease.number)
            burst, own = self._window_names(scope, kind)
            if headers.tells_window and kind != "burst" and burst not in names:
                self._counts_after_all(scope, lease, own, burst)
                names.append(burst)
            for name in names:
                pool = self._pool(scope, name, answered)
                self._stamp(lease.number, name, answered + pool.window + slack(pool.window))
            self._learn(scope, burst if headers.tells_window else own, headers, sent, answered)
            self._learn_day(scope, headers, lease.taken)
            if status == 429:
                self._refused(scope, own, headers.retry_after, sent, answered)

    def renew(self, numbers: Sequence[int]) -> float:
        """Live holders keep their slots; returns when that was."""
        with self._transaction():
            now = self._clock.now()
            self._db.executemany(
                "update lease set free_at = ? + (select window from pool where pool.name = lease.pool) where number = ?",
                [(now + LEASE_SECONDS, number) for number in numbers],
            )
            return now

    # Learning

    def learn(self, scope: Scope, headers: RateHeaders) -> None:
        """Limits from an answer that took no slot."""
        with self._transaction():
            now = self._clock.now()
            self._learn(scope, self._window_names(scope, "burst")[0], headers, now, now)
            self._learn_day(scope, headers, None)

    def cool(self, scope: Scope, kind: str, seconds: float) -> None:
        """Nothing of this kind is sent for that long, by nobody."""
        with self._transaction():
            now = self._clock.now()
            for name in self._names(scope, kind):
                self._pool(scope, name, now)
                self._db.execute(
                    "update pool set cool_until = max(cool_until, ?) where name = ?", (now + seconds, name)
                )

    def bind(self, scope: Scope, portal: int, zone: str) -> None:
        """The app's portal is known now: what was counted provisionally is counted there."""
        with self._transaction():
            old = portal_key(self._db, scope.app, scope.portal)
            new = str(portal)
            self._db.execute("insert or replace into binding values (?, ?, ?)", (scope.app, new, zone))
            if old != new and not old.isdigit():
                self._db.execute(
                    "update or ignore pool set name = ? where name = ?", (f"search:{new}", f"search:{old}")
                )
                self._db.execute("update lease set pool = ? where pool = ?", (f"search:{new}", f"search:{old}"))
                self._db.execute(
                    "insert into daily (portal, capacity, used, taken, resets_at) select ?, capacity, used, taken, resets_at"
                    " from daily where portal = ? on conflict (portal) do update set used = used + excluded.used,"
                    " taken = taken + excluded.taken, capacity = max(capacity, excluded.capacity)",
                    (new, old),
                )
                self._db.execute("delete from daily where portal = ?", (old,))
            midnight = next_midnight(self._clock.wall(), zone)
            self._db.execute("update daily set resets_at = ? where portal = ?", (midnight, new))

    def set_daily(self, scope: Scope, limit: int, used: int, resets_at: float | None) -> None:
        """The day as the account's usage endpoint tells it."""
        with self._transaction():
            portal = portal_key(self._db, scope.app, scope.portal)
            self._db.execute(
                "insert into daily (portal, capacity, used, resets_at) values (?, ?, ?, ?) on conflict (portal)"
                " do update set capacity = excluded.capacity, used = excluded.used, resets_at = excluded.resets_at",
                (portal, limit, used, resets_at or self._midnight(scope)),
            )

    def exhaust(self, scope: Scope) -> None:
        """HubSpot says that the day is used up, whatever was counted here."""
        with self._transaction():
            midnight = self._midnight(scope)
            self._db.execute(
                "insert into daily (portal, resets_at, blocked_until) values (?, ?, ?) on conflict (portal)"
                " do update set blocked_until = max(resets_at, ?)",
                (portal_key(self._db, scope.app, scope.portal), midnight, midnight, self._clock.wall() + 1),
            )

    # Consoles and waiters

    def beat(self, scope: Scope, *, present: bool) -> None:
        """A console is here (for some seconds), or leaves."""
        with self._transaction():
            if present:
                until = self._clock.now() + _PRESENCE
                self._db.execute("insert or replace into console values (?, ?, ?)", (scope.holder, scope.app, until))
            else:
                self._db.execute("delete from console where holder = ? and app = ?", (scope.holder, scope.app))

    def nobody_waits(self, scope: Scope) -> None:
        """The last interactive waiter of this process went away."""
        with self._transaction():
            self._db.execute("delete from waiter where holder = ?", (scope.holder,))

    def state(self, scope: Scope) -> BudgetState:
        """What the gauges show."""
        return read_state(self._db, app=scope.app, portal=scope.portal, now=self._clock.now(), wall=self._clock.wall())

    # Parts

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.rollback()
            raise
        self._db.execute("commit")

    def _sweep(self, now: float) -> None:
        if now - self._swept < 5.0:
            return
        self._swept = now
        self._db.execute("delete from lease where free_at < ?", (now - _REMEMBER,))
        self._db.execute("delete from console where until < ?", (now,))
        self._db.execute("delete from waiter where until < ?", (now,))

    def _window_names(self, scope: Scope, kind: str) -> tuple[str, str]:
        """The burst window's name and that of the kind's own window."""
        burst = f"burst:{scope.app}"
        if kind == "search":
            return burst, f"search:{portal_key(self._db, scope.app, scope.portal)}"
        return burst, burst if kind == "burst" else f"{kind}:{scope.app}"

    def _names(self, scope: Scope, kind: str) -> list[str]:
        if kind == "none":
            return []
        burst, own = self._window_names(scope, kind)
        if own != burst:
            row = self._db.execute("select counts_in_burst from pool where name = ?", (own,)).fetchone()
            if row and row[0]:
                return [own, burst]
        return [own]

    def _names_of(self, number: int) -> list[str]:
        return [name for (name,) in self._db.execute("select pool from lease where number = ?", (number,))]

    def _pool(self, scope: Scope, name: str, now: float) -> _Pool:
        row = self._db.execute(
            "select capacity, window, learned, foreign_used, foreign_until, cool_until, paced_from, counts_in_burst"
            " from pool where name = ?",
            (name,),
        ).fetchone()
        if row is None:
            rule = scope.rule(name.partition(":")[0])
            # Only the burst window's size differs from account to account, so only there the first answers are a probe.
            learned = not name.startswith("burst:")
            self._db.execute(
                "insert into pool (name, capacity, window, learned) values (?, ?, ?, ?)",
                (name, rule.capacity, rule.window, learned),
            )
            return _Pool(name, rule.capacity, rule.window, learned, 0, 0.0, 0.0, False)
        capacity, window, learned, foreign, foreign_until, cool_until, paced_from, counts = row
        return _Pool(
            name,
            capacity,
            window,
            bool(learned),
            foreign if foreign_until > now else 0,
            cool_until,
            paced_from,
            bool(counts),
        )

    def _busy(self, name: str, since: float) -> int:
        (busy,) = self._db.execute(
            "select count(*) from lease where pool = ? and free_at > ?", (name, since)
        ).fetchone()
        return int(busy)

    def _stamp(self, number: int, name: str, free_at: float) -> None:
        self._db.execute("update lease set free_at = ? where number = ? and pool = ?", (free_at, number, name))

    def _counts_after_all(self, scope: Scope, lease: Granted, own: str, burst: str) -> None:
        """Headers show that HubSpot counted this search (or association) in the burst window as well."""
        self._db.execute("update pool set counts_in_burst = 1 where name = ?", (own,))
        self._pool(scope, burst, 0.0)
        self._db.execute("insert or ignore into lease values (?, ?, ?)", (lease.number, burst, lease.at))

    def _learn(self, scope: Scope, name: str, headers: RateHeaders, sent: float, now: float) -> None:
        pool = self._pool(scope, name, now)
        capacity = headers.maximum or pool.capacity
        window = headers.window or pool.window
        if window != pool.window:
            longer = window - pool.window
            self._db.execute("update lease set free_at = free_at + ? where pool = ?", (longer, name))
        if (capacity, window, True) != pool[1:4]:
            self._db.execute(
                "update pool set capacity = ?, window = ?, learned = 1 where name = ?", (capacity, window, name)
            )
        if headers.remaining is not None and headers.maximum:
            # Counted by HubSpot in the window that ended between `sent` and `now`, less all that could be ours.
            # The estimate is exact only at the end of a burst, so it holds until the end of the next one.
            used = headers.maximum - headers.remaining - self._busy(name, sent)
            self._foreigner(name, used, now, 2 * window, pool)

    def _foreigner(self, name: str, used: int, now: float, seconds: float, pool: _Pool) -> None:
        if used > 0 and used >= pool.foreign:
            self._db.execute(
                "update pool set foreign_used = ?, foreign_until = ? where name = ?", (used, now + seconds, name)
            )

    def _refused(self, scope: Scope, name: str, retry_after: float | None, sent: float, now: float) -> None:
        pool = self._pool(scope, name, now)
        cool_until = now + (pool.window if retry_after is None else retry_after) + slack(pool.window)
        self._db.execute("update pool set cool_until = max(cool_until, ?) where name = ?", (cool_until, name))
        # Each refusal says that one slot fewer is ours than was thought: another client, or a limit nobody told.
        excess = max(pool.foreign + 1, pool.capacity - self._busy(name, sent) + 1)
        self._foreigner(name, min(excess, pool.capacity), now, 3 * pool.window, pool)

    def _spent(self, scope: Scope) -> Spent | None:
        portal = portal_key(self._db, scope.app, scope.portal)
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

    def _learn_day(self, scope: Scope, headers: RateHeaders, mark: int | None) -> None:
        if headers.daily is None or headers.daily_remaining is None:
            return
        # HubSpot's figure is of the time it counted; what was taken since comes on top.
        self._db.execute(
            "insert into daily (portal, capacity, used, resets_at) values (?, ?, ?, ?) on conflict (portal)"
            " do update set capacity = excluded.capacity, used = excluded.used + taken - coalesce(?, taken)",
            (
                portal_key(self._db, scope.app, scope.portal),
                headers.daily,
                max(0, headers.daily - headers.daily_remaining),
                self._midnight(scope),
                mark,
            ),
        )

    def _midnight(self, scope: Scope) -> float:
        row = self._db.execute("select zone from binding where app = ?", (scope.app,)).fetchone()
        return next_midnight(self._clock.wall(), row[0] if row else "")

    def _ceiling(self, scope: Scope, now: float) -> float:
        return self._pace(f"ceiling:{scope.app}") if scope.permits_per_second else now

    def _pace(self, name: str) -> float:
        row = self._db.execute("select paced_from from pool where name = ?", (name,)).fetchone()
        return float(row[0]) if row else 0.0

    def _someone_watches(self, scope: Scope, now: float) -> bool:
        row = self._db.execute("select 1 from console where app = ? and until > ? limit 1", (scope.app, now)).fetchone()
        return row is not None

    def _interactive_waiters(self, name: str, now: float) -> int:
        (waiting,) = self._db.execute(
            "select coalesce(sum(waiting), 0) from waiter where pool = ? and until > ?", (name, now)
        ).fetchone()
        return int(waiting)

    def _announce(self, scope: Scope, name: str, waiting: int, now: float) -> None:
        self._db.execute(
            "insert or replace into waiter values (?, ?, ?, ?)", (scope.holder, name, waiting, now + _WAITING)
        )
