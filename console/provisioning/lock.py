"""One owner per portal and mapping, held by an operating system's file lock.

The lock ends with the process, however that ends. The file says who holds it. Standard library only:
Home asks it at first paint.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
import re
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from console.settings.paths import private_file

_PATIENCE_SECONDS = 0.3
_STEP_SECONDS = 0.02


@dataclass(frozen=True)
class Owner:
    """Who holds a lock. `since` is seconds since the epoch."""

    user: str
    host: str
    pid: int
    run_id: str = ""
    since: float = 0.0

    @property
    def title(self) -> str:
        """One line for people."""
        return f"{self.user}@{self.host}, process {self.pid}"


class LockedByAnother(Exception):
    """Another process works on this portal and mapping."""

    def __init__(self, owner: Owner, mapping: str, portal_id: int) -> None:
        run = f", run {owner.run_id}" if owner.run_id else ""
        super().__init__(f"{owner.title}{run} is writing {mapping} to portal {portal_id}.")
        self.message = str(self)
        self.remedy = "Wait for it, watch it (hubspoke runs watch), or pause it (hubspoke runs pause)."
        self.owner = owner
        self.user = owner.user
        self.host = owner.host
        self.pid = owner.pid


def current_user() -> str:
    """The login name; the number where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def this_process(run_id: str = "") -> Owner:
    """This process as an owner."""
    return Owner(user=current_user(), host=socket.gethostname(), pid=os.getpid(), run_id=run_id, since=time.time())


def lock_file(locks: Path, portal_id: int, mapping: str) -> Path:
    """The lock's file: readable, and different for different mappings."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", mapping)[:40].strip("-")
    digest = hashlib.sha256(mapping.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return locks / f"{portal_id}-{readable}-{digest}.lock"


class OwnerLock:
    """The lock of one mapping in one portal; a context manager."""

    def __init__(self, locks: Path, portal_id: int, mapping: str, run_id: str = "") -> None:
        self.path = lock_file(locks, portal_id, mapping)
        self._portal_id = portal_id
        self._mapping = mapping
        self._run_id = run_id
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    async def __aenter__(self) -> Self:
        import asyncio  # Home asks for holders without an event loop

        taking = asyncio.ensure_future(asyncio.to_thread(self.acquire))  # waits a moment for those who merely look
        try:
            await asyncio.shield(taking)
        except asyncio.CancelledError:
            await asyncio.wait([taking])
            self.release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            LockedByAnother: naming user, host and process.
        """
        while self._descriptor is None:
            private_file(self.path)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
            try:
                self._take(descriptor)
                if not _is_at(descriptor, self.path):
                    os.close(descriptor)  # somebody tidied the folder up meanwhile: a lock that nobody else finds
                    continue
                mine = json.dumps(asdict(this_process(self._run_id))).encode()
                os.pwrite(descriptor, mine, 0)
                os.ftruncate(descriptor, len(mine))
            except BaseException:
                os.close(descriptor)
                raise
            self._descriptor = descriptor

    def _take(self, descriptor: int) -> None:
        patience = time.monotonic() + _PATIENCE_SECONDS  # somebody who merely looks holds it for a moment
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < patience:
                    time.sleep(_STEP_SECONDS)
                    continue
                owner = _read(descriptor) or Owner(user="unknown", host="unknown", pid=0)
                raise LockedByAnother(owner, self._mapping, self._portal_id) from None
            else:
                return

    def release(self) -> None:
        """Let go."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def holder(locks: Path, portal_id: int, mapping: str) -> Owner | None:
    """Who holds the lock at this moment; None when nobody does."""
    try:
        descriptor = os.open(lock_file(locks, portal_id, mapping), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor) or Owner(user="unknown", host="unknown", pid=0)
    else:
        return None
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> Owner | None:
    try:
        told = json.loads(os.pread(descriptor, 4096, 0))
        return Owner(**told)
    except (OSError, ValueError, TypeError):
        return None
