"""Creates: exactly once where there is a unique key, never twice where there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from console.hubspot.errors import Conflict, HubSpotError
from console.hubspot.model import Record, Write
from console.journal.journal import Settlement
from console.journal.model import Change, EntryState, NewEntry
from console.provisioning.desk import Desk, Item, Sheet
from console.provisioning.updates import Updates

OURS_SECONDS = 120.0
"""How far HubSpot's clock may be off ours when we tell whether a record was made by an interrupted create."""


FOUND = "found"
"""The mark of an entry in flight whose record was there before us: a crash must not make us its creator."""


class Creates:
    """Makes records, and turns into an update what is there already."""

    def __init__(self, desk: Desk, updates: Updates) -> None:
        self._desk = desk
        self._updates = updates

    async def apply(self, entries: Sequence[NewEntry]) -> None:
        """Claim and send new records.

        Raises:
            Halt: the run stands still.
        """
        items = [_item(entry) for entry in entries]
        held = [] if self._desk.plan.rules.allow_unkeyed_creates else [item for item in items if not self._keyed(item)]
        await self._desk.settle([_unkeyed(item) for item in held])
        items = [item for item in items if item not in held]
        await self._desk.claim(items)
        await self._send(items, self._desk.clock())

    async def verify(self, entries: Sequence[NewEntry]) -> None:
        """Settle or send again what was in flight when a process died: by reading first."""
        items = [_item(entry) for entry in entries]
        await self._desk.settle([_uncertain(item, "The process died.") for item in items if not self._keyed(item)])
        items = [item for item in items if self._keyed(item)]
        since = min((item.entry.claimed_at for item in items), default=0.0)
        await self._send(await self._look_up(items, since), since)

    async def _send(self, items: Sequence[Item], since: float) -> None:
        async def look_up(sheet: Sheet) -> list[Item]:
            await self._adopt_existing(sheet.existing)
            return await self._look_up(sheet.unknown, since)

        await self._desk.rounds(items, self._request, look_up)

    async def _request(self, items: Sequence[Item]) -> Sheet:
        """Send once and sort the answers."""
        desk = self._desk
        writes = [
            Write(
                properties={change.name: change.after for change in item.changes if change.after},
                trace=desk.trace(item),
            )
            for item in items
        ]
        outcomes = await desk.send(lambda: desk.target.batch_create(desk.run.object_class, writes))
        links = await desk.links(items)
        sheet = Sheet()
        for item, outcome in zip(items, outcomes, strict=True):
            if outcome.record is not None:
                taken = desk.values.taken(item.changes, outcome.record)
                link = links.get(item.entry.key_digest)
                sheet.settlements.append(desk.done(item, outcome.record.id, taken, link, created=True))
            else:
                sheet.refused(item, outcome.error)
        lost = [item for item in sheet.unknown if not self._keyed(item)]
        sheet.settlements += [_uncertain(item, str(sheet.error)) for item in lost]
        sheet.unknown = [item for item in sheet.unknown if item not in lost]
        return sheet

    async def _adopt_existing(self, existing: Sequence[tuple[Item, HubSpotError]]) -> None:
        """CONFLICT on a create becomes FOUND: the record in the way is the person's."""
        if not existing:
            return
        errors = {item.number: error for item, error in existing}
        named: list[Item] = []
        unnamed: list[Item] = []
        for item, error in existing:
            item.uid = (error.existing_id if isinstance(error, Conflict) else None) or ""
            (named if item.uid else unnamed).append(item)
        keyed = [item for item in unnamed if self._keyed(item)]
        by_id = await self._desk.read(named)
        by_key = await self._desk.read([*filter(self._keyed, by_id.missing), *keyed], by_key=True)
        lost = [item for item in (*unnamed, *by_id.missing) if not self._keyed(item)]
        lost += [*by_key.missing, *(item for item, _ in (*by_id.refused, *by_key.refused))]
        await self._desk.settle([self._desk.failed(item, errors[item.number]) for item in lost])
        await self._adopt([(item, record, False) for item, record in (*by_id.records, *by_key.records)])

    async def _look_up(self, items: Sequence[Item], since: float) -> list[Item]:
        """Read by unique key what may have been created; returns what HubSpot does not have."""
        if not items:
            return []
        found = await self._desk.read(items, by_key=True)
        await self._desk.settle([_uncertain(item, error.message) for item, error in found.refused])
        await self._adopt([(item, record, self._ours(item, record, since)) for item, record in found.records])
        return found.missing

    def _ours(self, item: Item, record: Record, since: float) -> bool:
        """Whether this record is what the create in question made: young enough, with all that was sent."""
        made = _seconds(record.created_at)
        if item.entry.cause == FOUND or made is None or made < since - OURS_SECONDS:
            return False
        return self._desk.values.taken(item.changes, record).state is EntryState.DONE

    async def _adopt(self, found: Sequence[tuple[Item, Record, bool]]) -> None:
        """Link the records that are there, and send what differs by the rows' own write rules."""
        if not found:
            return
        desk, run = self._desk, self._desk.run
        uids = [record.id for _, record, _ in found]
        owners = await desk.journal.links_by_uid(run.portal_id, run.mapping, uids, object_class=run.object_class)
        links = await desk.links([item for item, _, _ in found])
        settlements: list[Settlement] = []
        differing: list[Item] = []
        seen: set[str] = set()
        for item, record, ours in found:
            owner = owners.get(record.id)
            if record.id in seen or (owner is not None and owner.digest != item.entry.key_digest):
                settlements.append(_already_linked(item, record))
                continue
            seen.add(record.id)
            item.uid = record.id
            link = links.get(item.entry.key_digest)
            if ours:
                taken = desk.values.taken(item.changes, record)
                settlements.append(desk.done(item, record.id, taken, link, created=True))
                continue
            item.note = f"found: record {record.id} was there already"
            item.changes = self._differing(item, record)
            item.befores = {change.name: record.properties.get(change.name) for change in item.changes} | item.befores
            if item.changes:
                differing.append(item)
            else:
                settlements.append(desk.done(item, record.id, desk.values.taken((), record), link))
        await desk.settle(settlements)
        await desk.journal.settle(run, [_found(item) for item in differing])
        await self._updates.send(differing)

    def _differing(self, item: Item, record: Record) -> tuple[Change, ...]:
        values = self._desk.values
        return tuple(
            msgspec.structs.replace(change, before=record.properties.get(change.name))
            for change in item.changes
            if change.write != "create"
            and not values.holds(change, record)
            and not (change.write == "if_empty" and record.properties.get(change.name))
        )

    def _keyed(self, item: Item) -> bool:
        payload = item.entry.payload
        if payload is None or not payload.key.strip():
            return False
        return self._desk.values.unique(self._desk.run.object_class, payload.key_property)


def _item(entry: NewEntry) -> Item:
    changes = entry.payload.changes if entry.payload is not None else ()
    return Item(entry=entry, changes=changes, befores=dict(entry.befores))


def _found(item: Item) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.INFLIGHT,
        uid=item.uid,
        outcome=item.note,
        cause=FOUND,
        befores=item.befores,
    )


def _unkeyed(item: Item) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.NEEDS_DECISION,
        outcome="Not sent: without a unique key a create that is interrupted could happen twice."
        " Name a unique key in correlate, or set allow_unkeyed_creates = true.",
        cause="unkeyed",
    )


def _uncertain(item: Item, why: str) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.UNCERTAIN,
        outcome=f"It may exist in HubSpot or not: {why} It is not sent again. Look for it in HubSpot, then plan again.",
        cause="uncertain",
    )


def _already_linked(item: Item, record: Record) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.NEEDS_DECISION,
        outcome=f"The record {record.id} that has this key belongs to another person of the source.",
        cause="FOUND_ALREADY_LINKED",
    )


def _seconds(moment: str | None) -> float | None:
    """Seconds since the epoch of HubSpot's ISO time or milliseconds."""
    if not moment:
        return None
    try:
        return int(moment) / 1000 if moment.isdigit() else dt.datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None
