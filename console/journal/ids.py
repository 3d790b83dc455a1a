"""Ids of plans and runs: short, sortable, without letters that are read for digits."""

from __future__ import annotations

import datetime as dt

ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_WIDTH = 4
_SLOTS = len(ALPHABET) ** _WIDTH
_DAY = 86_400


def new_id(prefix: str, now: float, bump: int = 0) -> str:
    """An id such as p-20261121-7f3k: the day (UTC), then the moment of the day in steps of about 0.1 s.

    `bump` moves on to the next id when the first was taken.
    """
    slot = int(now % _DAY * _SLOTS / _DAY) + bump
    day = dt.datetime.fromtimestamp(now, dt.UTC).date() + dt.timedelta(days=slot // _SLOTS)
    slot %= _SLOTS
    letters = ""
    for _ in range(_WIDTH):
        slot, digit = divmod(slot, len(ALPHABET))
        letters = ALPHABET[digit] + letters
    return f"{prefix}-{day:%Y%m%d}-{letters}"
