"""The journal's words about itself: does it hold, what is too old, what is in it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, Select

from console.journal import chain_check, retention, rows, run_rows
from console.journal.chain import Head
from console.journal.chain_check import Finding, Verdict
from console.journal.erasing import Opened
from console.journal.model import Approver, RunProgress
from console.journal.person_store import PersonStore
from console.journal.retention import DAY_SECONDS, Pruned
from console.settings.sealing import Seal

FILE = "the file journal.head"


class UpkeepStore(PersonStore):
    """Verification, retention, and what an export reads."""

    async def verify(self, heads: Sequence[tuple[str, Head]] = ()) -> Verdict:
        """Check the audit chain and everything that it stands for.

        `heads` are ends of the chain that were noted elsewhere, each with the name of its place; the file beside the
        journal is always asked.
        """
        kept = self._heads.kept()
        noted = [*heads, *([(FILE, kept)] if kept is not None else [])]
        keys = chain_check.Keys(self._keys.chain, self._keys.digest_key, self._seal_of, rows.plan_of)
        verdict = await self._read(lambda connection: chain_check.check(connection, keys, noted))
        findings = verdict.findings
        if self._heads.forged():
            findings = (*findings, Finding(place=FILE, message="was changed: this journal did not write it"))
        return msgspec.structs.replace(verdict, findings=findings, sealed=self.sealed)

    @property
    def chain_name(self) -> str:
        """What tells this journal's chain from another's; the same for its whole life."""
        return self._keys.chain.journal

    async def head(self) -> Head | None:
        """The end of the chain at this moment."""
        return await self._read(self._keys.chain.head)

    async def prune(self, days: float, who: Approver) -> Pruned:
        """Destroy what is older than that many days; see `console.journal.retention`."""
        before = time.time() - days * DAY_SECONDS
        if not await self._read(lambda connection: retention.due(connection, before)):
            return Pruned()
        opened = Opened(keys=self._keys, seal_of=self._seal_of)
        pruned = await self._writer.write(lambda connection: retention.prune(connection, opened, before, who))
        for plan_id in pruned.plans:
            self._seals.pop(plan_id, None)
        await self._note_head()
        return pruned

    async def compact(self) -> bool:
        """Make sure that what was deleted is in no file any more; False when somebody else reads at this moment."""
        return await self._writer.alone(retention.compact)

    async def runs_of(self, plan_id: str) -> list[RunProgress]:
        """The run of a plan, where it was approved."""
        row = await self._read(lambda connection: run_rows.find_run(connection, plan_id))
        return [await self.progress(row.id)] if row is not None else []

    async def all_rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """The rows of a statement."""
        return await self._read(lambda connection: connection.execute(statement).all())

    @property
    def digest_key(self) -> bytes:
        """The key of digests."""
        return self._keys.digest_key

    @property
    def link_seal(self) -> Seal:
        """What opens what links remember."""
        return Seal(self._keys.link_key)

    def seal_of(self, plan: Row[Any]) -> Seal | None:
        """What opens a plan's blobs; None when its key was destroyed."""
        return self._seal_of(plan)
