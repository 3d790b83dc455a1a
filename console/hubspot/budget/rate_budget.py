"""The rate budget as its users see it: `async with budget.slot("burst") as lease`."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from console.hubspot.budget.headers import RateHeaders, read_headers
from console.hubspot.budget.model import BudgetState, Kind, Priority
from console.hubspot.budget.queue import Queue
from console.hubspot.budget.rules import (
    AUTO_CONNECTIONS,
    BURST_OAUTH,
    BURST_TOKEN,
    RENEW_SECONDS,
    SEND_SECONDS,
    Granted,
    Scope,
)
from console.hubspot.budget.store import Store
from console.hubspot.errors import NotSent
from console.settings.profile import Profile

_BEAT_SECONDS = 2.0
_FRAME_SECONDS = 0.25
_IDLE_SECONDS = 1.0


class Lease:
    """The right to send one request. Tell it when bytes leave and when the answer came."""

    def __init__(self, budget: RateBudget, kind: Kind, granted: Granted | None) -> None:
        self.kind = kind
        self.granted = granted
        self.renewed_at = granted.at if granted else float("inf")
        self.sent_at: float | None = None
        self.answered_at: float | None = None
        self.status = 0
        self.headers = RateHeaders()
        self._budget = budget

    def sent(self) -> None:
        """Call before the first byte leaves. Raises NotSent when the slot was lost meanwhile (the machine slept)."""
        now = self._budget.now()
        if now > self.renewed_at + SEND_SECONDS:
            raise NotSent(
                "The right to send this request ran out before it left: this machine was suspended or stalled.",
                advice="Nothing was sent; try again.",
            )
        if self.sent_at is None:
            self.sent_at = now

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """Call when the answer's head is there: the slot is free again one window later."""
        self.answered_at = self._budget.now()
        self.status = status
        self.headers = read_headers(headers)


