"""Makes a plan: reads the source once, looks everybody up, and writes down what a run would do.

Nothing is changed in HubSpot. Memory does not grow with the number of people: they pass through
in chunks, and their entries go to the journal as they come.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from console.hubspot.budget.model import BudgetState
from console.hubspot.model import AccountDetails
from console.journal.journal import Journal
from console.journal.model import Link, NewEntry, Plan, Problem, Situation
from console.provisioning.ahead import ahead
from console.provisioning.checks import against_schema
from console.provisioning.correlate import BATCH, Correlator, Found
from console.provisioning.cost import cost
from console.provisioning.entries import EntryMaker
from console.provisioning.errors import MappingError, PlanRefused
from console.provisioning.expressions import Expressions, missing_columns
from console.provisioning.guard import verdicts
from console.provisioning.mapping import Mapping
from console.provisioning.people import Person, Preparer
from console.provisioning.target import Target
from console.sources.model import Source, SourceRow
from console.sources.opening import SecretGetter, open_source, secret_for

SLICE = 250
SLICES_AHEAD = 24
"""Slices read while look-ups wait for HubSpot's allowance: some 6,000 people, half a burst."""
FLUSH = 1000
LANES = 14
"""Look-ups under way at once: as many as a client has connections, and two that wait for the next free one."""
RUNS_SEEN = 20
"""So many of the newest runs tell in which other portals a mapping has links."""
T = TypeVar("T")


class PlanningTarget(Target, Protocol):
    """The connector, asked anew whose account it is."""

    async def details(self, *, fresh: bool = False) -> AccountDetails:
        """The account behind the credentials, as HubSpot tells it now where `fresh`."""


class PlanProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far planning is: rows read, entries planned, requests sent."""

    read: int = 0
    planned: int = 0
    requests: int = 0
    message: str = ""


class Planner:
    """Makes plans for one portal."""

    def __init__(
        self, connector: PlanningTarget, journal: Journal, *, source_secret: SecretGetter | None = None
    ) -> None:
        self._connector = connector
        self._journal = journal
        self._source_secret = source_secret

    async def plan(
        self,
        mapping: Mapping,
        *,
        source: str | None = None,
        only: str | None = None,
        progress: Callable[[PlanProgress], None] | None = None,
    ) -> Plan:
        """Make a plan of a mapping. `source` replaces the mapping's own, `only` is one source id.

        Raises PlanRefused (MappingError, too), SourceError, HubSpotError and JournalError; then nothing is kept.
        """
        expressions = await in_thread(lambda: Expressions(mapping))
        if expressions.problems:
            raise MappingError(tuple(expressions.problems))
        base = mapping.base if source is None else Path.cwd()
        spec = source or mapping.source
        secret = await secret_for(spec, self._source_secret)
        people = open_source(spec, base=base, types=mapping.types, secret=secret)
        columns = await in_thread(people.columns)
        if columns is not None and (missing := missing_columns(mapping, columns, people.name)):
            raise MappingError(tuple(missing))
        # what HubSpot would refuse is found now, so a plan looks at the account's own properties whatever readSchema says
        details, schema = await asyncio.gather(
            self._connector.details(fresh=True), self._connector.schema(mapping.target, live=True)
        )
        if wrong := against_schema(mapping, schema):
            raise MappingError(tuple(wrong))
        begun = await self._journal.new_plan(
            Plan(
                id="",
                mapping=mapping.name,
                object_class=mapping.target,
                portal_id=details.portal_id,
                source=people.name,
                created_at="",
                mapping_digest=mapping.digest,
                mapping_file=mapping.path,
                rules=mapping.rules,
            )
        )
        digester = self._journal.digester(details.portal_id, mapping.name, mapping.target)
        preparer = Preparer(mapping, schema, expressions, digester, people.name)
        properties = list(dict.fromkeys([*expressions.names, *_NAMES[mapping.target]]))
        correlator = Correlator(
            self._connector, self._journal, mapping.target, details.portal_id, mapping.name, properties
        )
        making = _Making(mapping, begun, people, preparer, correlator, self._journal, only, progress)
        try:
            await making.run()
            return await self._finish(making, details.portal_id)
        except BaseException:
            await asyncio.shield(self._journal.drop_plan(begun.id))
            raise

    async def _finish(self, making: _Making, portal_id: int) -> Plan:
        mapping = making.mapping
        plan = msgspec.structs.replace(making.begun, source_digest=making.digest)
        making.tell("checking for duplicates")
        added_up = await self._journal.add_up(plan)
        totals, _ = added_up
        links = await self._journal.count_links(portal_id, mapping.name, object_class=mapping.target)
        guards = verdicts(mapping.guards, deletes=totals.actions.get("DELETE", 0), clears=totals.clears, links=links)
        return await self._journal.finish_plan(
            msgspec.structs.replace(
                plan,
                read=making.read,
                requests_spent=making.correlator.requests + 1,
                cost=cost(totals.actions, self._budget()),
                guards=guards,
                problems=(*making.notes, *([] if links else await self._elsewhere(mapping, portal_id))),
            ),
            added_up,
        )

    async def _elsewhere(self, mapping: Mapping, portal_id: int) -> list[Problem]:
        """Where a mapping without links here has links: a profile may lead to another portal than it used to."""
        portals = {run.portal_id for run in await self._journal.runs(RUNS_SEEN) if run.mapping == mapping.name}
        found = []
        for portal in sorted(portals - {portal_id}):
            count = await self._journal.count_links(portal, mapping.name, object_class=mapping.target)
            if count:
                found.append(
                    Problem(
                        message=f"{count:,} links of {mapping.name} belong to portal {portal} and are not used here: "
                        f"this plan is for portal {portal_id}",
                        remedy="If that is not the portal you mean, choose its profile (--profile) and plan again.",
                        file=mapping.path,
                    )
                )
        return found

    def _budget(self) -> BudgetState | None:
        snapshot = getattr(self._connector.hubspot.budget, "snapshot", None)
        state = snapshot() if snapshot is not None else None
        return state if isinstance(state, BudgetState) else None


_NAMES = {"contact": ("email", "firstname", "lastname"), "company": ("name", "domain")}
"""Read besides the mapped properties, so that every entry has a name that people know."""


class _Making:
    """One plan while it is made."""

    def __init__(
        self,
        mapping: Mapping,
        begun: Plan,
        source: Source,
        preparer: Preparer,
        correlator: Correlator,
        journal: Journal,
        only: str | None,
        progress: Callable[[PlanProgress], None] | None,
    ) -> None:
        self.mapping = mapping
        self.begun = begun
        self.source = source
        self.preparer = preparer
        self.correlator = correlator
        self.journal = journal
        self.only = only
        self.maker = EntryMaker(mapping, preparer.converters, source.name)
        self.read = 0
        self.planned = 0
        self.digest = ""
        self.notes: list[Problem] = list(mapping.warnings)
        self._progress = progress
        self._number = 0
        self._unidentified = 0
        self._keys: set[bytes] = set()
        self._linked: list[tuple[Person, Link]] = []
        self._unlinked: list[Person] = []
        self._ready: list[NewEntry] = []
        self._writing = asyncio.Lock()
        self._lanes = asyncio.Semaphore(LANES)

    async def run(self) -> None:
        """Read, look up, decide; then look for links without a person."""
        if self.only is not None:
            await in_thread(self._find_twins)
        rows = self.source.rows()
        async with _group() as group, contextlib.aclosing(ahead(self._slices(rows), SLICES_AHEAD)) as slices:
            async for people in slices:
                await self._look_up(group, people)
            await self._look_up(group, (), last=True)
        self.digest = await in_thread(self.source.digest)
        self.notes += [Problem(message=note, file=self.source.name) for note in self.source.notes]
        await self._flush()
        if self.only is not None and not self.planned:
            raise PlanRefused(
                f"nobody in {self.source.name} has the source id {self.only}",
                remedy=f"Look at the column {self.mapping.source_id or self.mapping.correlate[0]} of the source.",
            )
        await self._links_without_people()
        if self.planned != self._number:
            raise RuntimeError(f"{self._number} people came in and {self.planned} entries came out")

    def tell(self, message: str) -> None:
        """Report progress."""
        if self._progress is not None:
            self._progress(
                PlanProgress(read=self.read, planned=self.planned, requests=self.correlator.requests, message=message)
            )

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
                    return
                self.read += taken
                self.tell("reading")
                yield people
        finally:
            close = getattr(rows, "close", None)
            if close is not None:
                close()

    def _person(self, row: SourceRow | Problem) -> Person | None:
        number = self._number + 1
        make = self.preparer
        person = make.broken(row, number) if isinstance(row, Problem) else make.person(row, number)
        if self.only is not None and not self._is_meant(person):
            return None
        self._number = number
        if not person.identified:
            self._unidentified += 1
        return person

    def _is_meant(self, person: Person) -> bool:
        return person.source_id == self.only or (bool(person.key_digest) and person.key_digest in self._keys)

    def _find_twins(self) -> None:
        """The correlation keys of the one person: whoever shares one is a duplicate, and must be seen as such."""
        for row in self.source.rows():
            if isinstance(row, SourceRow):
                person = self.preparer.person(row, 0)
                if person.source_id == self.only and person.key_digest:
                    self._keys.add(person.key_digest)

    async def _look_up(self, group: asyncio.TaskGroup, people: list[Person] | tuple[()], *, last: bool = False) -> None:
        links = await self.correlator.links(people) if people else {}
        for person in people:
            link = links.get(person.digest) if person.digest else None
            if link is not None and not person.problems:
                self._linked.append((person, link))
            elif (entry := self.maker.unlooked(person)) is not None:
                self._ready.append(entry)
            else:
                self._unlinked.append(person)
        while len(self._linked) >= BATCH or (last and self._linked):
            linked, self._linked = self._linked[:BATCH], self._linked[BATCH:]
            await self._lane(group, self.correlator.linked(linked))
        while len(self._unlinked) >= BATCH or (last and self._unlinked):
            unlinked, self._unlinked = self._unlinked[:BATCH], self._unlinked[BATCH:]
            await self._lane(group, self.correlator.unlinked(unlinked))
        if len(self._ready) >= FLUSH:
            await self._flush()

    async def _lane(self, group: asyncio.TaskGroup, lookup: Awaitable[list[Found]]) -> None:
        """Start a look-up as soon as fewer than LANES are under way."""
        await self._lanes.acquire()

        async def look() -> None:
            try:
                found = await lookup  # first: while it is awaited, a flush puts a new list in place of the old
                self._ready.extend(map(self.maker.found, found))
                if len(self._ready) >= FLUSH:
                    await self._flush()
                self.tell("looking up")
            finally:
                self._lanes.release()

        group.create_task(look())

    async def _flush(self) -> None:
        async with self._writing:
            ready, self._ready = self._ready, []
            await self.journal.add_entries(self.begun.id, ready)
            self.planned += len(ready)

    async def _links_without_people(self) -> None:
        """SOURCE_MISSING: only where it is certain that nobody was overlooked."""
        if self.mapping.target_phase != "linked" or self.only is not None:
            return
        if not self.read:
            self._note(
                "the source holds nobody; people who are in HubSpot are left alone",
                "If everybody really left, delete them in HubSpot; an empty source never plans a deletion.",
            )
            return
        if self._unidentified:
            self._note(
                f"{self._unidentified} rows could not be read or named, so nobody can tell who is missing: "
                "people who are not in the source were not looked at",
                "Mend the invalid rows of this plan, then plan again.",
            )
            return
        after = b""
        while links := await self.journal.unseen_links(
            self.begun.portal_id,
            self.mapping.name,
            self.begun.id,
            object_class=self.mapping.target,
            after=after,
            limit=BATCH,
        ):
            after = links[-1].digest
            people = []
            for link in links:
                self._number += 1
                people.append((Person(number=self._number, line=0, digest=link.digest), link))
            for found in await self.correlator.linked(people):
                assert found.link is not None
                entry = self.maker.leaver(
                    found.person, found.link, found.record, found.read_at, Situation.SOURCE_MISSING
                )
                self._ready.append(entry)
            await self._flush()
            self.tell("looking for people who left")

    def _note(self, message: str, remedy: str) -> None:
        self.notes.append(Problem(message=message, remedy=remedy, file=self.source.name))


@contextlib.asynccontextmanager
async def _group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose first error comes out as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


def _first(errors: BaseExceptionGroup[Any]) -> BaseException:
    for error in errors.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    return errors


async def in_thread(work: Callable[[], T]) -> T:
    """Run in a worker thread; a cancellation waits for the worker, which cannot be stopped."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await task
        raise
