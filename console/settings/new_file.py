"""New files that an operator names: nothing is overwritten, nobody else reads them, and half of one does not stay."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from console.settings.errors import SettingsError


@contextmanager
def new_private(path: Path) -> Iterator[IO[bytes]]:
    """A new file, 0600 whatever the umask; it is gone again where writing it fails.

    Raises:
        SettingsError: there is such a file already, or it cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        raise _said(path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600)  # a umask may have taken the owner's own bits
            yield file
    except BaseException as error:
        with suppress(OSError):
            path.unlink()
        if isinstance(error, OSError):
            raise _said(path, error) from None
        raise


def _said(path: Path, error: OSError) -> SettingsError:
    if isinstance(error, FileExistsError):
        return SettingsError(f"{path} is there already.", "Name a new file: nothing is overwritten.")
    reason = (error.strerror or "unknown reason").lower()
    return SettingsError(f"{path} cannot be written: {reason}.", "Name a file in another folder, or make room.")
