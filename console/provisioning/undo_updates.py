"""Putting values back: like any update, but for what only a cleared property takes, and for links that go again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from console.hubspot.model import Outcome, Record, Write
from console.journal.journal import Settlement
from console.journal.model import Change, Link, NewEntry
from console.provisioning import former
from console.provisioning.desk import Item, Sheet
from console.provisioning.outcomes import FORWARD_ONLY, Taken
from console.provisioning.undo_entries import UNLINKED_BEFORE
from console.provisioning.updates import Updates


class Restores(Updates):
    """The updates of an undo."""

    def item(self, entry: NewEntry) -> Item:
        """The entry on its way; what of it stays as it is, is said with its outcome."""
        item = super().item(entry)
        item.note = " ".join(problem.message for problem in entry.payload.problems) if entry.payload else ""
        return item

    async def _request(self, items: Sequence[Item]) -> Sheet:
        """Clear what does not go back by itself, then send all."""
        first = [item for item in items if _steps_back(item)]
        failed = await self._clear(first) if first else {}
        ready = [item for item in items if item.number not in failed]
        sheet = await super()._request(ready) if ready else Sheet()
        for item in first:
            if item.number in failed:
                sheet.refused(item, failed[item.number].error, gone=self._desk.gone(item))
        sheet.settlements += [self._desk.failed(item, error) for item, error in sheet.existing]
        sheet.existing = []
        return sheet

    async def _clear(self, items: Sequence[Item]) -> dict[int, Outcome]:
        """What could not be cleared, by number."""
        desk = self._desk
        writes = [
            Write(
                id=item.uid,
                properties={change.name: None for change in item.changes if change.name in FORWARD_ONLY},
                trace=f"{desk.trace(item)}.clear",
            )
            for item in items
        ]
        outcomes = await desk.send("UPDATE", items, lambda: desk.target.batch_update(desk.run.object_class, writes))
        return {item.number: outcome for item, outcome in zip(items, outcomes, strict=True) if outcome.record is None}

    def _untouched(self, item: Item, change: Change, record: Record) -> bool:
        if change.name in FORWARD_ONLY and not record.properties.get(change.name):
            return True  # cleared by us, before a crash
        return super()._untouched(item, change, record)

    def _done(self, item: Item, uid: str, taken: Taken, link: Link | None) -> Settlement:
        settlement = super()._done(item, uid, taken, link)
        if (before := former.link(item.entry)) is not None:
            return msgspec.structs.replace(settlement, link=before)
        if item.entry.situation not in UNLINKED_BEFORE:
            # what is not linked any more is not linked anew by putting its values back
            return settlement if link is not None else msgspec.structs.replace(settlement, link=None)
        gone = item.entry.key_digest if link is not None and link.uid == uid else None
        return msgspec.structs.replace(settlement, link=None, unlink=gone)


def _steps_back(item: Item) -> bool:
    return any(change.name in FORWARD_ONLY and change.before and change.after for change in item.changes)
