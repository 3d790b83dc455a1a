"""Ctrl+z: back to the shell, where there is one that can bring the console back."""

from __future__ import annotations

import os
from pathlib import Path

NOBODY = (
    "Ctrl+z: no shell started the console, so none could bring it back. "
    "Press q to leave it; runs go on without it. In tmux, prefix and d detaches."
)


def a_shell_waits() -> bool:
    """Whether our process group has a shell with job control above it: the parent of its leader, in the same session.

    `ssh -t host hubspoke` and a tmux window of one's own have none: stopped there, the terminal would be lost.
    """
    leader = os.getpgrp()
    parent = os.getppid() if leader == os.getpid() else _parent_of(leader)
    if parent <= 1:
        return False
    try:
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != leader
    except OSError:
        return False


def _parent_of(pid: int) -> int:
    """The parent of a process, 0 when that cannot be known here."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0
