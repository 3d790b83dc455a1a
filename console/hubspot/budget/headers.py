"""What HubSpot tells about its limits in the headers of an answer; every one of them is optional."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

_PREFIX = "x-hubspot-ratelimit-"
_LARGEST_LIMIT = 1_000_000_000
_LONGEST_WINDOW = 3_600.0


class RateHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """The limits in one answer; None where the answer is silent or talks nonsense."""

    maximum: int | None = None
    remaining: int | None = None
    window: float | None = None
    """Seconds."""
    daily: int | None = None
    daily_remaining: int | None = None
    retry_after: float | None = None
    """Seconds."""

    @property
    def tells_window(self) -> bool:
        """Whether the answer was counted in the short window."""
        return self.remaining is not None or self.maximum is not None


def read_headers(headers: Mapping[str, str]) -> RateHeaders:
    """Parse rate headers, whatever their case."""
    values = {name.lower(): text for name, text in headers.items() if name.lower().startswith((_PREFIX, "retry-after"))}
    interval = _number(values.get(f"{_PREFIX}interval-milliseconds"))
    window = interval / 1000 if interval else None
    return RateHeaders(
        maximum=_number(values.get(f"{_PREFIX}max")) or None,
        remaining=_number(values.get(f"{_PREFIX}remaining")),
        window=window if window is not None and 0.05 <= window <= _LONGEST_WINDOW else None,
        daily=_number(values.get(f"{_PREFIX}daily")) or None,
        daily_remaining=_number(values.get(f"{_PREFIX}daily-remaining")),
        retry_after=_seconds(values.get("retry-after")),
    )


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    number = int(text)
    return number if number <= _LARGEST_LIMIT else None


def _seconds(text: str | None) -> float | None:
    """Only the seconds form; a date would need clocks that agree."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 * 2 else None
