"""Archiving records, and what touches the journal only: links."""

from __future__ import annotations

from collections.abc import Sequence

from console.hubspot.errors import HubSpotError, OutcomeUnknown
from console.journal.journal import Settlement
from console.journal.model import Action, EntryState, Link, NewEntry
from console.provisioning.desk import ROUNDS, Desk, Item
from console.provisioning.outcomes import Halt, Meaning, halt_for, meaning
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

    async def _send(self, todo: list[Item]) -> None:
        desk = self._desk
        answered = False
        error: HubSpotError | None = None
        for _ in range(ROUNDS):
            if not todo:
                return
            settlements: list[Settlement] = []
            unknown: list[Item] = []
            again: list[Item] = []
            halt: Halt | None = None
            uids = [item.uid for item in todo]
            outcomes = await desk.send(lambda uids=uids: desk.target.batch_archive(desk.run.object_class, uids))  # type: ignore[misc]
            for item, outcome in zip(todo, outcomes, strict=True):
                if outcome.ok:
                    settlements.append(_archived(item))
                    continue
                error = outcome.error or OutcomeUnknown("HubSpot said nothing about this record.")
                match meaning(error):
                    case Meaning.UNKNOWN:
                        unknown.append(item)
                    case Meaning.NOTHING:
                        again.append(item)
                    case Meaning.STOP:
                        again.append(item)
                        halt = halt or halt_for(error)
                    case Meaning.GONE:
                        settlements.append(_archived(item))
                    case _:
                        settlements.append(desk.failed(item, error))
            answered = answered or bool(settlements)
            await desk.settle(settlements)
            if halt is not None:
                await desk.release(again)
                raise halt
            todo = again + await self._look_up(unknown)
        if error is not None:
            await desk.give_up(todo, error, answered=answered)

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
