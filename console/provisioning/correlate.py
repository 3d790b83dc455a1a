"""Finding the HubSpot record of a person: by link, then by unique key, never by likeness."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from console.hubspot.errors import Conflict, HubSpotError, Invalid, NotFound
from console.hubspot.matching import MERGED_IDS
from console.hubspot.model import ObjectType, Record
from console.journal.journal import Journal
from console.journal.model import Candidate, Link, Problem
from console.provisioning.companies import SHARED_KEYS, Companies
from console.provisioning.limits import bounded
from console.provisioning.mapping import RECORD_ID
from console.provisioning.people import Person
from console.provisioning.target import Target

BATCH = 100
FOLLOWED = 100
"""Records that are looked for one by one in a plan, for they may have been merged."""
_SINGLE = 200
"""Properties that fit into the address of a single read."""
TYPES: Mapping[str, ObjectType] = {"contact": "contacts", "company": "companies"}


class Found(msgspec.Struct, kw_only=True):
    """What is known of a person after looking: the link, the record, whom the record belongs to.

    `candidates` are the records that the keys lead to, where these are several.
    """

    person: Person
    link: Link | None = None
    record: Record | None = None
    taken: bool = False
    candidates: tuple[Candidate, ...] = ()
    problem: Problem | None = None
    read_at: float = 0.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What reading by one id or key told: the records, of which there may be none, or why it cannot be told."""

    records: tuple[Record, ...] = ()
    error: HubSpotError | None = None
    read_at: float = 0.0


class Reader(Protocol):
    """A way to read records."""

    @property
    def requests(self) -> int:
        """How many were sent."""

    async def by_id(self, ids: Sequence[str]) -> dict[str, Answer]:
        """Records by HubSpot's id; a merged record's id leads to its survivor."""

    async def by_key(self, name: str, values: Sequence[str]) -> dict[str, Answer]:
        """Records by the value of a property that correlation may use."""

    async def survivor(self, uid: str) -> Answer:
        """What a record that `by_id` did not find was merged into."""


class KeyReader:
    """Reads in batches of 100, by id and by key."""

    def __init__(self, target: Target, object_class: str, properties: Sequence[str]) -> None:
        self._target = target
        self._class = object_class
        self._properties = tuple(dict.fromkeys([*properties, MERGED_IDS]))
        self._companies = Companies(target)
        self._requests = 0
        self._followed = 0

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self._requests + self._companies.requests

    async def by_id(self, ids: Sequence[str]) -> dict[str, Answer]:
        """Records by HubSpot's id; a merged record's id leads to its survivor."""
        return await self._read(ids, None)

    async def by_key(self, name: str, values: Sequence[str]) -> dict[str, Answer]:
        """Records by a unique property, by id, or companies by their domain."""
        if name in SHARED_KEYS.get(self._class, ()):
            read_at = time.time()
            found = await self._companies.by_domain(values, self._properties)
            return {value: Answer(records=tuple(found[value]), read_at=read_at) for value in values}
        return await self._read(values, None if name == RECORD_ID else name)

    async def survivor(self, uid: str) -> Answer:
        """What a record that `by_id` did not find was merged into: HubSpot's batches do not tell, a single read does.

        Only so many are asked for; records that are gone in numbers were deleted, not merged.
        """
        read_at = time.time()
        if self._followed == FOLLOWED:
            return Answer(read_at=read_at)
        self._followed += 1
        self._requests += 1
        objects = self._target.hubspot.objects(TYPES[self._class])
        try:
            reading = objects.read(uid, properties=self._properties[:_SINGLE])
            record = await bounded(self._target.profile, "GET", reading)
        except (NotFound, Invalid):
            return Answer(read_at=read_at)
        if len(self._properties) > _SINGLE:
            return (await self._read([record.id], None))[record.id]
        return Answer(records=(record,), read_at=read_at)

    async def _read(self, keys: Sequence[str], id_property: str | None) -> dict[str, Answer]:
        """Answers by key. An error that is not about one key raises, because a plan with holes is no plan."""
        answers: dict[str, Answer] = {}
        for part in _batches(keys):
            read_at = time.time()
            reading = self._target.batch_read(self._class, part, properties=self._properties, id_property=id_property)
            outcomes = await bounded(self._target.profile, "GET", reading)
            self._requests += 1
            for key, outcome in zip(part, outcomes, strict=True):
                if outcome.error is not None and not isinstance(outcome.error, NotFound | Invalid | Conflict):
                    raise outcome.error
                error = None if isinstance(outcome.error, NotFound) else outcome.error
                records = (outcome.record,) if outcome.record is not None else ()
                answers[key] = Answer(records=records, error=error, read_at=read_at)
        return answers


