"""The law of the budget: however the network behaves, whoever dies, no window at the server holds more than N."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from console.hubspot.budget.headers import RateHeaders
from console.hubspot.budget.ledger import Ledger
from console.hubspot.budget.rules import Blocked, Granted, Rule, Scope, Want
from console.hubspot.budget.tables import open_memory
from tests.budget.virtual_time import HandClock

TRANSIT = 30.0
RENEWED_EVERY = 15.0
JITTER = st.one_of(st.just(0.0), st.floats(0, 0.5), st.floats(0, 12))


class _Request:
    """One wish of one process, and what the world has in store for it."""

    def __init__(self, holder: int, fate: dict[str, Any]) -> None:
        self.holder, self.fate = holder, fate
        self.granted: Granted | None = None
        self.sent: float | None = None
        self.counted = False
        self.over = False


def _fate(dice: random.Random, trouble: float, spread: float) -> dict[str, Any]:
    def jitter(longest: float) -> float:
        return dice.choice([0.0, min(longest, spread * dice.random()), min(longest, spread * dice.random() ** 4)])

    bad = dice.random() < trouble
    return {
        "send_after": jitter(12) if bad else 0.0,
        "count_after": jitter(TRANSIT),
        "answer_after": jitter(100),
        "end": dice.choice(["refused", "never sent", "cancel"]) if bad else "answer",
        "cancel_after": jitter(20),
        "urgent": dice.random() < 0.3,
    }


class Windows(RuleBasedStateMachine):
    """Three processes; their requests are sent, counted, answered, cancelled, killed at any time."""

    @initialize(limit=st.integers(1, 5), window=st.sampled_from([1.0, 10.0]), console=st.booleans())
    def start(self, limit: int, window: float, console: bool) -> None:
        self.clock = HandClock()
        self.connection = open_memory("first")
        self.ledger = Ledger(self.connection, self.clock)
        self.limit, self.window = limit, window
        burst = Rule(limit, window, TRANSIT)
        self.scopes = [Scope(app="app", holder=str(number), portal=1, burst=burst) for number in range(3)]
        self.console = console
        self.counted: deque[float] = deque()
        self.events: list[tuple[float, int, str, _Request]] = []
        self.order = itertools.count()
        self.waiting: list[_Request] = []
        self.dice = random.Random(0)
        self.mood = 0.0, 1.0
        self.living: list[_Request] = []
        self.renewed = self.clock.moment

    @rule(holder=st.integers(0, 2))
    def kill(self, holder: int) -> None:
        """kill -9: nothing is given back, and what was sent arrives all the same."""
        self.waiting = [request for request in self.waiting if request.holder != holder]
        for request in [living for living in self.living if living.holder == holder]:
            self._end(request)

    @rule(
        seconds=st.floats(0.01, 90),
        seed=st.integers(0, 2**32),
        trouble=st.sampled_from([0.0, 0.02, 0.3]),
        spread=st.sampled_from([0.5, 5.0, 12.0, 100.0]),
    )
    def pass_time(self, seconds: float, seed: int, trouble: float, spread: float) -> None:
        """Everybody always wants more; what becomes of each request is drawn."""
        self.dice.seed(seed)
        self.mood = trouble, spread
        end = self.clock.moment + seconds
        while True:
            until = self._take()
            following = min([end, until, *[event[0] for event in self.events[:1]], self.renewed + RENEWED_EVERY])
            self.clock.moment = max(self.clock.moment, following)
            if self.clock.moment >= self.renewed + RENEWED_EVERY:
                self._renew()
            while self.events and self.events[0][0] <= self.clock.moment:
                _, _, what, request = heapq.heappop(self.events)
                getattr(self, f"_{what}")(request)
            if self.clock.moment >= end:
                return

    def _take(self) -> float:
        """Everybody asks; returns when to ask again."""
        again = float("inf")
        if self.console:
            self.ledger.beat(self.scopes[2], present=True)
        for holder, scope in enumerate(self.scopes):
            mine = [request for request in self.waiting if request.holder == holder]
            more = [_Request(holder, _fate(self.dice, *self.mood)) for _ in range(3 - len(mine))]
            self.waiting += more
            mine += more
            mine.sort(key=lambda request: not request.fate["urgent"])
            wants = [Want("burst", "interactive" if request.fate["urgent"] else "bulk") for request in mine]
            for request, answer in zip(mine, self.ledger.take(scope, wants), strict=True):
                if isinstance(answer, Granted):
                    self._granted(request, answer)
                elif isinstance(answer, Blocked):
                    assert answer.until > self.clock.moment
                    again = min(again, answer.until)
        assert len(self.living) <= self.limit
        return again

    def _granted(self, request: _Request, answer: Granted) -> None:
        self.waiting.remove(request)
        self.living.append(request)
        request.granted = answer
        self._later(request.fate["send_after"], "give_back" if request.fate["end"] == "never sent" else "send", request)

    def _later(self, seconds: float, what: str, request: _Request) -> None:
        heapq.heappush(self.events, (self.clock.moment + seconds, next(self.order), what, request))

    def _send(self, request: _Request) -> None:
        if request.over:
            return
        request.sent = self.clock.moment
        self._later(request.fate["count_after"], "count", request)
        if request.fate["end"] == "cancel":
            self._later(request.fate["cancel_after"], "cancel", request)

    def _count(self, request: _Request) -> None:
        now = self.clock.moment
        while self.counted and now - self.counted[0] >= self.window:
            self.counted.popleft()
        self.counted.append(now)
        request.counted = True
        assert len(self.counted) <= self.limit, "the server would have refused"
        self._later(request.fate["answer_after"], "answer", request)

    def _answer(self, request: _Request) -> None:
        if request.over:
            return
        assert request.granted is not None
        assert request.sent is not None
        remaining = max(0, self.limit - len(self.counted))
        headers = RateHeaders(maximum=self.limit, remaining=remaining, window=self.window)
        status = 429 if request.fate["end"] == "refused" else 200
        times = (request.sent, self.clock.moment)
        self.ledger.settle(self.scopes[request.holder], request.granted, "burst", times, status, headers)
        self._end(request)

    def _cancel(self, request: _Request) -> None:
        if not request.over and request.granted is not None:
            self.ledger.abandon(self.scopes[request.holder], request.granted.number, self.clock.moment)
            self._end(request)

    def _give_back(self, request: _Request) -> None:
        if not request.over and request.granted is not None:
            self.ledger.give_back(self.scopes[request.holder], request.granted.number)
            self._end(request)

    def _end(self, request: _Request) -> None:
        request.over = True
        self.living.remove(request)

    def _renew(self) -> None:
        self.renewed = self.clock.moment
        numbers = [request.granted.number for request in self.living if request.granted is not None]
        if numbers:
            self.ledger.renew(numbers)

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()


TestWindows = pytest.mark.timeout(60)(Windows.TestCase)
TestWindows.settings = settings(max_examples=60, stateful_step_count=8, deadline=None)
