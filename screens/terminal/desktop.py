"""Whether the terminal stands on a desktop whose browser may be opened from here."""

from __future__ import annotations

import sys
from collections.abc import Mapping

_REMOTE = ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def has_desktop(environ: Mapping[str, str]) -> bool:
    """Never over SSH: a browser there would open where nobody sits, or in the terminal itself."""
    if any(environ.get(name) for name in _REMOTE):
        return False
    return sys.platform in ("darwin", "win32") or any(environ.get(name) for name in _DISPLAYS)
