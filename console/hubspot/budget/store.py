"""Where the ledger is kept: in this process, or in a file that all processes of the machine share."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from console.hubspot.budget.clock import Clock, SystemClock
from console.hubspot.budget.ledger import Ledger
from console.hubspot.budget.model import BudgetState
from console.hubspot.budget.reading import present_time, read_state
from console.hubspot.budget.rules import Scope
from console.hubspot.budget.tables import open_file, open_memory
from console.hubspot.errors import NotSent
from console.settings.errors import SettingsError

T = TypeVar("T")
Job = Callable[[Ledger], T]


class BudgetUnavailable(NotSent):
    """The shared file cannot be used, so nothing may be sent."""


class Store(Protocol):
    """Runs jobs on a ledger, one after the other, in the order in which they were given."""

    clock: Clock

    async def run(self, job: Job[T]) -> T:
        """The job's result. Raises BudgetUnavailable."""

    def submit(self, job: Job[object]) -> None:
        """Run the job soon; a failure shows at the next `run`."""

    def state(self, scope: Scope) -> BudgetState:
        """What the gauges show, at once; it never waits for a writer."""

    async def aclose(self) -> None:
        """Finish what was submitted and close."""


class MemoryStore:
    """The budget of one process that shares it with nobody."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self._ledger = Ledger(open_memory(self.clock.boot), self.clock)

    async def run(self, job: Job[T]) -> T:
        """The job's result."""
        return job(self._ledger)

    def submit(self, job: Job[object]) -> None:
        """Run the job."""
        job(self._ledger)

    def state(self, scope: Scope) -> BudgetState:
        """What the gauges show."""
        return self._ledger.state(scope)

    async def aclose(self) -> None:
        """Nothing to close: several budgets may share the store."""


class SqliteStore:
    """The budget of all processes of this machine: a small file, one worker thread, no waiting on the event loop."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.path = path
        self._worker: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._ledger: Ledger | None = None
        self._reader: sqlite3.Connection | None = None

    async def run(self, job: Job[T]) -> T:
        """The job's result. Raises BudgetUnavailable."""
        future = self._hand_over(job)
        # A cancelled caller leaves the job running: its effect is taken back by whoever asked for it.
        return await asyncio.shield(asyncio.wrap_future(future))

    def submit(self, job: Job[object]) -> None:
        """Run the job on the worker; a lost give-back ends with its lease."""
        self._hand_over(job).add_done_callback(_look_at)

    def state(self, scope: Scope) -> BudgetState:
        """What the gauges show, read on a connection of its own: a reader of a WAL file never waits for a writer."""
        if not self.path.exists():
            return BudgetState()
        try:
            if self._reader is None:
                uri = f"{self.path.absolute().as_uri()}?mode=ro"
                self._reader = sqlite3.connect(uri, uri=True, timeout=0.05, check_same_thread=False)
            now = present_time(self._reader, self.clock.boot, self.clock.now())
            return read_state(self._reader, app=scope.app, portal=scope.portal, now=now, wall=self.clock.wall())
        except sqlite3.Error:
            # not made yet, or being made again: the next look will find it
            self._close_reader()
            return BudgetState()

    async def aclose(self) -> None:
        """Finish what was submitted and close the file."""
        if self._worker is not None:
            await asyncio.wrap_future(self._worker.submit(self._close))
            self._worker.shutdown(wait=False)
            self._worker = None
        self._close_reader()

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _hand_over(self, job: Job[T]) -> Future[T]:
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="budget")
        return self._worker.submit(self._work, job)

    def _work(self, job: Job[T]) -> T:
        try:
            if self._ledger is None:
                self._connection = self._open()
                self._ledger = Ledger(self._connection, self.clock)
            return job(self._ledger)
        except (sqlite3.Error, OSError, SettingsError) as error:
            raise self._unavailable(error) from error

    def _open(self) -> sqlite3.Connection:
        return open_file(self.path, self.clock.boot)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._ledger = None

    def _unavailable(self, error: Exception) -> BudgetUnavailable:
        return BudgetUnavailable(
            f"The shared rate budget {self.path} cannot be used: {error}.",
            advice="Free space or correct the rights of the folder, or name another folder with --state.",
        )


def _look_at(future: Future[object]) -> None:
    # Reading the exception keeps the interpreter from warning; the next `run` meets the same trouble and raises.
    if not future.cancelled():
        future.exception()
