"""Leaving when the terminal leaves: SIGHUP, SIGTERM and the end of input, within a second.

A run is a process of its own and goes on; only the console ends.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable

LEAVE_WITHIN = 0.9
SIGNALS = (signal.SIGHUP, signal.SIGTERM)


def install(leave: Callable[[int], None]) -> None:
    """Call `leave(exit code)` on the loop when a signal says so, and hold the process to it."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, _leave, number, leave)


def _leave(number: int, leave: Callable[[int], None]) -> None:
    hold_to_it(128 + number)
    leave(128 + number)


def hold_to_it(code: int, seconds: float = LEAVE_WITHIN) -> threading.Timer:
    """End the process after `seconds` even if the terminal that is gone blocks a tidy end.

    Output to a dead terminal can block for ever, and with it the event loop, so this clock runs
    in a thread. The journal and the budget are transactional: nothing is lost by it.
    """
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()
    return timer
