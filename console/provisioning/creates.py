"""Creates: exactly once where there is a unique key, never twice where there is none."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import msgspec

from console.hubspot.errors import Conflict, HubSpotError
from console.hubspot.matching import SECONDARY_EMAILS
from console.hubspot.model import Record, Write
from console.journal.journal import Settlement
from console.journal.model import Action, Change, EntryState, NewEntry
from console.provisioning.desk import Desk, Item, Sheet, key_of
from console.provisioning.lost import LostCreates, seconds_of
from console.provisioning.outcomes import halt_for
from console.provisioning.updates import Updates

OURS_SECONDS = 120.0
"""How far HubSpot's clock may be off ours when we tell whether a record was made by an interrupted create."""

FOUND = "found"
"""The mark of an entry whose record was there before us: neither a crash nor an undo must take us for its creator."""

Period = tuple[float, float]
"""When a create whose answer was lost can have had its effect, in seconds since the epoch."""


class Creates:
    """Makes records, and turns into an update what is there already."""

    def __init__(self, desk: Desk, updates: Updates) -> None:
        self._desk = desk
        self._updates = updates
        self.lost = LostCreates(desk)
        self._adopting = asyncio.Lock()
        self._adopted: dict[str, int] = {}

    async def apply(self, entries: Sequence[NewEntry]) -> None:
        """Claim and send new records.

        Raises:
            Halt: the run stands still.
        """
        items = [_item(entry) for entry in entries]
        held = [] if self._desk.plan.rules.allow_unkeyed_creates else [item for item in items if not self._keyed(item)]
        await self._desk.settle([_unkeyed(item) for item in held])
        items = await self._absent([item for item in items if item not in held])
        await self._desk.claim(items)
        await self._send(items, (self._desk.clock(), math.inf))

    async def verify(self, entries: Sequence[NewEntry]) -> None:
        """Settle or send again what was in flight when a process died: by reading first."""
        items = [_item(entry) for entry in entries]
        for item in items:
            if not self._keyed(item):
                await self.lost.put_aside(
                    [item], (item.entry.claimed_at, self._desk.last_alive or item.entry.claimed_at)
                )
        items = [item for item in items if self._keyed(item)]
        for item in items:
            item.lost = True
        period = (min((item.entry.claimed_at for item in items), default=0.0), self._desk.last_alive)
        await self._send(await self._look_up(items, period), period)

    async def _absent(self, items: Sequence[Item]) -> list[Item]:
        """Those whose company is still not there: HubSpot makes companies of mail domains by itself."""
        named = [
            item for item in items if item.entry.payload is not None and item.entry.payload.key_property == "domain"
        ]
        if self._desk.run.object_class != "company" or not named:
            return list(items)
        from console.provisioning.companies import Companies

        names = sorted({change.name for item in named for change in item.changes})
        try:
            found = await Companies(self._desk.target).present([key_of(item) for item in named], names)
        except HubSpotError as error:
            raise halt_for(error) from error
        there = {item.number: found[key_of(item)] for item in named if found[key_of(item)]}
        await self._desk.settle(
            [_ambiguous(item, there[item.number]) for item in named if len(there.get(item.number, ())) > 1]
        )
        await self._adopt([(one, there[one.number][0], False) for one in named if len(there.get(one.number, ())) == 1])
        return [item for item in items if item.number not in there]

    async def _send(self, items: Sequence[Item], period: Period) -> None:
        async def look_up(sheet: Sheet) -> list[Item]:
            await self._adopt_existing(sheet.existing, period)
            return await self._look_up(sheet.unknown, period)

        await self._desk.rounds(items, self._request, look_up)

    async def _request(self, items: Sequence[Item]) -> Sheet:
        """Send once and sort the answers."""
        desk = self._desk
        begun = desk.clock()
        writes = [
            Write(
                properties={change.name: change.after for change in item.changes if change.after},
                trace=desk.trace(item),
            )
            for item in items
        ]
        outcomes = await desk.send("CREATE", items, lambda: desk.target.batch_create(desk.run.object_class, writes))
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
        await self.lost.put_aside(lost, (begun, desk.clock()))
        sheet.unknown = [item for item in sheet.unknown if item not in lost]
        return sheet

    async def _adopt_existing(self, existing: Sequence[tuple[Item, HubSpotError]], period: Period) -> None:
        """CONFLICT on a create becomes FOUND: the record in the way is the person's, if it has the person's key."""
        if not existing:
            return
        errors = {item.number: error for item, error in existing}
        named: list[Item] = []
        unnamed: list[Item] = []
        for item, error in existing:
            item.uid = (error.existing_id if isinstance(error, Conflict) else None) or ""
            (named if item.uid else unnamed).append(item)
        keyed = [item for item in unnamed if self._keyed(item)]
        by_id = await self._desk.read(named, also=self._keys(named))
        by_key = await self._desk.read([*filter(self._keyed, by_id.missing), *keyed], by_key=True)
        lost = [item for item in (*unnamed, *by_id.missing) if not self._keyed(item)]
        lost += [*by_key.missing, *(item for item, _ in (*by_id.refused, *by_key.refused))]
        others = [(item, record) for item, record in by_id.records if not self._has_key(item, record)]
        await self._desk.settle([self._desk.failed(item, errors[item.number]) for item in lost])
        await self._desk.settle([_of_another(item, record) for item, record in others])
        mine = [pair for pair in by_id.records if pair not in others]
        await self._adopt(
            [(item, record, self._ours(item, record, period)) for item, record in (*mine, *by_key.records)]
        )

    def _keys(self, items: Sequence[Item]) -> list[str]:
        """What tells whether a record has the person's key."""
        names = {item.entry.payload.key_property for item in items if item.entry.payload is not None}
        return sorted({*names, SECONDARY_EMAILS} if "email" in names else names - {""})

    def _has_key(self, item: Item, record: Record) -> bool:
        """Whether the record that was in the way is the person's: it has the key, or else a unique value that was sent."""
        values, payload = self._desk.values, item.entry.payload
        if payload is None or not self._keyed(item):
            sent = [change for change in item.changes if values.unique(self._desk.run.object_class, change.name)]
            return any(values.holds(change, record) for change in sent)
        key, present = key_of(item), record.properties.get(payload.key_property)
        if values.equal(payload.key_property, key, present) or (present or "").strip().casefold() == key.casefold():
            return True
        more = (record.properties.get(SECONDARY_EMAILS) or "").casefold() if payload.key_property == "email" else ""
        return key.casefold() in [address.strip() for address in more.split(";")]

    async def _look_up(self, items: Sequence[Item], period: Period) -> list[Item]:
        """Read by unique key what may have been created; returns what HubSpot does not have."""
        if not items:
            return []
        found = await self._desk.read(items, by_key=True)
        await self._desk.settle([_uncertain(item, error) for item, error in found.refused])
        await self._adopt([(item, record, self._ours(item, record, period)) for item, record in found.records])
        return found.missing

    def _ours(self, item: Item, record: Record, period: Period) -> bool:
        """Whether a create whose answer was lost made this record: of that time, with all that was sent."""
        made = seconds_of(record.created_at)
        if not item.lost or item.entry.cause == FOUND or made is None:
            return False
        if not period[0] - OURS_SECONDS <= made <= period[1] + OURS_SECONDS:
            return False
        return self._desk.values.taken(item.changes, record).state is EntryState.DONE

    async def _adopt(self, found: Sequence[tuple[Item, Record, bool]]) -> None:
        """Link the records that are there, and send what differs by the rows' own write rules."""
        if not found:
            return
        desk = self._desk
        links = await desk.links([item for item, _, _ in found])
        settlements: list[Settlement] = []
        differing: list[Item] = []
        async with self._adopting:  # two batches must not both find that a record is nobody's
            others = await desk.others([(item, record.id) for item, record, _ in found])
            for item, record, ours in found:
                if item.number in others or self._adopted.setdefault(record.id, item.number) != item.number:
                    settlements.append(_already_linked(item, record))
                    continue
                item.uid = record.id
                link = links.get(item.entry.key_digest)
                if ours:
                    taken = desk.values.taken(item.changes, record)
                    settlements.append(desk.done(item, record.id, taken, link, created=True))
                    continue
                item.note = f"found: record {record.id} was there already"
                item.changes = self._differing(item, record)
                item.befores = {c.name: record.properties.get(c.name) for c in item.changes} | item.befores
                if item.changes:
                    differing.append(item)
                else:
                    settled = desk.done(item, record.id, desk.values.taken((), record), link)
                    settlements.append(msgspec.structs.replace(settled, cause=FOUND))
            await desk.settle(settlements)
            await desk.journal.settle(desk.run, [_found(item) for item in differing])
        await self._updates.send(await self._allowed(differing))
        for _, record, _ in found:
            self._adopted.pop(record.id, None)  # its link tells from now on

    async def _allowed(self, items: Sequence[Item]) -> list[Item]:
        """What may be updated instead of created: a profile can deny the one and not the other."""
        refused = [(item, self._desk.denials.settled(Action.UPDATE, item.number)) for item in items]
        await self._desk.settle([settlement for _, settlement in refused if settlement is not None])
        return [item for item, settlement in refused if settlement is None]

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
        """Whether HubSpot lets this record exist once only: a unique value is sent, and it is the key."""
        payload = item.entry.payload
        if payload is None or not key_of(item):
            return False
        sent = any(change.name == payload.key_property and change.after for change in item.changes)
        return sent and self._desk.values.unique(self._desk.run.object_class, payload.key_property)


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


def _ambiguous(item: Item, records: Sequence[Record]) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.NEEDS_DECISION,
        outcome=f"There are several records with this key by now: {', '.join(record.id for record in records)}."
        " Merge them in HubSpot, or plan again and choose one.",
        cause="AMBIGUOUS",
    )


def _of_another(item: Item, record: Record) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.NEEDS_DECISION,
        outcome=f"The record {record.id} has a unique value of this person and another key. Look at both, then plan again.",
        cause="unique value of another record",
    )


def _uncertain(item: Item, why: HubSpotError) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.UNCERTAIN,
        outcome=f"It may exist in HubSpot or not: {why.message} It is not sent again. Look for it in HubSpot, then plan"
        " again.",
        cause="uncertain",
    )


def _already_linked(item: Item, record: Record) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.NEEDS_DECISION,
        outcome=f"The record {record.id} that has this key belongs to another person of the source.",
        cause="FOUND_ALREADY_LINKED",
    )
