"""Archiving records, and what touches the journal only: links."""

from __future__ import annotations

from collections.abc import Sequence

from console.journal.journal import Settlement
from console.journal.model import Action, EntryState, Link, NewEntry
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
        items = [_item(entry) for entry in entries]
        links = await self._desk.links(items)
        foreign = [] if self._desk.plan.rules.delete_unowned else [item for item in items if not _ours(item, links)]
        await self._desk.settle([_not_ours(item) for item in foreign])
        items = await self._updates.fresh([item for item in items if item not in foreign])
        await self._desk.claim(items)
        await self._send(items)

    async def verify(self, entries: Sequence[NewEntry]) -> None:
        """Settle or send again what was in flight when a process died: by reading first."""
        await self._send(await self._look_up([_item(entry) for entry in entries]))

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
        """Read what may have been archived; returns what is still there."""
        if not items:
            return []
        found = await self._desk.read(items)
        settlements = [_archived(item) for item in found.missing]
        settlements += [self._desk.failed(item, error) for item, error in found.refused]
        await self._desk.settle(settlements)
        return [item for item, _ in found.records]


def linked(entry: NewEntry, link: Link | None) -> Settlement:
    """What LINK and UNLINK do; nothing is sent for them."""
    if entry.action is Action.UNLINK:
        return Settlement(number=entry.number, state=EntryState.DONE, unlink=entry.key_digest)
    uid = entry.uid or ""
    known = link if link is not None and link.uid == uid else Link(digest=entry.key_digest, uid=uid)
    return Settlement(number=entry.number, state=EntryState.DONE, uid=uid, link=known)


def _item(entry: NewEntry) -> Item:
    changes = entry.payload.changes if entry.payload is not None else ()
    return Item(entry=entry, uid=entry.uid or "", changes=changes)


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
