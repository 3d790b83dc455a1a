"""The one thread of this process that writes the journal.

Whoever waits meanwhile shares the next commit: the cost of a commit to disk is paid per group.
Between processes SQLite's own lock serialises.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from console.journal.errors import JournalError, translated
from console.settings.wal import use_wal

T = TypeVar("T")
Job = Callable[[Any], Any]
"""What is run: with SQLAlchemy's connection in a transaction, or with the driver's own alone."""

_BUSY_SECONDS = 30
_GROUP = 64


def open_engine(path: Path, *, write: bool) -> Engine:
    """An engine on the journal's file; a writing one begins every transaction with the write lock."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            if write:
                use_wal(connection, patience=_BUSY_SECONDS)
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only unlinked
            else:
                connection.execute("PRAGMA query_only = 1")
        except BaseException:
            connection.close()
            raise
        return connection

    if write:
        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        return engine
    return create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=2, hide_parameters=True)


class Writer:
    """Takes jobs, runs them in order, commits them in groups, and answers after the commit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = open_engine(path, write=True)
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Any]] | None] = queue.SimpleQueue()
        self._alone: set[Future[Any]] = set()
        self._held: tuple[Job, Future[Any]] | None = None
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in a transaction; its result comes when it is on disk. A job may run twice (never commit twice).

        Raises:
            JournalError: it is not on disk.
        """
        future: Future[Any] = Future()
        with (
            self._closing
        ):  # nothing may be put behind the end: nobody would take it, and its writer would wait for ever
            if self._closed:
                raise JournalError("The journal is closed.")
            self._jobs.put((job, future))
        return cast("T", await asyncio.wrap_future(future))

    async def alone(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run `job` outside any transaction, as VACUUM wants it.

        Raises:
            JournalError: it could not be done.
        """
        future: Future[Any] = Future()
        with self._closing:
            if self._closed:
                raise JournalError("The journal is closed.")
            self._alone.add(future)
            self._jobs.put((job, future))
        return cast("T", await asyncio.wrap_future(future))

    def close(self) -> None:
        """Finish what was handed in, then end the thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        connection: Connection | None = None
        ending = False
        while not ending:
            group, ending = self._next_group()
            if not group:
                continue
            try:
                if connection is None:
                    connection = self._engine.connect()
                if group[0][1] in self._alone:
                    self._run_alone(connection, *group[0])
                else:
                    self._commit(connection, group)
            except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it; the thread must live on
                trouble = self._explained(error)
                for _, future in group:
                    if not future.done():
                        future.set_exception(trouble)
        if connection is not None:
            connection.close()

    def _next_group(self) -> tuple[list[tuple[Job, Future[Any]]], bool]:
        group: list[tuple[Job, Future[Any]]] = []
        item = self._held if self._held is not None else self._jobs.get()
        self._held = None
        while item is not None:
            alone = item[1] in self._alone
            if alone and group:
                self._held = item  # after the others
                return group, False
            if item[1].set_running_or_notify_cancel():
                group.append(item)
            if alone or len(group) >= _GROUP:
                return group, False
            try:
                item = self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, connection: Connection, group: list[tuple[Job, Future[Any]]]) -> None:
        begun = False
        try:
            with connection.begin():
                begun = True
                results = [job(connection) for job, _ in group]
        except Exception:
            if len(group) == 1 or not begun:  # who is locked out together need not wait in turn
                raise
            self._one_by_one(connection, group)  # one of them is at fault: the others shall not suffer
            return
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)

    def _run_alone(self, connection: Connection, job: Callable[[Any], Any], future: Future[Any]) -> None:
        self._alone.discard(future)
        driver = connection.connection.driver_connection
        if driver is None:
            raise JournalError("The journal is closed.")
        future.set_result(job(driver))

    def _one_by_one(self, connection: Connection, group: list[tuple[Job, Future[Any]]]) -> None:
        for job, future in group:
            try:
                with connection.begin():
                    result = job(connection)
            except Exception as error:  # noqa: BLE001 - handed to the one who waits
                future.set_exception(self._explained(error))
            else:
                future.set_result(result)

    def _explained(self, error: BaseException) -> BaseException:
        if isinstance(error, DBAPIError) and error.orig is not None:
            return translated(error.orig, self._path)
        if isinstance(error, sqlite3.Error):
            return translated(error, self._path)
        return error
