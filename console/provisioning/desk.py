"""What all batches of a run share: the journal's words for claims and outcomes, and the named points."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from console.hubspot.errors import HubSpotError, OutcomeUnknown
from console.hubspot.model import Outcome, Record
from console.journal.journal import Journal, Settlement
from console.journal.model import Change, EntryState, Link, NewEntry, Plan, RunProgress
from console.provisioning import former
from console.provisioning.denials import Denials
from console.provisioning.limits import Operation, TookTooLong, bounded
from console.provisioning.outcomes import Halt, Meaning, Taken, Values, cause_of, halt_for, meaning
from console.provisioning.target import Target

if TYPE_CHECKING:
    from console.provisioning.associating import Associating

ROUNDS = 3
LONGEST_PATIENCE = 60.0

BEFORE_SEND, SENT, ANSWERED, COMMITTED = "before_send", "sent", "answered", "committed"
"""The named points of a batch; `sent` is told by the client when the last byte was handed over."""


class Item(msgspec.Struct, kw_only=True, eq=False):
    """An entry on its way: what is sent, and to which record.

    `read_at` is when its record was last seen; `lost` says that an earlier sending may have had its effect; `ours` that
    its link says that Hubspoke made the record.
    """

    entry: NewEntry
    changes: tuple[Change, ...]
    uid: str = ""
    note: str = ""
    befores: dict[str, str | None] = {}
    read_at: float = 0.0
    lost: bool = False
    ours: bool = False

    @property
    def number(self) -> int:
        """The entry's number."""
        return self.entry.number


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What reading told about items: the record, or that there is none, or why it cannot be told."""

    records: list[tuple[Item, Record]]
    missing: list[Item]
    refused: list[tuple[Item, HubSpotError]]


class Sheet:
    """The answers of one writing request, sorted."""

    def __init__(self) -> None:
        self.settlements: list[Settlement] = []
        self.unknown: list[Item] = []
        self.again: list[Item] = []
        self.existing: list[tuple[Item, HubSpotError]] = []
        self.halt: Halt | None = None
        self.errors: dict[int, HubSpotError] = {}

    @property
    def patience(self) -> float:
        """Seconds that HubSpot wants to be left alone before what it refused for the moment is sent again."""
        return max((self.errors[item.number].retry_after or 0.0 for item in self.again), default=0.0)

    def refused(self, item: Item, error: HubSpotError | None, gone: Settlement | None = None) -> None:
        """File an input that was not accepted; `gone` is what it means that there is no such record."""
        self.errors[item.number] = error = error or OutcomeUnknown("HubSpot said nothing about this record.")
        match meaning(error):
            case Meaning.UNKNOWN:
                item.lost = True
                self.unknown.append(item)
            case Meaning.NOTHING:
                self.again.append(item)
            case Meaning.STOP:
                self.again.append(item)
                self.halt = self.halt or halt_for(error)
            case Meaning.TAKEN:
                self.existing.append((item, error))
            case Meaning.GONE if gone is not None:
                self.settlements.append(gone)
            case _:
                self.settlements.append(Desk.failed(item, error))


class Desk:
    """One run's desk. Everything that is settled goes through `settle`, which also remembers links."""

    def __init__(
        self,
        target: Target,
        journal: Journal,
        plan: Plan,
        run: RunProgress,
        values: Values,
        *,
        on_point: Callable[[str], None],
        on_settled: Callable[[Sequence[Settlement]], None],
        last_alive: float = 0.0,
        associating: Associating | None = None,
    ) -> None:
        """`last_alive` is when an earlier process last wrote that it works on this run; 0 where there was none."""
        self.target = target
        self.journal = journal
        self.plan = plan
        self.run = run
        self.values = values
        self.point = on_point
        self.last_alive = last_alive
        self.denials = Denials(target.profile.icf, run.object_class, deletion=plan.rules.deletion)
        self._on_settled = on_settled
        self._associating = associating
        self.clock: Callable[[], float] = time.time

    def note(self, entries: Sequence[NewEntry]) -> None:
        """Remember what these entries are to be associated with."""
        if self._associating is not None:
            self._associating.note(entries)

    def trace(self, item: Item) -> str:
        """The write's own name at HubSpot: the same when it is sent again."""
        return f"{self.run.id}.{item.number}"

    async def claim(self, items: Sequence[Item]) -> None:
        """In flight from now on: on disk before anything is sent, with what was found in the place of values."""
        if items:
            await self.journal.claim(self.run, [item.number for item in items])
        found = [
            Settlement(number=item.number, state=EntryState.INFLIGHT, befores=item.befores)
            for item in items
            if item.befores != item.entry.befores
        ]
        if found:
            await self.journal.settle(self.run, found)

    async def send(
        self, operation: Operation, items: Sequence[Item], request: Callable[[], Awaitable[list[Outcome]]]
    ) -> list[Outcome]:
        """One writing request about these items, with its named points, within the operation's time."""
        self.point(BEFORE_SEND)
        try:
            outcomes = await bounded(self.target.profile, operation, request())
        except TookTooLong as late:
            outcomes = [Outcome(error=OutcomeUnknown(f"{late.message} It may have happened."))] * len(items)
        self.point(ANSWERED)
        return outcomes

    async def settle(self, settlements: Sequence[Settlement], *, attempted: bool = True) -> None:
        """Outcomes to disk. `attempted` is false for what concerns the journal only."""
        if not settlements:
            return
        if self._associating is not None:
            settlements = await self._associating.after(settlements)
        await self.journal.settle(self.run, settlements, origin=self.plan.origin)
        if attempted:
            self._on_settled(settlements)
        self.point(COMMITTED)

    async def aside(self, settlements: Sequence[Settlement]) -> None:
        """Entries that stay in flight for now; for the failures guard they failed."""
        await self.journal.settle(self.run, settlements)
        self._on_settled([msgspec.structs.replace(one, state=EntryState.UNCERTAIN) for one in settlements])

    async def release(self, items: Iterable[Item]) -> None:
        """Nothing happened to these: they are planned again."""
        back = [Settlement(number=item.number, state=EntryState.PLANNED) for item in items]
        if back:
            await self.journal.settle(self.run, back)

    async def links(self, items: Iterable[Item]) -> dict[bytes, Link]:
        """The links of these entries, by digest."""
        digests = [item.entry.key_digest for item in items if item.entry.key_digest]
        run = self.run
        return await self.journal.links(run.portal_id, run.mapping, digests, object_class=run.object_class)

    async def others(self, claims: Sequence[tuple[Item, str]]) -> set[int]:
        """The numbers of those items that mean a record of somebody else: linked to another person, or planned for one."""
        uids = list(dict.fromkeys(uid for _, uid in claims))
        run = self.run
        owners = await self.journal.links_by_uid(run.portal_id, run.mapping, uids, object_class=run.object_class)
        planned = await self.journal.numbers_by_uid(self.plan.id, uids)
        return {
            item.number
            for item, uid in claims
            if ((owner := owners.get(uid)) is not None and owner.digest != item.entry.key_digest)
            or any(number != item.number for number in planned.get(uid, ()))
        }

    def done(self, item: Item, uid: str, taken: Taken, link: Link | None, *, created: bool = False) -> Settlement:
        """The settlement of an accepted write, with its link: what is known of other properties stays known."""
        digest = item.entry.key_digest
        kept = link is not None and link.uid == uid
        accepted = dict(link.accepted) if link is not None and kept else {}
        for change in item.changes:
            accepted.pop(change.name, None)
        ours = created or (link is not None and kept and link.created_by_us)
        return Settlement(
            number=item.number,
            state=taken.state,
            uid=uid,
            outcome="; ".join(filter(None, (item.note, taken.outcome))),
            cause=taken.cause,
            befores=item.befores | former.image(link, uid),
            link=Link(
                digest=digest,
                uid=uid,
                created_by_us=ours,
                accepted=accepted | taken.accepted,
                tied=link.tied if link is not None and kept else (),
            )
            if digest
            else None,
        )

    @staticmethod
    def failed(item: Item, error: HubSpotError, state: EntryState = EntryState.FAILED, cause: str = "") -> Settlement:
        """The settlement of a write that HubSpot did not take."""
        reference = f" (correlation id {error.correlation_id})" if error.correlation_id else ""
        return Settlement(
            number=item.number, state=state, outcome=error.message + reference, cause=cause or cause_of(error)
        )

    @staticmethod
    def gone(item: Item) -> Settlement:
        """The settlement of a write whose record is not there any more."""
        return Settlement(
            number=item.number,
            state=EntryState.CONFLICT,
            outcome=f"The record {item.uid} is gone from HubSpot. Plan again.",
            cause="gone",
        )

    async def read(self, items: Sequence[Item], *, by_key: bool = False, also: Sequence[str] = ()) -> Found:
        """Read the items' records: by id, or by their unique key; `also` names properties besides the changed ones.

        Raises:
            Halt: it cannot be told now; what is in flight stays so and is verified on resume.
        """
        found = Found(records=[], missing=[], refused=[])
        names = sorted({change.name for item in items for change in item.changes} | set(also))
        for part, id_property in _groups(items, by_key):
            keys = [key_of(item) if by_key else item.uid for item in part]
            now = self.clock()
            reading = self.target.batch_read(self.run.object_class, keys, properties=names, id_property=id_property)
            try:
                outcomes = await bounded(self.target.profile, "GET", reading)
            except TookTooLong as late:
                raise halt_for(late) from late
            for item, outcome in zip(part, outcomes, strict=True):
                item.read_at = now
                self._sort(item, outcome, found)
        return found

    @staticmethod
    def _sort(item: Item, outcome: Outcome, found: Found) -> None:
        error = outcome.error
        if error is None and outcome.record is not None:
            found.records.append((item, outcome.record))
        elif error is not None:
            what = meaning(error)
            if what is Meaning.GONE:
                found.missing.append(item)
            elif what in (Meaning.REFUSED, Meaning.TAKEN):
                found.refused.append((item, error))
            else:
                raise halt_for(error)

    async def rounds(
        self,
        items: Sequence[Item],
        send: Callable[[list[Item]], Awaitable[Sheet]],
        look_up: Callable[[Sheet], Awaitable[list[Item]]],
    ) -> None:
        """Send what is claimed until every item has its outcome.

        `look_up` finds out what became of a sheet's unknown and existing ones, and returns what is to be sent again.

        Raises:
            Halt: the run stands still; what certainly did not happen is planned again, the rest stays in flight.
        """
        todo = list(items)
        answered = False
        errors: dict[int, HubSpotError] = {}
        for turn in range(ROUNDS):
            if not todo:
                return
            sheet = await send(todo)
            answered = answered or bool(sheet.settlements or sheet.existing)
            errors |= sheet.errors
            await self.settle(sheet.settlements)
            if sheet.halt is not None:
                await self.release([*sheet.again, *(item for item, _ in sheet.existing)])
                raise sheet.halt
            try:
                missing = await look_up(sheet)
            except Halt:
                await self.release(sheet.again)
                raise
            todo = sheet.again + missing
            if turn < ROUNDS - 1 and sheet.patience:
                await asyncio.sleep(min(sheet.patience, LONGEST_PATIENCE))
        await self._give_up(todo, errors, answered=answered)

    async def _give_up(self, items: Sequence[Item], errors: dict[int, HubSpotError], *, answered: bool) -> None:
        """The rounds are used up: entries fail one by one where HubSpot answers at all, else the run pauses.

        Raises:
            Halt: HubSpot took nothing of the whole batch.
        """
        if not items:
            return
        if answered:
            await self.settle([self.failed(item, errors[item.number]) for item in items])
        else:
            await self.release(items)
            halt = halt_for(errors[items[0].number])
            raise Halt(halt.state, f"HubSpot took nothing of a whole batch: {halt.message}", halt.wait)


def _groups(items: Sequence[Item], by_key: bool) -> list[tuple[list[Item], str | None]]:
    """Items that one read can answer: by id all of them, by key those of one property; no key twice."""
    groups: dict[tuple[str | None, int], list[Item]] = {}
    seen: dict[tuple[str | None, str], int] = {}
    for item in items:
        name = item.entry.payload.key_property if by_key and item.entry.payload is not None else None
        key = (name, (key_of(item) if by_key else item.uid).strip().casefold())
        turn = seen[key] = seen.get(key, -1) + 1
        groups.setdefault((name, turn), []).append(item)
    return [(part, name) for (name, _), part in groups.items()]


def key_of(item: Item) -> str:
    """The value of the person's unique key; empty where there is none."""
    return item.entry.payload.key.strip() if item.entry.payload is not None else ""
