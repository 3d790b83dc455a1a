"""Who sits at this terminal, as far as the machine knows."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from console.journal.model import Approver

_NOBODY = 4_294_967_295
"""What the kernel says of a process that no login began (a service, a container)."""


def approver(environ: Mapping[str, str] | None = None, *, loginuid: Path = Path("/proc/self/loginuid")) -> Approver:
    """The human behind this process: account, SUDO_USER, the login session that the kernel remembers, the SSH client.

    The account is the process's own, not what LOGNAME says; the login session survives sudo and su, and only root
    can change it (https://man7.org/linux/man-pages/man8/pam_loginuid.8.html).
    """
    environ = os.environ if environ is None else environ
    return Approver(
        login=_name(os.getuid()),
        sudo_user=environ.get("SUDO_USER", ""),
        via=environ.get("SSH_CONNECTION", "").split(" ")[0],
        session=_session(loginuid),
    )


def _session(file: Path) -> str:
    try:
        number = int(file.read_text())
    except (OSError, ValueError):
        return ""
    return "" if number == _NOBODY else _name(number)


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
