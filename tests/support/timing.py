"""Time limits on a machine that others use, too."""

from __future__ import annotations

from collections.abc import Callable

TRIES = 4


def within(limit: float, attempt: Callable[[], float], tries: int = TRIES) -> None:
    """One of some attempts must take less than `limit` seconds: a busy machine makes some slow, and none quick."""
    taken: list[float] = []
    while len(taken) < tries:
        taken.append(attempt())
        if taken[-1] < limit:
            return
    raise AssertionError(f"took {', '.join(f'{seconds:.2f}' for seconds in taken)} s, the limit is {limit:g} s")
