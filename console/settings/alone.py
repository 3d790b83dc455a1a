"""The right to change a small file: what two processes read, change and write at once, one of them would lose."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console.settings.errors import SettingsError
from console.settings.paths import private_open

PATIENCE = 10.0
"""Seconds; whoever changes such a file needs a moment only."""
_PAUSE = 0.02


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else changes the file within the block. Blocks its thread.

    Raises:
        SettingsError: another process has held it all the time.
    """
    import fcntl

    deadline = time.monotonic() + PATIENCE
    with private_open(path.with_name(f"{path.name}.lock"), "ab") as stream:
        while True:
            try:
                fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SettingsError(
                        "Another process of Hubspoke is changing the file.", "Try again.", file=path
                    ) from None
                time.sleep(_PAUSE)
        yield
