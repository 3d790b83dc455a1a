"""What people are to be associated with: found by key, compared with what HubSpot has, planned as part of their entries."""

from __future__ import annotations

import time
from collections.abc import Mapping as Dict
from collections.abc import Sequence

import msgspec

from console.hubspot.associations import Associated
from console.hubspot.errors import Invalid, NotFound
from console.hubspot.model import PropertyDefinition
from console.journal.journal import Journal
from console.journal.model import Action, NewEntry, Problem, Situation, Tie, Undo
from console.provisioning.checks import KEYS
from console.provisioning.companies import SHARED_KEYS, Companies
from console.provisioning.correlate import TYPES
from console.provisioning.entries import EntryMaker
from console.provisioning.mapping import RECORD_ID, Associate, Mapping
from console.provisioning.people import Person
from console.provisioning.target import Target

BATCH = 100
READS = 1_000
"""HubSpot reads the associations of so many records in one request."""
KNOWN = 50_000
"""Keys whose record is remembered while a plan is made."""
LATELY = 900.0
"""Seconds after which HubSpot's index surely knows what a run made."""
RUNS_SEEN = 20
_SHOWN = 3


class Associations:
    """Plans associations for the entries of one plan. `requests` counts what that cost."""

    def __init__(self, target: Target, journal: Journal, mapping: Mapping, portal_id: int, maker: EntryMaker) -> None:
        self._target = target
        self._journal = journal
        self._mapping = mapping
        self._portal = portal_id
        self._maker = maker
        self._companies = Companies(target)
        self._known: list[dict[str, str]] = [{} for _ in mapping.associate]
        self._requests = 0
        self._lately: dict[str, str] | None = None
        self.planned = 0
        self._unknown = 0
        self._examples: dict[str, None] = {}

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self._requests + self._companies.requests

    @property
    def notes(self) -> list[Problem]:
        """Keys that lead to no record, or to several."""
        if not self._unknown:
            return []
        classes = " or ".join(dict.fromkeys(associate.object_class for associate in self._mapping.associate))
        return [
            Problem(
                message=f"{self._unknown:,} people have the key of a {classes} that HubSpot does not have, or not once "
                f"(such as {', '.join(self._examples)}): they are not associated",
                remedy=f"Apply the mapping that makes the {classes} records first, then plan again.",
                file=self._mapping.path,
                line=self._mapping.lines.get("associate"),
                field="associate",
            )
        ]

    async def planned_for(self, pairs: Sequence[tuple[NewEntry, Person | None]]) -> list[NewEntry]:
        """The entries with the associations that are missing; what was equal and lacks one is an update."""
        people = {entry.number: person for entry, person in pairs if person is not None and self._ties(entry, person)}
        if not people:
            return [entry for entry, _ in pairs]
        for index, associate in enumerate(self._mapping.associate):
            keys = [key for person in people.values() for number, key in person.ties if number == index]
            await self._find(index, associate, list(dict.fromkeys(keys)))
        wanted = {number: self._wanted(person) for number, person in people.items()}
        uids = [entry.uid for entry, _ in pairs if entry.uid and wanted.get(entry.number)]
        present = {
            kind: await self._present(kind, uids) for kind in {t.object_class for w in wanted.values() for t in w}
        }
        return [
            self._with(entry, people.get(entry.number), wanted.get(entry.number, ()), present) for entry, _ in pairs
        ]

    def _ties(self, entry: NewEntry, person: Person) -> bool:
        if not person.ties or entry.situation is Situation.INVALID:
            return False
        if entry.action is Action.LINK:
            return self._mapping.policy.get(entry.situation, Action.UPDATE) is Action.UPDATE
        return entry.action in (Action.CREATE, Action.UPDATE, Action.NONE)

    def _wanted(self, person: Person) -> tuple[Tie, ...]:
        """What is to be there; a key that leads nowhere is counted."""
        ties: dict[tuple[str, str, str], Tie] = {}
        for index, key in person.ties:
            associate = self._mapping.associate[index]
            uid = self._known[index].get(key, "")
            if uid:
                tie = Tie(object_class=associate.object_class, uid=uid, key=key, label=associate.label)
                ties.setdefault((tie.object_class, tie.uid, tie.label), tie)
                continue
            self._unknown += 1
            if len(self._examples) < _SHOWN:
                self._examples[key] = None
        return tuple(ties.values())

    def _with(
        self,
        entry: NewEntry,
        person: Person | None,
        wanted: Sequence[Tie],
        present: Dict[str, Dict[str, Associated]],
    ) -> NewEntry:
        if person is None:
            return entry
        if any(not self._known[index].get(key) for index, key in person.ties):
            entry = msgspec.structs.replace(entry, fingerprint=b"")  # the next plan looks again
        missing = tuple(tie for tie in wanted if not _has(tie, present[tie.object_class].get(entry.uid or "")))
        if not missing:
            return entry
        self.planned += len(missing)
        payload = entry.payload or self._maker.payload(person, None, ())
        work = entry.action in (Action.CREATE, Action.UPDATE)
        return msgspec.structs.replace(
            entry,
            action=entry.action if work else Action.UPDATE,
            undo=entry.undo if work else Undo.FULL,
            payload=msgspec.structs.replace(payload, ties=missing),
        )

    async def _find(self, index: int, associate: Associate, keys: Sequence[str]) -> None:
        """Remember which record each key means; none and several are an empty text."""
        known = self._known[index]
        if len(known) > KNOWN:
            known.clear()
        asked = [key for key in keys if key not in known]
        if not asked:
            return
        if associate.mapping:
            known.update(await self._by_link(associate, asked))
        elif associate.by in SHARED_KEYS.get(associate.object_class, ()):
            found = await self._companies.by_domain(asked, ())
            known.update({key: records[0].id if len(records) == 1 else "" for key, records in found.items()})
            lately = await self._made_lately() if not all(found.values()) else {}
            known.update({key: lately.get(key.casefold(), "") for key, records in found.items() if not records})
        else:
            known.update(await self._by_key(associate, asked))

    async def _made_lately(self) -> dict[str, str]:
        """Companies by domain that runs of the last minutes made: HubSpot's index may not know them yet."""
        if self._lately is not None:
            return self._lately
        lately: dict[str, str] = {}
        self._lately = lately
        for run in await self._journal.runs(RUNS_SEEN):
            recent = (run.updated_at or 0.0) > time.time() - LATELY
            if not recent or (run.portal_id, run.object_class) != (self._portal, "company"):
                continue
            after = 0
            while len(lately) < KNOWN and (
                page := await self._journal.entries(
                    run.plan_id, actions=[Action.CREATE.value], states=["done"], after=after, limit=500
                )
            ):
                after = page[-1].number
                for entry in page:
                    changes = entry.payload.changes if entry.payload is not None else ()
                    domains = [change.after for change in changes if change.name == "domain" and change.after]
                    lately.update({domain.strip().casefold(): entry.uid for domain in domains if entry.uid})
        return lately

    async def _by_link(self, associate: Associate, keys: Sequence[str]) -> dict[str, str]:
        """Keys as the source ids of another mapping, whose links tell the records."""
        digester = self._journal.digester(self._portal, associate.mapping, associate.object_class)
        digests = {key: digester.source(key) for key in keys}
        links = await self._journal.links(
            self._portal, associate.mapping, digests.values(), object_class=associate.object_class
        )
        return {key: links[digest].uid if digest in links else "" for key, digest in digests.items()}

    async def _by_key(self, associate: Associate, keys: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = dict.fromkeys(keys, "")
        folded = list({key.strip().casefold(): key for key in keys}.values())
        name = None if associate.by == RECORD_ID else associate.by
        by_folded: dict[str, str] = {}
        for start in range(0, len(folded), BATCH):
            part = folded[start : start + BATCH]
            outcomes = await self._target.batch_read(associate.object_class, part, properties=(), id_property=name)
            self._requests += 1
            for key, outcome in zip(part, outcomes, strict=True):
                if outcome.error is not None and not isinstance(outcome.error, NotFound | Invalid):
                    raise outcome.error
                by_folded[key.strip().casefold()] = outcome.record.id if outcome.record is not None else ""
        return {key: by_folded[key.strip().casefold()] for key in found}

    async def _present(self, object_class: str, uids: Sequence[str]) -> dict[str, Associated]:
        """The associations that the records have now."""
        found: dict[str, Associated] = {}
        distinct = list(dict.fromkeys(uids))
        for start in range(0, len(distinct), READS):
            part = distinct[start : start + READS]
            answers = await self._target.hubspot.associations.batch_read(
                TYPES[self._mapping.target], TYPES[object_class], part
            )
            self._requests += 1
            for uid, answer in zip(part, answers, strict=True):
                if answer.error is not None and not isinstance(answer.error, NotFound):
                    raise answer.error
                found[uid] = answer
        return found


def misplaced(mapping: Mapping, schemas: Dict[str, Dict[str, PropertyDefinition]]) -> list[Problem]:
    """Associations whose key is no value that one record of the other class can be found by."""
    problems = []
    for associate in mapping.associate:
        schema = schemas[associate.object_class]
        if associate.mapping or associate.by in KEYS[associate.object_class]:
            continue
        if associate.by not in schema or not schema[associate.by].unique:
            problems.append(
                Problem(
                    message=f"{associate.by} is not a unique property of a {associate.object_class}, so it cannot tell "
                    f"which {associate.object_class} is meant",
                    remedy='Name a property with unique values, or the mapping whose source id the key is: mapping = "...".',
                    file=mapping.path,
                    line=associate.line or None,
                    field="associate",
                )
            )
    return problems


def _has(tie: Tie, present: Associated | None) -> bool:
    """Whether the association is there, as the primary one where that is wanted."""
    for found in present.associations if present is not None else ():
        if found.to_id == tie.uid:
            return not tie.label or any(label.casefold() == tie.label for label in found.labels)
    return False
