"""Exit codes: scripts depend on them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the exit code of `hubspoke` says."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    SOME_FAILED = 3
    GUARD = 4
    PAUSED = 5
    NEEDS_DECISION = 6
    LOCKED = 7
    CHANGES = 8
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class Stop(Exception):
    """A command ends with this exit code; `message` and `remedy` go to stderr when there are any."""

    def __init__(self, code: Exit, message: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


def usage(message: str, remedy: str = "") -> Stop:
    """The caller asked for something that makes no sense."""
    return Stop(Exit.USAGE, message, remedy)
