"""Deleting records as the mapping says, and what touches the journal only: links."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import msgspec

from console.hubspot.errors import HubSpotError
from console.hubspot.model import Outcome
from console.journal.journal import Settlement
from console.journal.model import Action, EntryState, Link, NewEntry, Situation
from console.provisioning import former
from console.provisioning.desk import Desk, Item, Sheet
from console.provisioning.updates import Updates

OURS = "ours"
"""The mark of an entry whose link said that Hubspoke made the record: an undo gives the link back as it was."""


class Removals:
    """Deletes what Hubspoke created (or whatever the policy says), by id: archives, erases, or sets properties."""

    def __init__(self, desk: Desk, updates: Updates) -> None:
        self._desk = desk
        self._updates = updates

    async def apply(self, entries: Sequence[NewEntry]) -> None:
        """Check whose records they are, re-read what is stale, claim and archive.

        Raises:
            Halt: the run stands still.
        """
        items = await self._updates.fresh(await self._owned([_item(entry) for entry in entries]), self._was_gone)
        await self._desk.claim(items)
        await self._send(items)

    async def verify(self, entries: Sequence[NewEntry]) -> None:
        """Settle or send again what was in flight when a process died: by reading first."""
        items = await self._owned([_item(entry) for entry in entries])
        if self._how == "set":
            await self._updates.send(await self._updates.look_up(items))
        else:
            await self._send(await self._look_up(items))

    async def _owned(self, items: Sequence[Item]) -> list[Item]:
        """What may be archived: records that Hubspoke made, unless the mapping says that all may be."""
        links = await self._desk.links(items)
        for item in items:
            item.ours = _ours(item, links)
        foreign = [] if self._desk.plan.rules.delete_unowned else [item for item in items if not item.ours]
        await self._desk.settle([_not_ours(item) for item in foreign])
        return [item for item in items if item not in foreign]

    @property
    def _how(self) -> str:
        return self._desk.plan.rules.deletion

    async def _send(self, items: Sequence[Item]) -> None:
        if self._how == "set":
            await self._updates.send(items)
        else:
            await self._desk.rounds(items, self._request, lambda sheet: self._look_up(sheet.unknown))

    async def _request(self, items: Sequence[Item]) -> Sheet:
        """Send once and sort the answers."""
        desk = self._desk
        uids = [item.uid for item in items]
        if self._how == "gdpr_delete":
            outcomes = await desk.send("DELETE", items, lambda: self._erase(uids))
        else:
            outcomes = await desk.send("DELETE", items, lambda: desk.target.batch_archive(desk.run.object_class, uids))
        sheet = Sheet()
        for item, outcome in zip(items, outcomes, strict=True):
            if outcome.ok:
                sheet.settlements.append(_archived(item))
            else:
                sheet.refused(item, outcome.error, gone=_archived(item))
        sheet.settlements += [desk.failed(item, error) for item, error in sheet.existing]
        sheet.existing = []
        return sheet

    async def _erase(self, uids: Sequence[str]) -> list[Outcome]:
        """One request a contact: HubSpot has no batch for it."""

        async def one(uid: str) -> Outcome:
            try:
                await self._desk.target.hubspot.gdpr_delete(uid)
            except HubSpotError as error:
                return Outcome(error=error)
            return Outcome()

        return list(await asyncio.gather(*map(one, uids)))

    async def _look_up(self, items: Sequence[Item]) -> list[Item]:
        """Read what may be gone; returns what is still there, as it was, and what must be sent again to be sure.

        An archived contact cannot be told from an erased one here, and erasing it once more does no harm.
        """
        for item in items:
            item.read_at = -math.inf  # however lately it was planned: a record that is there still must be as it was
        gone: list[Item] = []

        def archived(item: Item) -> Settlement:
            gone.append(item)
            return Settlement(number=item.number, state=EntryState.INFLIGHT, uid=item.uid)

        if self._how != "gdpr_delete":
            return await self._updates.fresh(items, _archived)
        return [*await self._updates.fresh(items, archived), *gone]

    def _was_gone(self, item: Item) -> Settlement:
        if self._how == "set":
            return self._desk.gone(item)
        return msgspec.structs.replace(_archived(item), outcome=f"The record {item.uid} was gone already.")


def linked(entry: NewEntry, link: Link | None, owner: Link | None, *, undoing: bool = False) -> Settlement:
    """What LINK and UNLINK do; nothing is sent for them. `owner` is the link that the entry's record has by now."""
    if entry.action is Action.UNLINK:
        ours = link is not None and link.created_by_us and link.uid == entry.uid
        if undoing and (before := former.link(entry)) is not None:
            return Settlement(number=entry.number, state=EntryState.DONE, link=before)
        return Settlement(
            number=entry.number, state=EntryState.DONE, unlink=entry.key_digest, cause=OURS if ours else ""
        )
    uid = entry.uid or ""
    if undoing and link is not None and link.uid != uid:
        return Settlement(
            number=entry.number,
            state=EntryState.CONFLICT,
            outcome=f"There is another link by now, to the record {link.uid}; it stays.",
            cause="linked anew",
        )
    if (undoing or entry.situation is Situation.FOUND) and owner is not None and owner.digest != entry.key_digest:
        return Settlement(
            number=entry.number,
            state=EntryState.NEEDS_DECISION,
            outcome=f"The record {uid} was linked to another person since the plan was made. Plan again.",
            cause="FOUND_ALREADY_LINKED",
        )
    fresh = Link(digest=entry.key_digest, uid=uid, created_by_us=undoing and entry.cause == OURS)
    known = link if link is not None and link.uid == uid else fresh
    return Settlement(number=entry.number, state=EntryState.DONE, uid=uid, link=known, befores=former.image(link, uid))


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
    before = former.link(item.entry)
    return Settlement(
        number=item.number,
        state=EntryState.DONE,
        uid=item.uid,
        link=before,
        unlink=(item.entry.key_digest or None) if before is None else None,
        cause=OURS if item.ours else "",
    )
