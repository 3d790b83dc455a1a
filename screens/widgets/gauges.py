"""HubSpot's allowance as gauges: burst, search, associations, today."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from screens import words
from screens.literal import literal, row

if TYPE_CHECKING:
    from console.hubspot.budget import BudgetState

TITLES = {"burst": "Burst", "search": "Search", "associations": "Assoc", "daily": "Today"}
WARN_AT = 0.9


class Gauge(NamedTuple):
    """One window. `limit` 0: nobody has told us yet."""

    title: str
    used: int
    limit: int
    window: str


def gauges(state: BudgetState | None) -> list[Gauge]:
    """The windows of a state that are of interest to an operator."""
    if state is None:
        return []
    found = [
        Gauge(TITLES.get(window.name, window.name), window.used, window.limit, f"{window.window_seconds:g} s")
        for window in state.windows
        if window.name != "associations" or window.used
    ]
    if state.daily_limit:
        found.append(Gauge(TITLES["daily"], state.daily_used or 0, state.daily_limit, ""))
    return found


def in_use(state: BudgetState | None) -> bool:
    """Whether any short window holds a request."""
    return state is not None and any(window.used for window in state.windows)


def gauge_line(state: BudgetState | None, width: int) -> Content:
    """All gauges in one line."""
    found = gauges(state)
    if not found:
        return literal(" ")
    texts = [f"{words.short(gauge.used)}/{words.short(gauge.limit)}" for gauge in found]
    fixed = sum(len(gauge.title) + len(text) + 5 for gauge, text in zip(found, texts, strict=True))
    length = max(4, min(16, (width - fixed - 2) // len(found)))
    parts = []
    for gauge, text in zip(found, texts, strict=True):
        parts.append(row((f" {gauge.title} ", "$muted"), _bar(gauge, length), (f" {text} ", "$foreground")))
    line = Content(" ").join(parts)
    cooling = cooling_words(state)
    return Content("").join([line, literal(f" {cooling}", "$warning bold")]) if cooling else line


def gauge_rows(state: BudgetState | None, width: int) -> list[Content]:
    """One gauge below the other, for a panel of this width."""
    found = gauges(state)
    if not found:
        return [literal("Not known yet: nothing was asked of HubSpot.", "$muted")]
    length = max(5, min(24, width - 36))
    rows = [
        row(
            (f"{gauge.title:<8}", "$muted"),
            _bar(gauge, length),
            (f" {words.number(gauge.used):>6} of {words.number(gauge.limit)}", "$foreground"),
            (f" in {gauge.window}" if gauge.window else "", "$muted"),
        )
        for gauge in found
    ]
    cooling = cooling_words(state)
    return [*rows, literal(cooling, "$warning")] if cooling else rows


def cooling_words(state: BudgetState | None) -> str:
    """Why nothing is sent for the moment."""
    return "▲ cooling after a 429" if state is not None and state.cooling_until else ""


def _bar(gauge: Gauge, length: int) -> Content:
    share = gauge.used / gauge.limit if gauge.limit else 0.0
    full, empty = words.bar(share, length)
    return row((full, "$warning" if share >= WARN_AT else "$primary"), (empty, "$quiet"))
