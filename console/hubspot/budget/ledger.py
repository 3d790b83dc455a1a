"""The book of slots: one transaction per decision, the same for memory and for the shared file.

A slot is completion-stamped: taken before sending, free again at (answer received + window). HubSpot counts
somewhere between the two, so no window of HubSpot's can hold two uses of one slot (design section 4).
All times are readings of the clock's `now`, but for the day's, which are seconds since 1970.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from console.hubspot.budget.clock import Clock
from console.hubspot.budget.days import Days
from console.hubspot.budget.headers import RateHeaders
from console.hubspot.budget.model import BudgetState
from console.hubspot.budget.pools import Pool, Pools
from console.hubspot.budget.reading import portal_key, read_state
from console.hubspot.budget.rules import LEASE_SECONDS, Answer, Blocked, Granted, Scope, Want

_PRESENCE = 5.0
_WAITING = 1.5
_POLL = 0.5
_REMEMBER = 90.0


class Ledger:
    """All decisions about slots. Not thread-safe: its store keeps it on one thread."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._db = connection
        self._clock = clock
        self._pools = Pools(connection)
        self._days = Days(connection, clock)
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
            answers: list[Answer] = []
            for want in wants:
                answer = blocked.get(want) or self._take_one(scope, want, now, paced and want.priority == "bulk")
                if isinstance(answer, Blocked):
                    blocked[want] = answer
                    if want.priority == "interactive":
                        self._announce(scope, want, now)
                answers.append(answer)
            return answers

    def _take_one(self, scope: Scope, want: Want, now: float, paced: bool) -> Answer:
        spent = self._days.spent(scope)
        if spent:
            return spent
        pools = [self._pools.get(scope, name, now) for name in self._pools.needed(scope, want.kind)]
        until = max(self._ready_at(pool, now, bulk=want.priority == "bulk", paced=paced) for pool in pools)
        if scope.permits_per_second:
            until = max(until, self._pools.paced_from(scope.ceiling))
        return Blocked(until) if until > now else self._grant(scope, pools, now, paced)

    def _ready_at(self, pool: Pool, now: float, *, bulk: bool, paced: bool) -> float:
        """When the pool could give a slot to this want: now, or a time to ask again at."""
        if pool.cool_until > now:
            return pool.cool_until
        # A slot in flight cannot be free before (now + window), so asking a few times per window misses none.
        poll = now + min(_POLL, pool.window / 4)
        reserved = self._interactive_waiters(pool.name, now) if bulk else 0
        over = self._pools.busy(pool.name, now) + reserved - pool.usable
        if over >= 0:
            free_at = self._pools.free_at(pool.name, now, over)
            return poll if free_at is None else min(poll, free_at)
        if paced and pool.paced_from > now:
            return min(poll, pool.paced_from)
        return now

    def _grant(self, scope: Scope, pools: Sequence[Pool], now: float, paced: bool) -> Granted:
        (number,) = self._db.execute("update sequence set number = number + 1 returning number").fetchone()
        for pool in pools:
            self._pools.lease(number, pool.name, now + LEASE_SECONDS + pool.window)
            if paced:
                self._pools.pace(pool.name, pool.interval, 2 * pool.interval, now)
        if scope.permits_per_second:
            interval = 1.0 / scope.permits_per_second
            self._pools.pace(scope.ceiling, interval, interval, now)
        return Granted(number, self._days.charge(scope), now)

    # Giving back

    def give_back(self, scope: Scope, number: int) -> None:
        """The request never left: its slots are free at once and the day was not charged."""
        with self._transaction():
            if self._db.execute("delete from lease where number = ?", (number,)).rowcount > 0:
                self._days.refund(scope)

    def abandon(self, scope: Scope, number: int, now: float) -> None:
        """The request left and no answer came: HubSpot may count it any time within the transit time."""
        with self._transaction():
            for name in self._pools.leased(number):
                pool = self._pools.get(scope, name, now)
                self._pools.stamp(number, pool, now + scope.rule(pool.kind).transit)

    def settle(
        self, scope: Scope, lease: Granted, kind: str, times: tuple[float, float], status: int, headers: RateHeaders
    ) -> None:
        """The answer came: stamp the slots and learn. `times`: when it was sent, and answered."""
        sent, answered = times
        with self._transaction():
            own, burst = self._pools.own(scope, kind), self._pools.burst(scope)
            if headers.tells_window and own != burst and burst not in self._pools.leased(lease.number):
                self._pools.count_in_burst(scope, lease, own)
            for name in self._pools.leased(lease.number):
                self._pools.stamp(lease.number, self._pools.get(scope, name, answered), answered)
            told = burst if headers.tells_window else own
            self._pools.learn(self._pools.get(scope, told, answered), headers, sent, answered)
            self._days.learn(scope, headers, lease.taken)
            if status == 429:
                self._pools.refuse(self._pools.get(scope, own, answered), headers.retry_after, sent, answered)

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
            self._pools.learn(self._pools.get(scope, self._pools.burst(scope), now), headers, now, now)
            self._days.learn(scope, headers, None)

    def cool(self, scope: Scope, kind: str, seconds: float) -> None:
        """Nothing of this kind is sent for that long, by nobody."""
        with self._transaction():
            now = self._clock.now()
            pool = self._pools.get(scope, self._pools.own(scope, kind), now)
            self._pools.cool(pool.name, now + seconds)

    def bind(self, scope: Scope, portal: int, zone: str) -> None:
        """The app's portal is known now: what was counted provisionally is counted there."""
        with self._transaction():
            old, new = portal_key(self._db, scope.app, scope.portal), str(portal)
            self._db.execute("insert or replace into binding values (?, ?, ?)", (scope.app, new, zone))
            if old != new and not old.isdigit():
                names = (f"search:{new}", f"search:{old}")
                self._db.execute("update or ignore pool set name = ? where name = ?", names)
                self._db.execute("update lease set pool = ? where pool = ?", names)
                self._days.move(old, new, zone)
            else:
                self._days.move(new, new, zone)

    def set_daily(self, scope: Scope, limit: int, used: int, resets_at: float | None) -> None:
        """The day as the account's usage endpoint tells it."""
        with self._transaction():
            self._days.set(scope, limit, used, resets_at)

    def exhaust(self, scope: Scope) -> None:
        """HubSpot says that the day is used up, whatever was counted here."""
        with self._transaction():
            self._days.exhaust(scope)

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

    def _someone_watches(self, scope: Scope, now: float) -> bool:
        row = self._db.execute("select 1 from console where app = ? and until > ? limit 1", (scope.app, now)).fetchone()
        return row is not None

    def _interactive_waiters(self, name: str, now: float) -> int:
        (waiting,) = self._db.execute(
            "select coalesce(sum(waiting), 0) from waiter where pool = ? and until > ?", (name, now)
        ).fetchone()
        return int(waiting)

    def _announce(self, scope: Scope, want: Want, now: float) -> None:
        """Bulk work of every process leaves the next slot to this want."""
        for name in self._pools.needed(scope, want.kind):
            self._db.execute(
                "insert into waiter values (?, ?, 1, ?) on conflict (holder, pool)"
                " do update set waiting = waiting + 1, until = excluded.until",
                (scope.holder, name, now + _WAITING),
            )
