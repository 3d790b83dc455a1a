"""One plan while it is made: people stream in, are looked up side by side, and their entries go to the journal."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence

import msgspec

from console.connector.filter import matches
from console.journal.journal import Journal
from console.journal.model import WORK, Action, Lane, Link, NewEntry, Plan, Problem, Undo
from console.provisioning.ahead import ahead
from console.provisioning.aside import Aside
from console.provisioning.associations import Associations
from console.provisioning.correlate import BATCH, Correlator, Found, KeyReader
from console.provisioning.denials import Denials
from console.provisioning.errors import PlanRefused
from console.provisioning.lanes import LOOKUPS, ListReader
from console.provisioning.mapping import Mapping
from console.provisioning.people import Person
from console.provisioning.planner_absent import Absent
from console.provisioning.planner_bench import Bench
from console.provisioning.request import PlanRequest
from console.provisioning.threads import group, in_thread
from console.sources.model import Incremental, SourceRow

SLICE = 250
SLICES_AHEAD = 24
"""Slices read while look-ups wait for HubSpot's allowance: some 6,000 people, half a burst."""
SLICES_AHEAD_OF_A_LIST = 2
"""Where everything was listed nothing waits for an allowance, and people who wait only take room."""
FLUSH = 1000
FLUSHES = 3
"""Writes under way at once: more would only hold entries in memory, for they are written one after another."""


class PlanProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far planning is: rows read, entries planned and what they would do, requests sent, how HubSpot is read."""

    read: int = 0
    planned: int = 0
    requests: int = 0
    message: str = ""
    actions: dict[str, int] = {}
    lane: Lane = Lane()


class Making:
    """One plan while it is made."""

    def __init__(
        self,
        *,
        mapping: Mapping,
        request: PlanRequest,
        bench: Bench,
        begun: Plan,
        lane: Lane,
        spent: int,
        reader: KeyReader | ListReader,
        correlator: Correlator,
        associations: Associations,
        journal: Journal,
        base: Plan | None,
        denials: Denials,
        progress: Callable[[PlanProgress], None] | None,
    ) -> None:
        """`base` is the plan whose fingerprints tell who need not be looked up."""
        self.mapping = mapping
        self.request = request
        self.begun = begun
        self.lane = lane
        self.associations = associations
        self.read = 0
        self.planned = 0
        self.digest = ""
        self.notes: list[Problem] = list(mapping.warnings)
        self._bench = bench
        self._source = bench.source
        self._maker = bench.maker
        self._spent = spent
        self._reader = reader
        self._correlator = correlator
        self._journal = journal
        self._base = base
        self._denials = denials
        self._progress = progress
        self._number = 0
        self._actions: Counter[str] = Counter()
        self._unidentified = 0
        self._excluded = {bench.digester.source(source_id) for source_id in request.exclude}
        self._aside = Aside()
        self._linked: list[tuple[Person, Link]] = []
        self._unlinked: list[Person] = []
        self._ready: list[tuple[NewEntry, Person | None]] = []
        self._writing = asyncio.Lock()
        self._flushes = asyncio.Semaphore(FLUSHES)
        self._lanes = asyncio.Semaphore(LOOKUPS)
        self._absent = Absent(
            mapping=mapping,
            request=request,
            bench=bench,
            begun=begun,
            reader=reader,
            correlator=correlator,
            journal=journal,
            excluded=self._excluded,
            entries=self,
        )

    @property
    def requests(self) -> int:
        """How many requests planning took."""
        return self._spent + self._correlator.requests + self.associations.requests

    async def run(self) -> None:
        """Read, look up, decide; then look for links and records without a person."""
        if isinstance(self._reader, ListReader):
            await self._reader.fill(lambda count: self.tell(f"listing HubSpot's records ({count:,})"))
            self.lane = msgspec.structs.replace(self.lane, records=self._reader.shelf.count)
        if self.request.incremental:
            self._begin_from_base()
        rows = self._rows()
        slices_ahead = SLICES_AHEAD_OF_A_LIST if isinstance(self._reader, ListReader) else SLICES_AHEAD
        async with group() as tasks, contextlib.aclosing(ahead(self._slices(rows), slices_ahead)) as slices:
            async for people in slices:
                await self._look_up(tasks, people)
            await self._look_up(tasks, (), last=True)
        if self.request.since is not None or not self.request.gone:
            self.digest = await in_thread(self._source.digest)
        self.notes += [Problem(message=note, file=self._source.name) for note in self._source.notes]
        await self._flush()
        if self.request.only is not None and not self.planned:
            await self._absent.nobody(self.request.only, unidentified=self._unidentified)
        await self._absent.gone(self.request.gone)
        await self._absent.look(read=self.read, unidentified=self._unidentified)
        if self.planned != self._number:
            raise RuntimeError(f"{self._number} people came in and {self.planned} entries came out")

    def close(self) -> None:
        """Let go of what was kept while the plan was made."""
        self._aside.close()
        if isinstance(self._reader, ListReader):
            self._reader.shelf.close()

    def tell(self, message: str) -> None:
        """Report progress."""
        if self._progress is not None:
            self._progress(
                PlanProgress(
                    read=self.read,
                    planned=self.planned,
                    requests=self.requests,
                    message=message,
                    actions=dict(self._actions),
                    lane=self.lane,
                )
            )

    # ------------------------------------------------------------- reading

    def _rows(self) -> Iterator[SourceRow | Problem]:
        """Everybody; who changed since the mark that was asked for; nobody where only leavers are."""
        if self.request.since is None and self.request.gone:
            return iter(())
        if self.request.since is None:
            return self._source.rows()
        if not isinstance(self._source, Incremental):
            raise PlanRefused(
                f"{self._source.name} cannot tell what changed since {self.request.since}",
                remedy="Plan everybody: without a mark.",
            )
        return self._source.changes(self.request.since)

    async def _slices(self, rows: Iterator[SourceRow | Problem]) -> AsyncGenerator[list[Person], None]:
        """People in slices, made in a worker so that a console stays alive."""

        def next_slice() -> tuple[int, list[Person]]:
            taken = 0
            people: list[Person] = []
            for row in itertools.islice(rows, SLICE):
                taken += 1
                person = self._person(row)
                if person is not None:
                    people.append(person)
            return taken, people

        try:
            while True:
                taken, people = await in_thread(next_slice)
                if not taken:
                    break
                self.read += taken
                self.tell("reading")
                yield people
        finally:
            close = getattr(rows, "close", None)
            if close is not None:
                close()
        if self.request.partial:
            twins = self._aside.twins(SLICE)
            while people := await in_thread(lambda: next(twins, [])):
                yield [self._numbered(person) for person in people]

    def _person(self, row: SourceRow | Problem) -> Person | None:
        make, number = self._bench.preparer, self._number + 1
        person = make.broken(row, number) if isinstance(row, Problem) else make.person(row, number)
        if not person.identified:
            self._unidentified += 1
        if self.request.partial and not self._aside.means(person, asked=self._is_asked(row, person)):
            return None
        return self._numbered(person)

    def _numbered(self, person: Person) -> Person:
        self._number += 1
        person.number = self._number
        person.excluded = person.digest in self._excluded
        return person

    def _is_asked(self, row: SourceRow | Problem, person: Person) -> bool:
        """Whether the plan was asked for this person."""
        if self.request.only is not None and person.source_id != self.request.only:
            return False
        scope = self._bench.scope
        return scope is None or (isinstance(row, SourceRow) and matches(scope, row.values))

    # ---------------------------------------------------------- looking up

    async def _look_up(self, tasks: asyncio.TaskGroup, people: Sequence[Person], *, last: bool = False) -> None:
        links = await self._correlator.links(people) if people else {}
        known = await self._fingerprints(links)
        for person in people:
            link = links.get(person.digest) if person.digest else None
            if link is not None and not person.problems and not person.excluded:
                before = known.get(person.digest)
                entry = self._maker.unchanged(person, link, before) if before is not None else None
                if entry is None:
                    self._linked.append((person, link))
                else:
                    self.lane = msgspec.structs.replace(self.lane, skipped=self.lane.skipped + 1)
                    self._absent.claim_of(person, link)
                    self._ready.append((entry, None))
            elif (entry := self._maker.unlooked(person)) is not None:
                self._absent.claim_of(person, link)
                self._ready.append((entry, None))
            else:
                self._unlinked.append(person)
        while len(self._linked) >= BATCH or (last and self._linked):
            linked, self._linked = self._linked[:BATCH], self._linked[BATCH:]
            await self._lane(tasks, self._correlator.linked(linked))
        while len(self._unlinked) >= BATCH or (last and self._unlinked):
            unlinked, self._unlinked = self._unlinked[:BATCH], self._unlinked[BATCH:]
            await self._lane(tasks, self._correlator.unlinked(unlinked))
        await self._flush(FLUSH)

    async def _lane(self, tasks: asyncio.TaskGroup, lookup: Awaitable[list[Found]]) -> None:
        """Start a look-up as soon as fewer than LOOKUPS are under way."""
        await self._lanes.acquire()

        async def look() -> None:
            try:
                found = await lookup  # first: while it is awaited, a flush puts a new list in place of the old
                self._absent.claim(found)
                self._ready.extend((self._maker.found(one), one.person) for one in found)
                await self._flush(FLUSH)
                self.tell("looking up")
            finally:
                self._lanes.release()

        tasks.create_task(look())

    def _begin_from_base(self) -> None:
        """Say from which plan an incremental one goes on, if the mapping and the portal are as it left them."""
        if self._base is None:
            why = f"{self.lane.why}; there is no earlier plan to go on from, so everybody is looked up"
            self.lane = msgspec.structs.replace(self.lane, why=why)
        else:
            self.lane = msgspec.structs.replace(self.lane, since=self._base.lane.since or self._base.created_at)

    async def _fingerprints(self, links: dict[bytes, Link]) -> dict[bytes, NewEntry]:
        return await self._journal.fingerprints(self._base.id, list(links)) if self._base is not None and links else {}

    async def _flush(self, least: int = 1) -> None:
        """Write the entries that are ready, if they are so many."""
        if len(self._ready) < least:
            return
        async with self._flushes:
            if len(self._ready) < least:
                return  # somebody else took them meanwhile
            ready, self._ready = self._ready, []
            entries = (
                await self.associations.planned_for(ready) if self.mapping.associate else [one for one, _ in ready]
            )
            async with self._writing:
                allowed = [self._allowed(entry) for entry in entries]
                await self._journal.add_entries(self.begun.id, allowed)
                self.planned += len(entries)
                self._actions.update(entry.action.value for entry in allowed)

    def _allowed(self, entry: NewEntry) -> NewEntry:
        """The entry, only reported where its action was not asked for, or as the profile has it that denies it."""
        entry = self._denials.judge(entry)
        if not self.request.actions or entry.action not in WORK or entry.action in self.request.actions:
            return entry
        return msgspec.structs.replace(
            entry, action=Action.REPORT, undo=Undo.NONE, clears=0, cause=f"left out ({entry.action})"
        )

    # ------------------------------------------------- entries from elsewhere

    def next_number(self) -> int:
        """The number of another entry."""
        self._number += 1
        return self._number

    def put(self, entry: NewEntry) -> None:
        """An entry that needs no look-up any more."""
        self._ready.append((entry, None))

    async def flush(self) -> None:
        """Write the entries that are ready."""
        await self._flush()

    def note(self, message: str, remedy: str) -> None:
        """Something to be said of the plan as a whole."""
        self.notes.append(Problem(message=message, remedy=remedy, file=self._source.name))
