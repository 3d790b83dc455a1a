"""Who waits for a slot in this process: one task asks the store for all of them, the most urgent first."""

from __future__ import annotations

import asyncio
from collections import deque

import msgspec

from console.hubspot.budget.model import Kind, Priority
from console.hubspot.budget.rules import Blocked, Granted, Scope, Spent, Want
from console.hubspot.budget.store import Store
from console.hubspot.errors import DailyLimitReached, NotSent

_AT_ONCE = 250
_LATEST = 0.0005  # a timer may fire this much early


class _Waiter(msgspec.Struct, eq=False):
    want: Want
    future: asyncio.Future[Granted]


class Queue:
    """Waiters of one process. `maximum` caps what is in flight; 0 means no cap."""

    def __init__(self, store: Store, scope: Scope, maximum: int = 0) -> None:
        self.scope = scope
        self._store = store
        self._maximum = maximum
        self._in_flight = 0
        self._interactive: deque[_Waiter] = deque()
        self._bulk: deque[_Waiter] = deque()
        self._changed = asyncio.Event()
        self._server: asyncio.Task[None] | None = None

    async def take(self, kind: Kind, priority: Priority) -> Granted:
        """Wait for a slot. Raises DailyLimitReached and BudgetUnavailable."""
        waiter = _Waiter(Want(kind, priority), asyncio.get_running_loop().create_future())
        (self._interactive if priority == "interactive" else self._bulk).append(waiter)
        self.wake()
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve(), name="budget queue")
        try:
            return await waiter.future
        except asyncio.CancelledError:
            self._withdraw(waiter)
            raise

    def done(self, *, freed: bool) -> None:
        """A request ended; `freed` when that may let another one go at once."""
        self._in_flight -= 1
        if freed or self._maximum:
            self.wake()

    def wake(self) -> None:
        """Something changed that may let a waiter go."""
        self._changed.set()

    def close(self) -> None:
        """Nobody is served any more; those who wait are told so."""
        if self._server is not None:
            self._server.cancel()
            self._server = None
        self._fail(NotSent("The rate budget was closed before this request's turn came."))

    def _withdraw(self, waiter: _Waiter) -> None:
        if waiter.future.done() and not waiter.future.cancelled() and waiter.future.exception() is None:
            self._return(waiter.future.result())
        for line in (self._interactive, self._bulk):
            if waiter in line:
                line.remove(waiter)
        if waiter.want.priority == "interactive" and not self._interactive:
            scope = self.scope
            self._store.submit(lambda ledger: ledger.nobody_waits(scope))
        self.wake()

    def _return(self, granted: Granted) -> None:
        scope = self.scope
        self._store.submit(lambda ledger: ledger.give_back(scope, granted.number))
        self.done(freed=True)

    async def _serve(self) -> None:
        while self._interactive or self._bulk:
            self._changed.clear()
            waiters = self._next()
            if not waiters:
                await self._changed.wait()
                continue
            try:
                until = await self._ask(waiters)
            except Exception as error:  # noqa: BLE001 - handed to every waiter; none of them may hang
                self._fail(error)
                return
            if until is not None:
                await self._pause(until - self._store.clock.now())

    def _next(self) -> list[_Waiter]:
        room = _AT_ONCE if not self._maximum else min(_AT_ONCE, self._maximum - self._in_flight)
        line = [*self._interactive, *self._bulk]
        return line[: max(0, room)]

    async def _ask(self, waiters: list[_Waiter]) -> float | None:
        """Ask for all of them; returns when to ask again, None for at once."""
        scope = self.scope
        wants = [waiter.want for waiter in waiters]
        answers = await self._store.run(lambda ledger: ledger.take(scope, wants))
        until: float | None = None
        for waiter, answer in zip(waiters, answers, strict=True):
            if isinstance(answer, Blocked):
                until = answer.until if until is None else min(until, answer.until)
                continue
            line = self._interactive if waiter.want.priority == "interactive" else self._bulk
            if waiter in line:
                line.remove(waiter)
            if isinstance(answer, Granted):
                self._in_flight += 1
                if waiter.future.done():
                    self._return(answer)
                else:
                    waiter.future.set_result(answer)
            elif not waiter.future.done():
                waiter.future.set_exception(_spent(answer))
        return until

    def _fail(self, error: Exception) -> None:
        for line in (self._interactive, self._bulk):
            while line:
                waiter = line.popleft()
                if not waiter.future.done():
                    waiter.future.set_exception(error)

    async def _pause(self, seconds: float) -> None:
        """Sleep, unless something changes."""
        if self._changed.is_set():
            return
        sleeping = asyncio.ensure_future(self._store.clock.sleep(max(0.0, seconds) + _LATEST))
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((sleeping, changed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            changed.cancel()


def _spent(answer: Spent) -> DailyLimitReached:
    import datetime as dt

    when = dt.datetime.fromtimestamp(answer.resets_at).astimezone().strftime("%Y-%m-%d %H:%M %Z")
    limit = f" of {answer.capacity:,} requests" if answer.capacity else ""
    return DailyLimitReached(
        f"Today's allowance{limit} is used up; it comes back at {when}.", policy="DAILY", retry_after=answer.seconds
    )
