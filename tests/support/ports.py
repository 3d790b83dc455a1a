"""A port for a server that somebody else is about to start."""

from __future__ import annotations

import errno
import random
import socket

_ABOVE, _BELOW = 10_000, 32_000
"""Below what Linux gives to outgoing connections: any of these may take a port of theirs before the server does."""
_ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_chance = random.SystemRandom()  # never the same for two processes of a test run, whatever they seed


def free_port() -> int:
    """A port that is free on both of localhost's addresses; a machine may have but one of them."""
    for _ in range(50):
        port = _chance.randrange(_ABOVE, _BELOW)
        if all(_is_free(family, address, port) for family, address in _ADDRESSES):
            return port
    raise AssertionError("no free port")


def _is_free(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.bind((address, port))
    except OSError as error:
        return error.errno != errno.EADDRINUSE
    return True
