"""The journal: the durable truth about plans, runs, entries and links, for asyncio.

    journal = await Journal.open(paths.journal, master_key=key)
    plan = await journal.new_plan(Plan(id="", mapping=..., ...))        # the id is made here
    await journal.add_entries(plan.id, [NewEntry(number=1, ...), ...])  # as often as needed, in chunks
    totals, hashed = await journal.add_up(plan)                         # duplicates are marked here
    plan = await journal.finish_plan(replace(plan, guards=...), (totals, hashed))

Whatever is awaited here is on disk afterwards. Reads go over connections of their own and are never
held up by the writer.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import Connection

from console.journal.files import prepare
from console.journal.keys import JournalKeys
from console.journal.migrations import migrate
from console.journal.run_store import Command, Settlement
from console.journal.seal import Master
from console.journal.upkeep_store import UpkeepStore
from console.journal.writer import Writer

__all__ = ["Command", "Journal", "Settlement"]


class Journal(UpkeepStore):
    """One open journal; make one with `Journal.open`."""

    @classmethod
    async def open(cls, path: Path, *, master_key: bytes | None) -> Journal:
        """Open the journal, made where missing and brought up to date.

        `master_key` is the vault's journal key; None keeps payloads plain, and plans say so.

        Raises:
            JournalError: it cannot be opened, with the remedy.
        """
        await asyncio.to_thread(prepare, path)
        writer = Writer(path)

        def start(connection: Connection) -> JournalKeys:
            migrate(connection, path)
            return JournalKeys.load(connection, Master(master_key))

        try:
            keys = await writer.write(start)
        except BaseException:
            await asyncio.to_thread(writer.close)
            raise
        return cls(path, writer, keys)
