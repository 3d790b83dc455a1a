"""HubSpot's allowance as gauges: burst, search, associations, today."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from screens import words
from screens.literal import literal, row

if TYPE_CHECKING:
    from console.hubspot.budget import BudgetState

TITLES = {"burst": "Burst", "search": "Search", "associations": "Assoc", "daily": "Today"}
WARN_AT = 0.9
TIGHT = 30
"""Cells below which a panel's gauges say it shorter."""


class Gauge(NamedTuple):
    """One window. `limit` 0: nobody has told us yet."""

    title: str
    used: int
    limit: int
    window: str
    foreign: int = 0


def gauges(state: BudgetState | None) -> list[Gauge]:
    """The windows of a state that are of interest to an operator."""
    if state is None:
        return []
    found = [
        Gauge(
            TITLES.get(window.name, window.name),
            window.used,
            window.limit,
            f"{window.window_seconds:g} s",
            window.foreign,
        )
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
    """One gauge below the other, for a panel of this width; what holds requests back stands below them."""
    found = gauges(state)
    if not found:
        return [literal("Not known before the first request.", "$muted")]
    if width < TIGHT:
        return [*(_tight_row(gauge, width) for gauge in found), *_held_rows(state)]
    length = max(4, min(24, width - 30))
    rows = [
        row(
            (f"{gauge.title:<8}", "$muted"),
            _bar(gauge, length),
            (f" {words.number(gauge.used):>6} of {words.number(gauge.limit)}", "$foreground"),
            (f" in {gauge.window}" if gauge.window else "", "$muted"),
        )
        for gauge in found
    ]
    return [*rows, *_held_rows(state)]


def _tight_row(gauge: Gauge, width: int) -> Content:
    """The same in a narrow panel: 62/110 10 s."""
    share = f" {words.short(gauge.used)}/{words.short(gauge.limit)}"
    window = f" {gauge.window}" if gauge.window else ""
    length = max(3, width - 7 - len(share) - 5)
    return row((f"{gauge.title:<7}", "$muted"), _bar(gauge, length), (share, "$foreground"), (window, "$muted"))


def _held_rows(state: BudgetState | None) -> list[Content]:
    """What holds requests back, and who else takes of the allowance."""
    rows = [literal(cooling, "$warning") for cooling in [cooling_words(state)] if cooling]
    foreign = sum(window.foreign for window in state.windows) if state is not None else 0
    if foreign:
        rows.append(literal(f"▲ {words.number(foreign)} by another client", "$warning"))
    return rows


def cooling_words(state: BudgetState | None) -> str:
    """Why nothing is sent for the moment."""
    if state is None or not state.cooling_until:
        return ""
    until = datetime.fromtimestamp(state.cooling_until).astimezone()
    return f"▲ cooling to {until:%H:%M:%S} (429)"


def _bar(gauge: Gauge, length: int) -> Content:
    share = gauge.used / gauge.limit if gauge.limit else 0.0
    full, empty = words.bar(share, length)
    return row((full, "$warning" if share >= WARN_AT else "$primary"), (empty, "$quiet"))
