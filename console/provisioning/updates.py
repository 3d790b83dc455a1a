"""Updates: never over a value that changed since it was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.hubspot.model import Record, Write
from console.journal.journal import Settlement
from console.journal.model import Action, Change, EntryState, Link, NewEntry
from console.provisioning.desk import Desk, Item, Sheet
from console.provisioning.outcomes import Taken

STALE_SECONDS = 60.0
"""A record that was read longer ago is read again in its batch before it is written."""


class Updates:
    """Changes records by id."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def item(self, entry: NewEntry) -> Item:
        """The entry on its way."""
        changes = entry.payload.changes if entry.payload is not None else ()
        return Item(
            entry=entry, uid=entry.uid or "", changes=changes, befores=dict(entry.befores), read_at=entry.read_at
        )

    async def apply(self, entries: Sequence[NewEntry]) -> None:
        """Re-read what is stale, claim and send.

        Raises:
            Halt: the run stands still.
        """
        items = await self.fresh(await self._unwritten([self.item(entry) for entry in entries]))
        await self._desk.claim(items)
        await self.send(items)

    async def _unwritten(self, items: Sequence[Item]) -> list[Item]:
        """Settle what has no value to write (links, associations); the others come back."""
        nothing = [item for item in items if not item.changes]
        links = await self._desk.links(nothing)
        done = Taken(state=EntryState.DONE)
        await self._desk.settle(
            [self._done(item, item.uid, done, links.get(item.entry.key_digest)) for item in nothing], attempted=False
        )
        return [item for item in items if item.changes]

    async def verify(self, entries: Sequence[NewEntry]) -> None:
        """Settle or send again what was in flight when a process died: by reading first."""
        await self.send(await self.look_up([self.item(entry) for entry in entries]))

    async def send(self, items: Sequence[Item]) -> None:
        """Send what is claimed, until every item has its outcome."""

        async def look_up(sheet: Sheet) -> list[Item]:
            stale = [item for item in sheet.again if self._is_stale(item)]  # it took long to be refused
            sheet.again = [item for item in sheet.again if item not in stale]
            return await self.look_up([*sheet.unknown, *stale])

        await self._desk.rounds(items, self._request, look_up)

    async def _request(self, items: Sequence[Item]) -> Sheet:
        """Send once and sort the answers."""
        desk = self._desk
        writes = [
            Write(
                id=item.uid, properties={change.name: change.after for change in item.changes}, trace=desk.trace(item)
            )
            for item in items
        ]
        outcomes = await desk.send("UPDATE", items, lambda: desk.target.batch_update(desk.run.object_class, writes))
        links = await desk.links(items)
        sheet = Sheet()
        for item, outcome in zip(items, outcomes, strict=True):
            if outcome.record is not None:
                taken = desk.values.taken(item.changes, outcome.record)
                link = links.get(item.entry.key_digest)
                sheet.settlements.append(self._done(item, outcome.record.id, taken, link))
            else:
                sheet.refused(item, outcome.error, gone=desk.gone(item))
        sheet.settlements += [desk.failed(item, error) for item, error in sheet.existing]
        sheet.existing = []
        return sheet

    async def fresh(self, items: Sequence[Item], gone: Callable[[Item], Settlement] = Desk.gone) -> list[Item]:
        """What may be written as planned; what changed meanwhile is settled here, what is `gone` as that says.

        HubSpot has no conditional write: between this read and the write a change can still be lost.
        """
        stale = [item for item in items if self._is_stale(item)]
        if not stale:
            return list(items)
        found = await self._desk.read(stale)
        settlements = [gone(item) for item in found.missing]
        settlements += [self._desk.failed(item, error) for item, error in found.refused]
        links = await self._desk.links(stale)
        moved = await self._moved_into_others(found.records)
        dropped = {settlement.number for settlement in settlements}
        for item, record in found.records:
            settlement = moved.get(item.number) or self._compared(item, record)
            if settlement is None and not self._removes(item) and not item.changes:
                taken = self._desk.values.taken((), record)
                settlement = self._done(item, record.id, taken, links.get(item.entry.key_digest))
            if settlement is not None:
                settlements.append(settlement)
                dropped.add(item.number)
        await self._desk.settle(settlements)
        kept = [item for item in items if item.number not in dropped]
        return await self._once_each(kept)

    def _removes(self, item: Item) -> bool:
        """Whether the record is to go, and not only to change."""
        return item.entry.action is Action.DELETE and self._desk.plan.rules.deletion != "set"

    def _is_stale(self, item: Item) -> bool:
        return not 0 <= self._desk.clock() - item.read_at <= STALE_SECONDS

    async def _moved_into_others(self, records: Sequence[tuple[Item, Record]]) -> dict[int, Settlement]:
        """Conflicts of items whose record was merged into one that is somebody else's, by number.

        Nothing is deleted that was merged: what survives is more than what was planned to go.
        """
        merged = {item.number: (item, record.id) for item, record in records if record.id != item.uid}
        if not merged:
            return {}
        spoken_for = await self._desk.others([(item, uid) for item, uid in merged.values()])
        return {
            number: merged_conflict(item, uid)
            for number, (item, uid) in merged.items()
            if self._removes(item) or number in spoken_for
        }

    def _compared(self, item: Item, record: Record) -> Settlement | None:
        """Leaves in the item what is still to be sent; a settlement when a value changed meanwhile."""
        values = self._desk.values
        if self._removes(item):
            moved = [change for change in item.changes if not values.untouched(change, record)]
        else:
            there = [
                change
                for change in item.changes
                if values.holds(change, record) or (change.write == "if_empty" and record.properties.get(change.name))
            ]
            item.changes = tuple(change for change in item.changes if change not in there)
            # somebody else wrote these: an undo must not take them for ours
            item.befores |= {change.name: record.properties.get(change.name) for change in there}
            moved = [change for change in item.changes if not self._untouched(item, change, record)]
        item.uid = record.id
        if not moved:
            return None
        if self._desk.plan.rules.on_conflict == "overwrite":
            item.befores |= {change.name: record.properties.get(change.name) for change in moved}
            return None
        return _conflict(item, record, moved)

    async def _once_each(self, items: Sequence[Item]) -> list[Item]:
        """After a merge two entries may mean one record; only the first of them is written."""
        seen: set[str] = set()
        kept: list[Item] = []
        twice: list[Settlement] = []
        for item in items:
            if item.uid in seen:
                twice.append(merged_conflict(item, item.uid))
            else:
                seen.add(item.uid)
                kept.append(item)
        await self._desk.settle(twice)
        return kept

    async def look_up(self, items: Sequence[Item]) -> list[Item]:
        """Read what may have been written; returns what HubSpot still has as before, or in part."""
        if not items:
            return []
        desk = self._desk
        found = await desk.read(items)
        links = await desk.links(items)
        merged = await self._moved_into_others(found.records)
        settlements = [desk.gone(item) for item in found.missing]
        settlements += [desk.failed(item, error) for item, error in found.refused]
        again: list[Item] = []
        for item, record in found.records:
            if item.number in merged:
                settlements.append(merged[item.number])
                continue
            item.uid = record.id  # a write by the id of a merged record would do nothing, and say so
            taken = desk.values.taken(item.changes, record)
            moved = self._moved(item, record)
            if taken.state is EntryState.DONE:
                settlements.append(self._done(item, record.id, taken, links.get(item.entry.key_digest)))
            elif not moved:
                again.append(item)
            elif desk.plan.rules.on_conflict == "overwrite":
                item.befores = item.befores | {c.name: record.properties.get(c.name) for c in moved}
                again.append(item)
            else:
                settlements.append(_conflict(item, record, moved))
        await desk.settle(settlements)
        return again

    def _moved(self, item: Item, record: Record) -> list[Change]:
        """The changes whose property is neither as it was nor as it is wanted: somebody else was there."""
        values = self._desk.values
        return [
            change
            for change in item.changes
            if not values.holds(change, record)
            and not values.tidied_by(change, record.properties.get(change.name))
            and not self._untouched(item, change, record)
        ]

    def _untouched(self, item: Item, change: Change, record: Record) -> bool:
        """Whether the record still has what was seen before anything was sent."""
        before = item.befores.get(change.name, change.before)
        return self._desk.values.equal(change.name, before, record.properties.get(change.name))

    def _done(self, item: Item, uid: str, taken: Taken, link: Link | None) -> Settlement:
        """The settlement of a write that HubSpot took."""
        return self._desk.done(item, uid, taken, link)


def merged_conflict(item: Item, uid: str) -> Settlement:
    """The settlement of an entry whose record became part of another one."""
    return Settlement(
        number=item.number,
        state=EntryState.CONFLICT,
        outcome=f"The record {item.entry.uid} was merged into {uid}, which is not this entry's to write. Plan again.",
        cause="merged",
    )


def _conflict(item: Item, record: Record, moved: Sequence[Change]) -> Settlement:
    names = ", ".join(change.name for change in moved)
    told = "; ".join(
        f'{change.name}: the plan saw "{change.before or ""}", HubSpot has "{record.properties.get(change.name) or ""}"'
        for change in moved
    )
    return Settlement(
        number=item.number,
        state=EntryState.CONFLICT,
        outcome=f"Changed in HubSpot since the plan was made ({told}). Plan again.",
        cause=f"changed meanwhile ({names})" if len(moved) == 1 else "changed meanwhile",
    )
