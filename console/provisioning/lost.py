"""Creates without a unique key whose answer was lost: never sent again, but looked for until HubSpot's index caught up.

A record is taken for the one that was sent when it was made at that time and holds all that was sent, and when there
are as many of these as were lost. Anything else is for a human.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from console.hubspot.errors import HubSpotError
from console.hubspot.model import ObjectType, Record
from console.hubspot.search import BODY_CHARACTERS
from console.journal.journal import Settlement
from console.journal.model import EntryState
from console.provisioning.desk import Desk, Item
from console.provisioning.outcomes import halt_for

INDEX_SECONDS = 60.0
"""So long after a write the index has it; what is not in it by then is not looked for any more."""
STEP_SECONDS = 5.0
SKEW_SECONDS = 120.0
"""How far HubSpot's clock may be off ours."""
LOST = "answer lost"
Period = tuple[float, float]

_TYPES: dict[str, ObjectType] = {"contact": "contacts", "company": "companies"}
_TELLING = ("name", "domain", "lastname", "firstname", "phone")
"""What records are looked for by, the most telling first."""
_VALUES = 50
_ROOM = BODY_CHARACTERS - 1_200


class LostCreates:
    """The lost creates of one run."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: list[tuple[Item, Period]] = []
        self._taken: set[str] = set()

    async def put_aside(self, items: Sequence[Item], period: Period) -> None:
        """Remember these, in the journal too; `period` is when they can have had their effect."""
        if not items:
            return
        self._waiting += [(item, period) for item in items]
        told = "It may exist in HubSpot or not; it is looked for before the run ends."
        await self._desk.aside(
            [Settlement(number=item.number, state=EntryState.INFLIGHT, outcome=told, cause=LOST) for item in items]
        )

    async def resolve(self, stop: Callable[[], bool]) -> None:
        """Look for all of them until each is found or the index has caught up, or `stop` says so.

        Raises:
            Halt: HubSpot cannot be asked; they stay in flight, and are looked for on resume.
        """
        while self._waiting and not stop():
            now = self._desk.clock()  # before the look: what is given up was looked for after the index had caught up
            await self._look()
            over = [item for item, (_, until) in self._waiting if now >= until + INDEX_SECONDS]
            await self._desk.settle([_uncertain(item) for item in over])
            self._waiting = [(item, period) for item, period in self._waiting if item not in over]
            if self._waiting:
                await asyncio.sleep(STEP_SECONDS)

    async def _look(self) -> None:
        groups: dict[str, list[tuple[Item, Period]]] = {}
        for item, period in self._waiting:
            groups.setdefault(_telling(item), []).append((item, period))
        for name, waiting in groups.items():
            for part in _parts(name, waiting):
                await self._match(part, await self._search(name, part))

    async def _search(self, name: str, part: Sequence[tuple[Item, Period]]) -> list[Record]:
        """The records that the index has of that time, with these values."""
        desk = self._desk
        since = min(period[0] for _, period in part) - SKEW_SECONDS
        made = {"propertyName": "createdate", "operator": "GTE", "value": str(int(since * 1000))}
        values = list(dict.fromkeys(_value(item, name) for item, _ in part))
        filters: list[dict[str, Any]] = [made, {"propertyName": name, "operator": "IN", "values": values}]
        properties = sorted({change.name for item, _ in part for change in item.changes})
        objects = desk.target.hubspot.objects(_TYPES[desk.run.object_class])
        found: list[Record] = []
        after: str | None = None
        try:
            while True:
                page = await objects.search([{"filters": filters}], properties=properties, after=after)
                found += page.results
                after = page.after
                if after is None:
                    return found
        except HubSpotError as error:
            raise halt_for(error) from error

    async def _match(self, part: Sequence[tuple[Item, Period]], records: Sequence[Record]) -> None:
        """Settle what was found for certain."""
        desk = self._desk
        links = await desk.journal.links_by_uid(
            desk.run.portal_id, desk.run.mapping, [one.id for one in records], object_class=desk.run.object_class
        )
        free = [one for one in records if one.id not in links and one.id not in self._taken]
        alike: dict[tuple[tuple[str, str | None], ...], list[tuple[Item, Period]]] = {}
        for item, period in part:
            sent = tuple(sorted((change.name, change.after) for change in item.changes))
            alike.setdefault(sent, []).append((item, period))
        settlements: list[Settlement] = []
        for twins in alike.values():
            matching = [one for one in free if self._fits(twins, one)]
            if len(matching) != len(twins):
                continue
            for (item, _), record in zip(twins, matching, strict=True):
                item.note = "its answer was lost; found in HubSpot"
                self._taken.add(record.id)
                taken = desk.values.taken(item.changes, record)
                settlements.append(desk.done(item, record.id, taken, None, created=True))
        await desk.settle(settlements)
        settled = {settlement.number for settlement in settlements}
        self._waiting = [pair for pair in self._waiting if pair[0].number not in settled]

    def _fits(self, twins: Sequence[tuple[Item, Period]], record: Record) -> bool:
        """Whether this record can be one of these, which were all sent alike."""
        made = seconds_of(record.created_at)
        if made is None or self._desk.values.taken(twins[0][0].changes, record).state is not EntryState.DONE:
            return False
        return any(begun - SKEW_SECONDS <= made <= until + SKEW_SECONDS for _, (begun, until) in twins)


def _telling(item: Item) -> str:
    """The property to look for this one by."""
    names = [change.name for change in item.changes if change.after]
    return next((name for name in _TELLING if name in names), names[0])


def _value(item: Item, name: str) -> str:
    return next((change.after or "" for change in item.changes if change.name == name), "").strip().casefold()


def _parts(name: str, waiting: Sequence[tuple[Item, Period]]) -> Iterator[list[tuple[Item, Period]]]:
    """As many as one search has room for; those with one value stay together."""
    ordered = sorted(waiting, key=lambda pair: _value(pair[0], name))
    part: list[tuple[Item, Period]] = []
    seen: set[str] = set()
    size = 0
    for pair in ordered:
        value = _value(pair[0], name)
        more = 0 if value in seen else len(value.encode()) + 3
        if part and more and (len(seen) == _VALUES or size + more > _ROOM):
            yield part
            part, seen, size = [], set(), 0
            more = len(value.encode()) + 3
        part.append(pair)
        seen.add(value)
        size += more
    if part:
        yield part


def _uncertain(item: Item) -> Settlement:
    return Settlement(
        number=item.number,
        state=EntryState.UNCERTAIN,
        outcome="It may exist in HubSpot or not: its answer was lost, and HubSpot's index tells of no single record that"
        " is certainly it. It is not sent again. Look for it in HubSpot, then plan again.",
        cause="uncertain",
    )


def seconds_of(moment: str | None) -> float | None:
    """Seconds since the epoch of HubSpot's ISO time or milliseconds."""
    if not moment:
        return None
    try:
        return int(moment) / 1000 if moment.isdigit() else dt.datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None
