"""HubSpot's allowances: rolling windows counted at arrival, and the day's.

A refused request is not counted anywhere. Facts: rate limits (section 6).
"""

from __future__ import annotations

from collections import deque
from typing import Literal, NamedTuple

Kind = Literal["burst", "search", "associations", "none"]
Refusal = Literal["burst", "search", "associations", "daily"]

DAY = 86_400.0
ASSOCIATIONS_A_DAY = 500_000


class RollingWindow:
    """At most `limit` admissions in any interval of `seconds`."""

    __slots__ = ("_admitted", "limit", "seconds")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._admitted: deque[float] = deque()

    def used(self, now: float) -> int:
        """How many admissions still count."""
        admitted = self._admitted
        while admitted and now - admitted[0] >= self.seconds:
            admitted.popleft()
        return len(admitted)

    def used_within(self, now: float, seconds: float) -> int:
        """How many admissions are younger than `seconds`."""
        count = 0
        for moment in reversed(self._admitted):
            if now - moment >= seconds:
                break
            count += 1
        return count

    def has_room(self, now: float) -> bool:
        """Whether one more request would be admitted."""
        return self.used(now) < self.limit

    def take(self, now: float) -> bool:
        """Admit a request that arrives now, or refuse it without counting it."""
        if not self.has_room(now):
            return False
        self._admitted.append(now)
        return True


class DailyWindow:
    """The day's allowance of an account; resets at midnight of its time zone."""

    __slots__ = ("_day", "_used", "limit", "utc_offset")

    def __init__(self, limit: int, utc_offset: float) -> None:
        self.limit = limit
        self.utc_offset = utc_offset
        self._day = -1
        self._used = 0

    def used(self, now: float) -> int:
        """Requests counted since the last midnight."""
        day = int((now + self.utc_offset) // DAY)
        if day != self._day:
            self._day, self._used = day, 0
        return self._used

    def resets_at(self, now: float) -> float:
        """The next midnight, in seconds since the epoch."""
        return ((now + self.utc_offset) // DAY + 1) * DAY - self.utc_offset

    def has_room(self, now: float) -> bool:
        """Whether one more request would be admitted."""
        return self.used(now) < self.limit

    def take(self, now: float) -> bool:
        """Count one request, or refuse it without counting it."""
        if not self.has_room(now):
            return False
        self._used += 1
        return True

    def restore(self, now: float, used: int) -> None:
        """Set today's count (used by tests that need an almost empty day)."""
        self.used(now)
        self._used = used


class App(NamedTuple):
    """Who calls: the private app (static token; shares the account's daily allowance) or the OAuth app."""

    id: int
    private: bool


class Limits:
    """All windows of one account. Calls of the associations API have windows of their own, a day's one too."""

    def __init__(
        self,
        burst: tuple[int, float],
        search: tuple[int, float],
        daily: int,
        utc_offset: float,
        associations: tuple[int, float] = (100, 10.0),
    ) -> None:
        self.burst = burst
        self.associations = associations
        self.search = RollingWindow(*search)
        self.daily = DailyWindow(daily, utc_offset)
        self.associations_daily = DailyWindow(ASSOCIATIONS_A_DAY, utc_offset)
        self._apps: dict[tuple[int, str], RollingWindow] = {}

    def window(self, app: App, kind: Kind = "burst") -> RollingWindow:
        """The burst (or associations) window of one app."""
        window = self._apps.get((app.id, kind))
        if window is None:
            allowance = self.associations if kind == "associations" else self.burst
            window = self._apps[app.id, kind] = RollingWindow(*allowance)
        return window

    def set_burst(self, burst: tuple[int, float]) -> None:
        """Change the burst allowance of all apps; what was counted goes on counting."""
        self.burst = burst
        self._set("burst", burst)

    def set_associations(self, allowance: tuple[int, float]) -> None:
        """Change the associations' allowance of all apps."""
        self.associations = allowance
        self._set("associations", allowance)

    def admit(self, app: App, kind: Kind, now: float) -> Refusal | None:
        """Count a request that arrives now; the name of the full window if it is refused."""
        if kind == "none":
            return None
        window = self.search if kind == "search" else self.window(app, kind)
        if not window.has_room(now):
            return kind
        daily = self.associations_daily if kind == "associations" else self.daily
        if app.private and not daily.take(now):
            return "daily"
        window.take(now)
        return None

    def headers(self, app: App, kind: Kind, now: float) -> dict[str, str]:
        """The rate-limit headers of an answer: none on searches, no daily ones for OAuth apps and associations."""
        if kind not in ("burst", "associations"):
            return {}
        window = self.window(app, kind)
        used = window.used(now)
        secondly = max(1, int(window.limit / window.seconds))
        headers = {
            "x-hubspot-ratelimit-interval-milliseconds": str(int(window.seconds * 1000)),
            "x-hubspot-ratelimit-max": str(window.limit),
            "x-hubspot-ratelimit-remaining": str(max(0, window.limit - used)),
            "x-hubspot-ratelimit-secondly": str(secondly),
            "x-hubspot-ratelimit-secondly-remaining": str(max(0, secondly - window.used_within(now, 1.0))),
        }
        if app.private and kind == "burst":
            headers["x-hubspot-ratelimit-daily"] = str(self.daily.limit)
            headers["x-hubspot-ratelimit-daily-remaining"] = str(max(0, self.daily.limit - self.daily.used(now)))
        return headers

    def _set(self, kind: Kind, allowance: tuple[int, float]) -> None:
        for (_, its), window in self._apps.items():
            if its == kind:
                window.limit, window.seconds = allowance
