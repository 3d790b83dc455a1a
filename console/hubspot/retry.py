"""When a request is sent again, and after how long."""

from __future__ import annotations

import random

from console.hubspot.budget_port import Kind
from console.hubspot.errors import (
    DailyLimitReached,
    HubSpotError,
    Locked,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ServerFault,
)

ATTEMPTS = 5
INTERACTIVE_ATTEMPTS = 3
REFUSALS = 10
FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
HONOURED_WAIT = 60.0
LOCK_WAIT = 2.0
WINDOW_SECONDS = {"search": 1.0}
BURST_SECONDS = 10.0


def back_off(attempt: int) -> float:
    """Seconds to wait after this many attempts: doubling, capped, with half of it at random."""
    ceiling = min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT)
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


def cooling(error: RateLimited, kind: Kind) -> tuple[Kind, float] | None:
    """Which window a 429 closes, and for how long; None where the budget knows better.

    The budget closes the window of a request that was refused for as long as that window is, which it
    learned from HubSpot. It must be told Retry-After, and that it was another window that refused.
    """
    window: Kind = "search" if _is_search(error, kind) else ("burst" if kind in ("search", "none") else kind)
    if error.retry_after is None:
        return None if window == kind else (window, WINDOW_SECONDS.get(window, BURST_SECONDS))
    # a longer Retry-After is milliseconds or a mistake: these windows are seconds long
    return window, min(error.retry_after, HONOURED_WAIT)


def wait_before_retry(
    error: HubSpotError, *, safe: bool, attempt: int, refusals: int = 0, attempts: int = ATTEMPTS
) -> float | None:
    """Seconds until the next attempt, or None: no further one.

    `attempt` counts the attempts that failed otherwise than by a 429, `refusals` the 429s.

    Unsafe requests (creates) are repeated only where HubSpot refused them or nothing was sent.
    A 429 waits in the budget, which is cooled for everybody, so its wait here is nothing.
    """
    if isinstance(error, DailyLimitReached):
        return None
    if isinstance(error, RateLimited):
        return 0.0 if refusals < REFUSALS else None
    if attempt >= attempts:
        return None
    if isinstance(error, Locked):
        return max(LOCK_WAIT, error.retry_after or 0.0) + back_off(1)
    if isinstance(error, NotSent):
        return None if error.lasting else back_off(attempt)
    if isinstance(error, OutcomeUnknown):
        return back_off(attempt) if safe else None
    if isinstance(error, ServerFault) and safe:
        return _server_wait(error, attempt)
    return None


def _server_wait(error: ServerFault, attempt: int) -> float | None:
    if error.retry_after is None:
        return back_off(attempt)
    return error.retry_after + back_off(1) if error.retry_after <= HONOURED_WAIT else None


def _is_search(error: RateLimited, kind: Kind) -> bool:
    if error.policy:
        return error.policy.startswith("SECONDLY")
    return kind == "search"
