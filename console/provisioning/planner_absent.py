"""Who is not in the source: people who left, and HubSpot's records that nobody speaks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from console.journal.model import Link, NewEntry, Situation
from console.provisioning.correlate import BATCH, Correlator, Found, KeyReader, known_as
from console.provisioning.errors import PlanRefused
from console.provisioning.lanes import ListReader
from console.provisioning.people import Person

if TYPE_CHECKING:
    from console.journal.journal import Journal
    from console.journal.model import Plan
    from console.provisioning.lanes_shelf import Shelf
    from console.provisioning.mapping import Mapping
    from console.provisioning.planner_bench import Bench
    from console.provisioning.request import PlanRequest

PAGE = 1000


class Entries(Protocol):
    """Where entries go: the plan that is made."""

    def next_number(self) -> int:
        """The number of another entry."""

    def put(self, entry: NewEntry) -> None:
        """An entry is ready to be written."""

    async def flush(self) -> None:
        """Write the entries that are ready."""

    def note(self, message: str, remedy: str) -> None:
        """Something to be said of the plan as a whole."""

    def tell(self, message: str) -> None:
        """Report progress."""


class Absent:
    """Looks for them once everybody in the source was read; `read` and `unidentified` say how that went."""

    def __init__(
        self,
        *,
        mapping: Mapping,
        request: PlanRequest,
        bench: Bench,
        begun: Plan,
        reader: KeyReader | ListReader,
        correlator: Correlator,
        journal: Journal,
        excluded: Collection[bytes],
        entries: Entries,
    ) -> None:
        self._mapping = mapping
        self._request = request
        self._bench = bench
        self._begun = begun
        self._reader = reader
        self._correlator = correlator
        self._journal = journal
        self._excluded = excluded
        self._entries = entries

    async def look(self, *, read: int, unidentified: int) -> None:
        """Entries for links without people, then for records that neither a person nor a link speaks for."""
        await self._links_without_people(read, unidentified)
        if read and not unidentified:  # else nobody can tell who is missing, as was said
            await self._records_without_people()

    # ------------------------------------------------- people who left

    async def nobody(self, source_id: str, *, unidentified: int) -> None:
        """The one person who was asked for is not in the source: they left, or there never was such a one."""
        source = self._bench.source.name
        if unidentified:
            raise PlanRefused(
                f"{unidentified} rows of {source} could not be read or named, and {source_id} may be one of them",
                remedy="Mend these rows: hubspoke sources preview, or plan without --only to see them.",
            )
        if await self.gone([source_id]):
            return
        field = self._mapping.source_id or self._mapping.correlate[0]
        self._entries.note(
            f"nobody in {source} has the source id {source_id}, and no link remembers one",
            f"Look at {field} in the source.",
        )
        self._entries.put(self._bench.maker.all_gone(self._entries.next_number(), source_id))
        await self._entries.flush()

    async def gone(self, source_ids: Sequence[str]) -> int:
        """People who are known to have left: what becomes of their records; how many of them a link remembers."""
        many = 0
        for start in range(0, len(source_ids), BATCH):
            digests = {self._bench.digester.source(one): one for one in source_ids[start : start + BATCH]}
            links = await self._journal.links(
                self._begun.portal_id, self._mapping.name, list(digests), object_class=self._mapping.target
            )
            known = [(self._person(digest, digests[digest]), links[digest]) for digest in digests if digest in links]
            many += len(known)
            if known:
                await self._leavers(known)
        return many

    async def _links_without_people(self, read: int, unidentified: int) -> None:
        """SOURCE_MISSING: only where it is certain that nobody was overlooked."""
        if self._mapping.target_phase == "off" or self._request.partial:
            return
        if not read:
            self._entries.note(
                "the source holds nobody; people who are in HubSpot are left alone",
                "If everybody really left, delete them in HubSpot; an empty source never plans a deletion.",
            )
            return
        if unidentified:
            self._entries.note(
                f"{unidentified} rows could not be read or named, so nobody can tell who is missing: "
                "people who are not in the source were not looked at",
                "Mend the invalid rows of this plan, then plan again.",
            )
            return
        after = b""
        while links := await self._journal.unseen_links(
            self._begun.portal_id,
            self._mapping.name,
            self._begun.id,
            object_class=self._mapping.target,
            after=after,
            limit=BATCH,
        ):
            after = links[-1].digest
            await self._leavers(
                [(self._person(link.digest), link) for link in links if link.digest not in self._excluded]
            )
            self._entries.tell("looking for people who left")

    def _person(self, digest: bytes, source_id: str = "") -> Person:
        return Person(number=self._entries.next_number(), line=0, source_id=source_id, digest=digest)

    async def _leavers(self, people: Sequence[tuple[Person, Link]]) -> None:
        found = await self._correlator.linked(people)
        self.claim(found)
        for one in found:
            assert one.link is not None
            entry = self._bench.maker.leaver(one.person, one.link, one.record, one.read_at, Situation.SOURCE_MISSING)
            self._entries.put(entry)
        await self._entries.flush()

    # --------------------------------------- records that nobody speaks for

    @property
    def _claimed(self) -> Shelf | None:
        """Where it is written down who of HubSpot's records is spoken for; None where nobody asks."""
        asks = self._mapping.target_phase == "all" and not self._request.partial
        return self._reader.shelf if asks and isinstance(self._reader, ListReader) else None

    def claim(self, found: Sequence[Found]) -> None:
        """Somebody of the source speaks for what was found."""
        if (shelf := self._claimed) is not None:
            for one in found:
                shelf.claim([candidate.uid for candidate in one.candidates])
                shelf.claim(known_as(one.record) if one.record is not None else ())

    def claim_of(self, person: Person, link: Link | None) -> None:
        """Somebody who is not looked up speaks for their record all the same."""
        if (shelf := self._claimed) is not None:
            keys = [("hs_object_id", link.uid)] if link is not None else list(person.keys)
            for name, value in keys:
                shelf.claim([record.id for record, _ in shelf.find(name, [value])[value]])

    async def _records_without_people(self) -> None:
        """UNASSIGNED and TARGET_IGNORED."""
        if (shelf := self._claimed) is None:
            return
        for records in shelf.unclaimed(PAGE):
            for record, read_at in records:
                self._entries.put(self._bench.maker.unassigned(self._entries.next_number(), record, read_at))
            await self._entries.flush()
            self._entries.tell("looking for records that nobody speaks for")
