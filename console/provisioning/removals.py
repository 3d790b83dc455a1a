"""Archiving records, and what touches the journal only: links."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from console.journal.journal import Settlement
from console.journal.model import Action, EntryState, Link, NewEntry, Situation
from console.provisioning.desk import Desk, Item, Sheet
from console.provisioning.updates import Updates


class Removals:
    """Archives what Hubspoke created (or whatever the policy says), by id."""

    def __init__(self, desk: Desk, updates: Updates) -> None:
        self._desk = desk
        self._updates = updates

    async def apply(self, entries: Sequence[NewEntry]) -> None:
        """Check whose records they are, re-read what is stale, claim and archive.

        Raises:
            Halt: the run stands still.
        """
        items = await self._updates.fresh(await self._owned([_item(entry) for entry in entries]), _was_gone)
        await self._desk.claim(items)
        await self._send(items)

    async def verify(self, entries: Sequence[NewEntry]) -> None:
        """Settle or send again what was in flight when a process died: by reading first."""
        items = await self._owned([_item(entry) for entry in entries])
        for item in items:
            item.read_at = -math.inf  # however lately it was planned: a record that is there still must be as it was
        await self._send(await self._updates.fresh(items, _archived))

    async def _owned(self, items: Sequence[Item]) -> list[Item]:
        """What may be archived: records that Hubspoke made, unless the mapping says that all may be."""
        links = await self._desk.links(items)
        foreign = [] if self._desk.plan.rules.delete_unowned else [item for item in items if not _ours(item, links)]
        await self._desk.settle([_not_ours(item) for item in foreign])
        return [item for item in items if item not in foreign]

    async def _send(self, items: Sequence[Item]) -> None:
        await self._desk.rounds(items, self._request, lambda sheet: self._look_up(sheet.unknown))

    async def _request(self, items: Sequence[Item]) -> Sheet:
        """Send once and sort the answers."""
        desk = self._desk
        uids = [item.uid for item in items]
        outcomes = await desk.send(lambda: desk.target.batch_archive(desk.run.object_class, uids))
        sheet = Sheet()
        for item, outcome in zip(items, outcomes, strict=True):
            if outcome.ok:
                sheet.settlements.append(_archived(item))
            else:
                sheet.refused(item, outcome.error, gone=_archived(item))
        sheet.settlements += [desk.failed(item, error) for item, error in sheet.existing]
        sheet.existing = []
        return sheet

    async def _look_up(self, items: Sequence[Item]) -> list[Item]:
        """Read what may have been archived; returns what is still there, as it was."""
        for item in items:
            item.read_at = -math.inf
        return await self._updates.fresh(items, _archived)


def linked(entry: NewEntry, link: Link | None, owner: Link | None) -> Settlement:
    """What LINK and UNLINK do; nothing is sent for them. `owner` is the link that the entry's record has by now."""
    if entry.action is Action.UNLINK:
        return Settlement(number=entry.number, state=EntryState.DONE, unlink=entry.key_digest)
    uid = entry.uid or ""
    if entry.situation is Situation.FOUND and owner is not None and owner.digest != entry.key_digest:
        return Settlement(
            number=entry.number,
            state=EntryState.NEEDS_DECISION,
            outcome=f"The record {uid} was linked to another person since the plan was made. Plan again.",
            cause="FOUND_ALREADY_LINKED",
        )
    known = link if link is not None and link.uid == uid else Link(digest=entry.key_digest, uid=uid)
    return Settlement(number=entry.number, state=EntryState.DONE, uid=uid, link=known)


def _item(entry: NewEntry) -> Item:
    changes = entry.payload.changes if entry.payload is not None else ()
    return Item(entry=entry, uid=entry.uid or "", changes=changes, read_at=entry.read_at)


def _ours(item: Item, links: dict[bytes, Link]) -> bool:
    link = links.get(item.entry.key_digest)
    return link is not None and link.created_by_us and link.uid == item.entry.uid


def _not_ours(item: Item) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.SKIPPED,
        outcome=f"The record {item.uid} was not created by Hubspoke, so it is not deleted.",
        cause="not ours",
    )


def _archived(item: Item) -> Settlement:
    return Settlement(number=item.number, state=EntryState.DONE, uid=item.uid, unlink=item.entry.key_digest or None)


def _was_gone(item: Item) -> Settlement:
    return msgspec.structs.replace(_archived(item), outcome=f"The record {item.uid} was gone already.")
