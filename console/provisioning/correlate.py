"""Finding the HubSpot record of a person: by link, then by unique key, never by likeness."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import msgspec

from console.hubspot.errors import Conflict, Invalid, NotFound
from console.hubspot.model import Outcome, Record
from console.journal.journal import Journal
from console.journal.model import Link, Problem
from console.provisioning.people import Person
from console.provisioning.target import Target

BATCH = 100


class Found(msgspec.Struct, kw_only=True):
    """What is known of a person after looking: the link, the record, whom the record belongs to."""

    person: Person
    link: Link | None = None
    record: Record | None = None
    taken: bool = False
    several: bool = False
    problem: Problem | None = None
    read_at: float = 0.0


class Correlator:
    """Looks up people in batches of 100. `requests` counts what that cost."""

    def __init__(
        self,
        target: Target,
        journal: Journal,
        object_class: str,
        portal_id: int,
        mapping: str,
        properties: Sequence[str],
    ) -> None:
        self._target = target
        self._journal = journal
        self._class = object_class
        self._portal = portal_id
        self._mapping = mapping
        self._properties = tuple(properties)
        self.requests = 0

    async def links(self, people: Sequence[Person]) -> dict[bytes, Link]:
        """The links of people, by the digest of their source id."""
        digests = {person.digest for person in people if person.digest}
        return await self._journal.links(self._portal, self._mapping, digests, object_class=self._class)

    async def linked(self, people: Sequence[tuple[Person, Link]]) -> list[Found]:
        """The records of linked people. A record that is gone is None."""
        records, read_at = await self._read(list(dict.fromkeys(link.uid for _, link in people)), None)
        return [
            Found(person=person, link=link, record=records[link.uid].record, read_at=read_at) for person, link in people
        ]

    async def unlinked(self, people: Sequence[Person]) -> list[Found]:
        """The records of people without a link, by their unique keys in order."""
        found = {id(person): Found(person=person, read_at=time.time()) for person in people}
        waiting = list(people)
        rank = 0
        while waiting:
            by_property: dict[str, dict[str, list[Person]]] = {}
            for person in waiting:
                name, value = person.keys[rank]
                by_property.setdefault(name, {}).setdefault(value, []).append(person)
            waiting = []
            for name, group in by_property.items():
                outcomes, read_at = await self._read(list(group), name)
                for value, same in group.items():
                    for person in same:
                        entry = found[id(person)]
                        entry.read_at = read_at
                        entry.record = outcomes[value].record
                        entry.problem = _refused(outcomes[value], name, person)
                        if entry.record is None and entry.problem is None and len(person.keys) > rank + 1:
                            waiting.append(person)
            rank += 1
        result = list(found.values())
        await self._mark_taken(result)
        return result

    async def _mark_taken(self, found: Sequence[Found]) -> None:
        """A record may belong to somebody else of this mapping already."""
        uids = {entry.record.id for entry in found if entry.record is not None}
        if not uids:
            return
        owners = await self._journal.links_by_uid(self._portal, self._mapping, uids, object_class=self._class)
        for entry in found:
            owner = owners.get(entry.record.id) if entry.record is not None else None
            entry.taken = owner is not None and owner.digest != entry.person.digest

    async def _read(self, keys: list[str], id_property: str | None) -> tuple[dict[str, Outcome], float]:
        """Outcomes by key. An error that is not about one key raises, because a plan with holes is no plan."""
        outcomes: dict[str, Outcome] = {}
        read_at = time.time()
        for part in _batches(keys):
            read_at = time.time()
            answers = await self._target.batch_read(
                self._class, part, properties=self._properties, id_property=id_property
            )
            self.requests += 1
            outcomes.update(zip(part, answers, strict=True))
        for outcome in outcomes.values():
            if outcome.error is not None and not isinstance(outcome.error, NotFound | Invalid | Conflict):
                raise outcome.error
        return outcomes, read_at


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


def _refused(outcome: Outcome, name: str, person: Person) -> Problem | None:
    if outcome.error is None or isinstance(outcome.error, NotFound):
        return None
    return Problem(
        message=f"HubSpot cannot look up this {name}: {outcome.error.message}",
        remedy=outcome.error.advice or "Correct the value in the source.",
        line=person.line,
        field=name,
    )
