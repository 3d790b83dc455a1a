"""What a gateway tells the other processes of its state folder: a small private file, held true by a lock.

The file is written when something changed, twice a second at most, and removed at the end. The lock is the system's: it
ends with the process however that ends, so that a file that a killed gateway left behind is known to be stale.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import msgspec

from console.gateway.live import Served
from console.provisioning.lock import LockedByAnother, OwnerLock, holder
from console.settings.errors import SettingsError
from console.settings.paths import Paths, private_open

FILE = "gateway-status.json"
_LOCK = (0, "gateway")
_LARGEST = 1 << 20


class FeedStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One mapping's way to HubSpot. `behind_since` is seconds since the epoch, 0 where nothing waits."""

    mapping: str
    done: int = 0
    failed: int = 0
    waiting: int = 0
    behind_since: float = 0.0
    message: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway that runs. `newest` are its newest requests, the newest first; `note` is what needs a new start."""

    pid: int
    host: str
    user: str
    profile: str
    url: str
    certificate: str = ""
    started_at: float
    state: Literal["serving", "stopping"] = "serving"
    clients: tuple[str, ...] = ()
    requests: int = 0
    under_way: int = 0
    seconds: float = 0.0
    feeds: tuple[FeedStatus, ...] = ()
    newest: tuple[Served, ...] = ()
    note: str = ""


class GatewayRuns(SettingsError):
    """There is a gateway on this state folder already."""


@contextmanager
def only_one(paths: Paths) -> Iterator[None]:
    """Be the gateway of this state folder. Raises GatewayRuns, naming the other one."""
    lock = OwnerLock(paths.locks, *_LOCK)
    try:
        lock.acquire()
    except LockedByAnother as error:
        raise GatewayRuns(
            f"A gateway of this state folder runs already: {error.owner.title}.",
            "See hubspoke gateway status; end it with hubspoke gateway stop.",
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):
            (paths.state / FILE).unlink(missing_ok=True)
        lock.release()


def read(paths: Paths) -> Status | None:
    """The gateway of this state folder; None where none runs, or one that does not serve yet."""
    owner = holder(paths.locks, *_LOCK)
    if owner is None:
        return None
    try:
        with (paths.state / FILE).open("rb") as file:
            told = msgspec.json.decode(file.read(_LARGEST), type=Status)
    except (OSError, msgspec.DecodeError):
        return None
    return told if told.pid == owner.pid else None


def write(paths: Paths, status: bytes) -> None:
    """Replace the file in one step. It need not survive a crash, so nothing waits for the disk."""
    path = paths.state / FILE
    fresh = path.with_name(f".{FILE}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with private_open(fresh, "wb") as file:
        file.write(status)
    fresh.replace(path)


def stop(paths: Paths, patience: float = 60.0) -> bool:
    """Tell the gateway to end, and wait for it; False where none runs.

    Raises:
        SettingsError: it belongs to somebody else, or it has not ended in time.
    """
    owner = holder(paths.locks, *_LOCK)
    if owner is None or owner.pid <= 0:
        return False
    try:
        os.kill(owner.pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    except PermissionError:
        raise SettingsError(f"The gateway belongs to {owner.title}.", "Ask them to stop it.") from None
    until = time.monotonic() + patience
    while time.monotonic() < until:
        now = holder(paths.locks, *_LOCK)
        if now is None or now.pid != owner.pid:
            return True
        time.sleep(0.05)
    raise SettingsError(
        f"The gateway (process {owner.pid}) was told to end, and goes on with requests that are under way.",
        "Look again in a moment: hubspoke gateway status.",
    )
