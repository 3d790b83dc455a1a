"""The law of the budget: however the network behaves, whoever dies, no window at the server holds more than N."""

from __future__ import annotations

import sqlite3
from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from console.hubspot.budget.headers import RateHeaders
from console.hubspot.budget.ledger import Ledger
from console.hubspot.budget.rules import Granted, Rule, Scope, Want
from console.hubspot.budget.tables import open_memory
from tests.budget.virtual_time import HandClock

TRANSIT = 30.0
LONGEST_STALL = 30.0


class _Request:
    def __init__(self, granted: Granted, holder: int) -> None:
        self.granted, self.holder = granted, holder
        self.sent: float | None = None
        self.counted = False


class Windows(RuleBasedStateMachine):
    """Processes take slots, send, are counted, answered, cancelled, killed, in any order and at any time."""

    requests: Bundle[_Request] = Bundle("requests")

    @initialize(limit=st.integers(1, 6), window=st.sampled_from([1.0, 10.0]))
    def start(self, limit: int, window: float) -> None:
        self.clock = HandClock()
        self.connection: sqlite3.Connection = open_memory("first")
        self.ledger = Ledger(self.connection, self.clock)
        self.limit, self.window = limit, window
        rules = Rule(limit, window, TRANSIT)
        self.scopes = [Scope(app="app", holder=str(number), portal=1, burst=rules) for number in range(3)]
        self.counted: deque[float] = deque()
        self.living: list[_Request] = []
        self.orphans: list[_Request] = []

    @rule(target=requests, holder=st.integers(0, 2), number=st.integers(1, 4), urgent=st.booleans())
    def take(self, holder: int, number: int, urgent: bool) -> object:
        want = Want("burst", "interactive" if urgent else "bulk")
        answers = self.ledger.take(self.scopes[holder], [want] * number)
        taken = [_Request(answer, holder) for answer in answers if isinstance(answer, Granted)]
        self.living += taken
        return multiple(*taken)

    @rule(request=requests)
    def send(self, request: _Request) -> None:
        if request in self.living and request.sent is None:
            request.sent = self.clock.moment

    @rule(request=requests)
    def arrive(self, request: _Request) -> None:
        if request.sent is not None and not request.counted and (request in self.living or request in self.orphans):
            self._count(request)

    def _count(self, request: _Request) -> None:
        now = self.clock.moment
        while self.counted and now - self.counted[0] >= self.window:
            self.counted.popleft()
        self.counted.append(now)
        request.counted = True
        assert len(self.counted) <= self.limit

    @rule(request=consumes(requests), refused=st.booleans())
    def answer(self, request: _Request, refused: bool) -> None:
        if request not in self.living or request.sent is None:
            return
        if not request.counted:
            self._count(request)
        self.living.remove(request)
        headers = RateHeaders(maximum=self.limit, remaining=max(0, self.limit - len(self.counted)), window=self.window)
        times = (request.sent, self.clock.moment)
        status = 429 if refused else 200
        self.ledger.settle(self.scopes[request.holder], request.granted, "burst", times, status, headers)

    @rule(request=requests)
    def cancel(self, request: _Request) -> None:
        if request not in self.living:
            return
        self.living.remove(request)
        scope = self.scopes[request.holder]
        if request.sent is None:
            self.ledger.give_back(scope, request.granted.number)
        else:
            self.ledger.abandon(scope, request.granted.number, self.clock.moment)
            self.orphans.append(request)

    @rule(holder=st.integers(0, 2))
    def kill(self, holder: int) -> None:
        """kill -9: nothing is given back, and what was sent may yet arrive."""
        for request in [living for living in self.living if living.holder == holder]:
            self.living.remove(request)
            if request.sent is not None:
                self.orphans.append(request)

    @rule(seconds=st.one_of(st.floats(0, 0.5), st.floats(0, 12), st.floats(0, 80)))
    def pass_time(self, seconds: float) -> None:
        """Living processes renew; orphans arrive within the transit time; a slot too old to be sent with is not."""
        while seconds > 0:
            step = min(seconds, 14.0)
            seconds -= step
            self._step(step)

    def _step(self, seconds: float) -> None:
        end = self.clock.moment + seconds
        for request in self._late(end):
            assert request.sent is not None
            self.clock.moment = max(self.clock.moment, min(end, request.sent + TRANSIT))
            self._count(request)
        self.clock.moment = end
        numbers = [request.granted.number for request in self.living]
        if numbers:
            self.ledger.renew(numbers)

    def _late(self, end: float) -> list[_Request]:
        sent = [
            request
            for request in self.orphans
            if not request.counted and request.sent is not None and request.sent + TRANSIT <= end
        ]
        return sorted(sent, key=lambda request: request.sent or 0.0)

    @invariant()
    def never_more_in_flight_than_allowed(self) -> None:
        if hasattr(self, "living"):
            assert len(self.living) <= self.limit

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()


TestWindows = pytest.mark.timeout(60)(Windows.TestCase)
TestWindows.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