class RateBudget:
    """HubSpot's allowance for one app in one portal, shared with all who use the same store."""

    def __init__(self, store: Store, scope: Scope, maximum_connections: int = 0) -> None:
        self._store = store
        self._scope = scope
        self._leases: dict[int, Lease] = {}
        self._queue = Queue(store, scope, maximum_connections)
        self._keeper: asyncio.Task[None] | None = None
        self._presence: asyncio.Task[None] | None = None

    @property
    def app(self) -> str:
        """The app identity whose windows these are."""
        return self._scope.app

    @property
    def portal(self) -> int | None:
        """The portal, where it is known."""
        return self._scope.portal

    def now(self) -> float:
        """The budget's clock."""
        return self._store.clock.now()

    @asynccontextmanager
    async def slot(self, kind: Kind = "burst", priority: Priority = "bulk") -> AsyncIterator[Lease]:
        """Wait for the right to send one request.

        On leaving, the slot is given back: at once when nothing was sent, one window after the answer, or after
        the longest time in transit when no answer came. Raises DailyLimitReached and BudgetUnavailable.
        """
        if kind == "none":
            yield Lease(self, kind, None)
            return
        granted = await self._queue.take(kind, priority)
        lease = Lease(self, kind, granted)
        self._leases[granted.number] = lease
        self._keep()
        try:
            yield lease
        finally:
            # Nothing is awaited here, so no cancellation can come between.
            del self._leases[granted.number]
            self._give_back(lease, granted)

    def _give_back(self, lease: Lease, granted: Granted) -> None:
        scope = self._scope
        if lease.answered_at is not None:
            times = (lease.sent_at if lease.sent_at is not None else lease.answered_at, lease.answered_at)
            kind, status, headers = lease.kind, lease.status, lease.headers
            self._store.submit(lambda ledger: ledger.settle(scope, granted, kind, times, status, headers))
            self._queue.done(freed=headers.tells_window)
        elif lease.sent_at is not None:
            now = self.now()
            self._store.submit(lambda ledger: ledger.abandon(scope, granted.number, now))
            self._queue.done(freed=False)
        else:
            self._store.submit(lambda ledger: ledger.give_back(scope, granted.number))
            self._queue.done(freed=True)

    async def cool(self, kind: Kind, seconds: float) -> None:
        """After a 429: nothing of this kind is sent for that long, by no process."""
        scope = self._scope
        await self._store.run(lambda ledger: ledger.cool(scope, kind, seconds))

    def learn(self, headers: Mapping[str, str]) -> None:
        """Limits from an answer that took no slot."""
        scope, told = self._scope, read_headers(headers)
        self._store.submit(lambda ledger: ledger.learn(scope, told))
        self._queue.wake()

    def set_daily(self, limit: int, used: int, resets_at: float | None = None) -> None:
        """The day as the account tells it; `resets_at` in seconds since 1970."""
        scope = self._scope
        self._store.submit(lambda ledger: ledger.set_daily(scope, limit, used, resets_at))
        self._queue.wake()

    def exhaust_day(self) -> None:
        """HubSpot refused with its daily policy: nothing is sent before midnight of the account's time zone."""
        scope = self._scope
        self._store.submit(lambda ledger: ledger.exhaust(scope))
        self._queue.wake()

    async def bind(self, portal: int, time_zone: str = "") -> None:
        """The portal is known now, with its time zone: a name, or an offset such as -04:00."""
        scope = self._scope
        await self._store.run(lambda ledger: ledger.bind(scope, portal, time_zone))
        self._scope = Scope(
            app=scope.app,
            holder=scope.holder,
            portal=portal,
            burst=scope.burst,
            permits_per_second=scope.permits_per_second,
        )
        self._queue.scope = self._scope

    def attach(self, interactive: bool) -> None:
        """A console is here (or leaves): bulk work of every process leaves room for it. Needs a running event loop."""
        if interactive and (self._presence is None or self._presence.done()):
            self._presence = asyncio.create_task(self._be_present(), name="budget presence")
        elif not interactive and self._presence is not None:
            self._presence.cancel()
            self._presence = None

    async def _be_present(self) -> None:
        scope = self._scope
        try:
            while True:
                with suppress(NotSent):
                    await self._store.run(lambda ledger: ledger.beat(scope, present=True))
                await self._store.clock.sleep(_BEAT_SECONDS)
        finally:
            self._store.submit(lambda ledger: ledger.beat(scope, present=False))

    def snapshot(self) -> BudgetState:
        """The state right now; a read of well under a millisecond."""
        return self._store.state(self._scope)

    async def states(self) -> AsyncIterator[BudgetState]:
        """The state now and whenever it changed, at most four times a second."""
        last: BudgetState | None = None
        while True:
            state = self.snapshot()
            if state != last:
                last = state
                yield state
            busy = state.cooling_until or any(window.used for window in state.windows)
            await self._store.clock.sleep(_FRAME_SECONDS if busy or self._leases else _IDLE_SECONDS)

    async def aclose(self) -> None:
        """Leave: requests in flight keep their slots until their leases end."""
        tasks = [task for task in (self._presence, self._keeper) if task is not None]
        self._queue.close()
        self._presence = self._keeper = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._store.aclose()

    def _keep(self) -> None:
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._renew_leases(), name="budget leases")

    async def _renew_leases(self) -> None:
        """Slow requests of a live process keep their slots, however long they take."""
        while self._leases:
            await self._store.clock.sleep(RENEW_SECONDS)
            numbers = list(self._leases)
            if not numbers:
                return
            with suppress(NotSent):
                renewed_at = await self._renew(numbers)
                for number in numbers:
                    if number in self._leases:
                        self._leases[number].renewed_at = renewed_at

    async def _renew(self, numbers: list[int]) -> float:
        return await self._store.run(lambda ledger: ledger.renew(numbers))


def open_budget(store: Store, *, app: str, portal: int | None, profile: Profile) -> RateBudget:
    """The budget of a profile. `app` is the token source's identity, `portal` the portal's id where it is known."""
    scope = Scope(
        app=app,
        holder=f"{os.getpid()}-{secrets.token_hex(4)}",
        portal=portal,
        burst=BURST_TOKEN if profile.authentication == "token" else BURST_OAUTH,
        permits_per_second=max(0, profile.permits_per_second),
    )
    return RateBudget(store, scope, max(0, profile.maximum_connections) or AUTO_CONNECTIONS)