class Correlator:
    """Looks people up by a reader, and looks whom their records belong to."""

    def __init__(self, reader: Reader, journal: Journal, object_class: str, portal_id: int, mapping: str) -> None:
        self._reader = reader
        self._journal = journal
        self._class = object_class
        self._portal = portal_id
        self._mapping = mapping
        self._shared = SHARED_KEYS.get(object_class, ())
        self._has_links: bool | None = None

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self._reader.requests

    async def links(self, people: Sequence[Person]) -> dict[bytes, Link]:
        """The links of people, by the digest of their source id."""
        digests = {person.digest for person in people if person.digest}
        if not await self._any_link():
            return {}
        return await self._journal.links(self._portal, self._mapping, digests, object_class=self._class)

    async def linked(self, people: Sequence[tuple[Person, Link]]) -> list[Found]:
        """The records of linked people. A record that is gone is None, one that was merged is its survivor."""
        answers = await self._reader.by_id(list(dict.fromkeys(link.uid for _, link in people)))
        gone = [(person, link) for person, link in people if not answers[link.uid].records]
        answers |= await self._merged(gone)
        found = []
        for person, link in people:
            answer = answers[link.uid]
            record = answer.records[0] if answer.records else None
            found.append(Found(person=person, link=link, record=record, read_at=answer.read_at))
        moved = [
            one for one in found if one.record is not None and one.link is not None and one.link.uid != one.record.id
        ]
        await self._mark_taken(moved)
        return found

    async def _merged(self, people: Sequence[tuple[Person, Link]]) -> dict[str, Answer]:
        """What the records that are gone were merged into: found by the person's keys, else one by one."""
        answers: dict[str, Answer] = {}
        for name in dict.fromkeys(name for person, _ in people for name, _ in person.keys):
            values = {link.uid: value for person, link in people for key, value in person.keys if key == name}
            found = await self._reader.by_key(name, list(dict.fromkeys(values.values())))
            for uid, value in values.items():
                survivors = tuple(record for record in found[value].records if uid in known_as(record))
                if survivors:
                    answers[uid] = Answer(records=survivors, read_at=found[value].read_at)
        for _, link in people:
            if link.uid not in answers:
                answers[link.uid] = await self._reader.survivor(link.uid)
        return answers

    async def unlinked(self, people: Sequence[Person]) -> list[Found]:
        """The records of people without a link, by their keys in order.

        All unique keys are asked, because two of them may lead to two records; a key that records may share
        only where these found nothing.
        """
        found = [Found(person=person, read_at=time.time()) for person in people]
        hits: list[dict[str, tuple[Record, str]]] = [{} for _ in people]
        names = list(dict.fromkeys(name for person in people for name, _ in person.keys))
        for name in sorted(names, key=lambda name: name in self._shared):
            asked: dict[str, list[int]] = {}
            for index, person in enumerate(people):
                value = next((value for key, value in person.keys if key == name), "")
                if value and not (name in self._shared and hits[index]):
                    asked.setdefault(value, []).append(index)
            answers = await self._reader.by_key(name, list(asked)) if asked else {}
            for value, indexes in asked.items():
                for index in indexes:
                    answer, one = answers[value], found[index]
                    one.read_at = min(one.read_at, answer.read_at) if hits[index] else answer.read_at
                    one.problem = one.problem or _refused(answer.error, name, one.person)
                    for record in answer.records:
                        hits[index].setdefault(record.id, (record, f"{name} {value}"))
        for one, records in zip(found, hits, strict=True):
            if len(records) > 1:
                one.candidates = tuple(candidate(record, key) for record, key in records.values())
            elif records:
                ((one.record, _),) = records.values()
        await self._mark_taken(found)
        return found

    async def _any_link(self) -> bool:
        """Whether the mapping has links at all; before its first run there is nothing to look up."""
        if self._has_links is None:
            count = await self._journal.count_links(self._portal, self._mapping, object_class=self._class)
            self._has_links = count > 0
        return self._has_links

    async def _mark_taken(self, found: Sequence[Found]) -> None:
        """A record may belong to somebody else of this mapping already, also by the id of one merged into it."""
        uids = {uid for one in found if one.record is not None for uid in known_as(one.record)}
        if not uids or not await self._any_link():
            return
        owners = await self._journal.links_by_uid(self._portal, self._mapping, uids, object_class=self._class)
        for one in found:
            if one.record is not None:
                links = [owners[uid] for uid in known_as(one.record) if uid in owners]
                one.taken = any(link.digest != one.person.digest for link in links)


def known_as(record: Record) -> list[str]:
    """A record's id and those of the records that were merged into it."""
    merged = (record.properties.get(MERGED_IDS) or "").split(";")
    return [record.id, *(uid for part in merged if (uid := part.strip()))]


def candidate(record: Record, key: str) -> Candidate:
    """A record that may be somebody's, as a human tells records apart."""
    return Candidate(uid=record.id, label=label_of(record), key=key)


def label_of(record: Record) -> str:
    """How people call a record."""
    properties = record.properties
    name = " ".join(part for part in (properties.get("firstname"), properties.get("lastname")) if part)
    return name or properties.get("name") or properties.get("email") or properties.get("domain") or ""


def _batches(keys: Sequence[str]) -> Iterator[list[str]]:
    """Batches of 100, no two keys of one batch equal but for letter case: HubSpot would refuse it whole."""
    waiting = list(keys)
    while waiting:
        batch: dict[str, str] = {}
        later: list[str] = []
        for key in waiting:
            folded = key.strip().casefold()
            if len(batch) < BATCH and folded not in batch:
                batch[folded] = key
            else:
                later.append(key)
        yield list(batch.values())
        waiting = later


def _refused(error: HubSpotError | None, name: str, person: Person) -> Problem | None:
    if error is None:
        return None
    return Problem(
        message=f"HubSpot cannot look up this {name}: {error.message}",
        remedy=error.advice or "Correct the value in the source.",
        line=person.line,
        field=name,
    )
