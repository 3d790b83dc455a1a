"""When the day's allowance comes back: midnight in the account's time zone."""

from __future__ import annotations

import datetime as dt
import re

_OFFSET = re.compile(r"^([+-])(\d{2}):?(\d{2})$")


def next_midnight(wall: float, zone: str) -> float:
    """The first midnight after `wall` (seconds since 1970) in `zone`, a name or an offset such as -04:00."""
    tz = _time_zone(zone)
    today = dt.datetime.fromtimestamp(wall, tz)
    tomorrow = dt.datetime.combine(today.date() + dt.timedelta(days=1), dt.time(), tz)
    return tomorrow.timestamp()


def _time_zone(zone: str) -> dt.tzinfo:
    # Machines without time zone data know no names: the account's offset does as well for a day.
    if match := _OFFSET.match(zone):
        sign = -1 if match[1] == "-" else 1
        hours, minutes = int(match[2]), int(match[3])
        if hours < 24 and minutes < 60:
            return dt.timezone(sign * dt.timedelta(hours=hours, minutes=minutes))
        return dt.UTC
    if not zone:
        return dt.UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return dt.UTC
