"""What all parts of the journal stand on: one writer, readers, keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from console.journal import plan_rows
from console.journal.chain import Head, holds
from console.journal.errors import translated
from console.journal.head import HeadFile
from console.journal.keys import JournalKeys
from console.journal.writer import Writer, open_engine
from console.settings.sealing import Seal

T = TypeVar("T")

_READERS = 2


class Store:
    """An open journal file without any words of its own."""

    def __init__(self, path: Path, writer: Writer, keys: JournalKeys) -> None:
        self.path = path
        self._writer = writer
        self._keys = keys
        self._reader = open_engine(path, write=False)
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="journal-read")
        self._seals: dict[str, Seal] = {}
        self._heads = HeadFile(path, keys.chain)
        self._closing = False

    async def close(self) -> None:
        """Finish what is being written, and close the file."""
        self._closing = True
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._threads.shutdown)
        self._reader.dispose()

    aclose = close

    @property
    def sealed(self) -> bool:
        """Whether what is written from now on is sealed."""
        return self._keys.sealed

    async def _read(self, job: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read_now, job)

    def _read_now(self, job: Callable[[Connection], T]) -> T:
        try:
            with self._reader.connect() as connection:
                return job(connection)
        except DBAPIError as error:
            raise translated(error.orig or error, self.path) from None

    async def _note_head(self) -> None:
        """Keep the end of the audit chain beside the journal too: whoever cuts the chain must know of the file."""
        if self._closing:
            return  # whoever opens it next keeps a later one
        kept = self._heads.kept()

        def job(connection: Connection) -> Head | None:
            if kept is not None and not holds(connection, kept):
                return None  # the file is all that still knows of what went
            return self._keys.chain.head(connection)

        head = await self._read(job)
        if head is not None:
            await asyncio.to_thread(self._heads.keep, head)

    async def _seal(self, plan_id: str) -> Seal | None:
        known = self._seals.get(plan_id)
        if known is not None:
            return known
        return self._seal_of(await self._read(lambda connection: plan_rows.plan_row(connection, plan_id)))

    def _seal_of(self, row: Any) -> Seal | None:
        """What opens a plan's blobs; None when its key was destroyed."""
        if row.id not in self._seals:
            if row.sealed and row.key is None:
                return None
            self._seals[row.id] = Seal(self._keys.master.unwrap(row.key, row.id) if row.sealed else None)
        return self._seals[row.id]
