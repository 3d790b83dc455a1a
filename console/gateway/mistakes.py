"""What nobody foresaw: written down by places in code, without messages and values, under a reference."""

from __future__ import annotations

import secrets
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from console.settings.errors import SettingsError
from console.settings.paths import Paths, private_open

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def write_down(paths: Paths, error: BaseException) -> str:
    """Append to the log file; the reference, or "" where it cannot be written."""
    reference = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    try:
        with private_open(paths.log, "a") as file:
            file.write("\n".join(_trail(error, reference)) + "\n")
    except (OSError, SettingsError):
        return ""
    return reference


def _trail(error: BaseException, reference: str) -> Iterator[str]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {reference} gateway {type(link).__qualname__}"
        for frame in traceback.extract_tb(link.__traceback__, limit=50):
            yield f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}"
        link = link.__cause__ or link.__context__
