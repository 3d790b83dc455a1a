"""What nobody foresaw: written down by places in code, without messages and values, under a reference."""

from __future__ import annotations

import secrets
import time

from console.settings.errors import SettingsError
from console.settings.paths import Paths, private_open
from console.settings.trail import trail

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def write_down(paths: Paths, error: BaseException) -> str:
    """Append to the log file; the reference, or "" where it cannot be written."""
    reference = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    try:
        with private_open(paths.log, "a") as file:
            file.write("\n".join([f"{at} {reference} gateway", *trail(error)]) + "\n")
    except (OSError, SettingsError):
        return ""
    return reference
