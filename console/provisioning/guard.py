"""Thresholds that stop a plan until a human accepts the exact number."""

from __future__ import annotations

import math
import re

import msgspec

from console.journal.model import GuardVerdict

_RULE = re.compile(
    r"\s*(?:(?P<percent>\d+(?:\.\d+)?)\s*%)?\s*(?:(?P<or>or)\s+)?(?P<count>\d+)?\s*(?:after\s+(?P<after>\d+))?\s*\Z"
)


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """A threshold: `percent` of the mapping's links or `count`, whichever is smaller."""

    percent: float | None = None
    count: int | None = None
    after: int | None = None

    def limit(self, base: int) -> int:
        """The largest number that passes."""
        limits = [self.count] if self.count is not None else []
        if self.percent is not None:
            limits.append(math.ceil(base * self.percent / 100))
        return min(limits)

    @property
    def rule(self) -> str:
        """As an operator writes it."""
        parts = [] if self.percent is None else [f"{self.percent:g}%"]
        if self.count is not None:
            parts.append(str(self.count))
        return " or ".join(parts) + (f" after {self.after}" if self.after is not None else "")


class Guards(msgspec.Struct, frozen=True, kw_only=True):
    """The guards of a mapping; they exist without being written. With `four_eyes` whoever planned may not approve."""

    deletes: Guard = Guard(percent=5, count=50)
    clears: Guard = Guard(percent=1, count=20)
    shrink: Guard = Guard(percent=50)
    failures: Guard = Guard(percent=10, after=200)
    four_eyes: bool = False


def parse_guard(text: object, *, failures: bool = False) -> Guard:
    """`5% or 50`, `5%`, `50`; for failures `10% after 200`. Raises ValueError."""
    match = _RULE.match(str(text)) if isinstance(text, str | int) and not isinstance(text, bool) else None
    percent = match and match["percent"]
    count = match and match["count"]
    valid = match is not None and (percent or count) and bool(match["or"]) == bool(percent and count)
    if not valid or match is None or (percent and float(percent) > 100):
        raise ValueError("is not a threshold")
    after = match["after"]
    if failures:
        if not percent or count:
            raise ValueError("is not a share of failures")
        return Guard(percent=float(percent), after=int(after) if after else 200)
    if after:
        raise ValueError("has no 'after'")
    return Guard(percent=float(percent) if percent else None, count=int(count) if count else None)


def verdicts(guards: Guards, *, deletes: int, clears: int, links: int) -> tuple[GuardVerdict, ...]:
    """What the guards say of a plan with that many deletes and clears."""
    return (_verdict("deletes", guards.deletes, deletes, links), _verdict("clears", guards.clears, clears, links))


def shrunk(guards: Guards, *, before: int, now: int) -> GuardVerdict:
    """What the guard says of a source that held `before` people the last time and holds `now` of them."""
    return _verdict("shrink", guards.shrink, max(before - now, 0), before)


def _verdict(name: str, guard: Guard, count: int, base: int) -> GuardVerdict:
    return GuardVerdict(name=name, count=count, limit=guard.limit(base), rule=guard.rule)
