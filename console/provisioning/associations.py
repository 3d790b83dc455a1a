"""What people are to be associated with: found by key, compared with what HubSpot has, planned as part of their entries."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dict

import msgspec

from console.hubspot.associations import Associated
from console.hubspot.errors import Invalid, NotFound
from console.hubspot.model import PropertyDefinition
from console.journal.journal import Journal
from console.journal.model import Action, Link, NewEntry, Problem, Situation, Tie, Undo
from console.provisioning.checks import KEYS
from console.provisioning.companies import SHARED_KEYS, Companies
from console.provisioning.correlate import TYPES, label_of
from console.provisioning.entries import EntryMaker
from console.provisioning.mapping import RECORD_ID, Associate, Mapping
from console.provisioning.people import Person
from console.provisioning.target import Target
from console.provisioning.ties import PRIMARY, found, has, is_labelled, primary, seen

BATCH = 100
READS = 1_000
"""HubSpot reads the associations of so many records in one request."""
KNOWN = 50_000
"""Keys whose record is remembered while a plan is made."""
LATELY = 900.0
"""Seconds after which HubSpot's index surely knows what a run made."""
RUNS_SEEN = 20
_SHOWN = 3
_CALLED = {"contact": ("email", "firstname", "lastname"), "company": ("name", "domain")}


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
        self._removed = 0
        self._labelled = 0
        self._names: dict[tuple[str, str], str] = {}
        self._unknown = 0
        self._examples: dict[str, None] = {}

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self._requests + self._companies.requests

    @property
    def notes(self) -> list[Problem]:
        """Keys that lead to no record, or to several; and what is taken away, or left though nobody has it any more."""
        classes = " or ".join(dict.fromkeys(associate.object_class for associate in self._mapping.associate))
        notes = []
        if self._unknown:
            notes.append(
                self._note(
                    f"{self._unknown:,} people have the key of a {classes} that HubSpot does not have, or not once "
                    f"(such as {', '.join(self._examples)}): they are not associated",
                    f"Apply the mapping that makes the {classes} records first, then plan again.",
                )
            )
        if self._removed:
            notes.append(
                self._note(
                    f"{self._removed:,} associations that Hubspoke made are taken away, because the source names another "
                    f"{classes} by now",
                    "See them as - in hubspoke diff PLAN. Whatever else is associated in HubSpot stays.",
                )
            )
        if self._labelled:
            notes.append(
                self._note(
                    f"{self._labelled:,} associations that Hubspoke made are out of date, but somebody gave them a label "
                    "in HubSpot: they stay",
                    "Remove them in HubSpot if nobody needs them.",
                )
            )
        return notes

    def _note(self, message: str, remedy: str) -> Problem:
        return Problem(
            message=message,
            remedy=remedy,
            file=self._mapping.path,
            line=self._mapping.lines.get("associate"),
            field="associate",
        )

    async def planned_for(self, pairs: Sequence[tuple[NewEntry, Person | None]]) -> list[NewEntry]:
        """The entries with the associations that are missing; what was equal and lacks one is an update."""
        people = {entry.number: person for entry, person in pairs if person is not None and self._ties(entry, person)}
        if not people:
            return [entry for entry, _ in pairs]
        for index, associate in enumerate(self._mapping.associate):
            keys = [key for person in people.values() for number, key in person.ties if number == index]
            await self._find(index, associate, list(dict.fromkeys(keys)))
        wanted = {number: self._wanted(person) for number, person in people.items()}
        links = await self._links([entry for entry, _ in pairs if entry.uid and entry.number in people])
        uids = [
            entry.uid
            for entry, _ in pairs
            if entry.uid and (wanted.get(entry.number) or _tied(links.get(entry.key_digest), entry))
        ]
        present: dict[str, dict[str, Associated]] = {
            kind: await self._present(kind, uids)
            for kind in dict.fromkeys(associate.object_class for associate in self._mapping.associate)
        }
        stale = {
            entry.number: self._stale(entry, wanted[entry.number], links.get(entry.key_digest), present)
            for entry, person in pairs
            if entry.number in people and not self._lost(people[entry.number])
        }
        await self._name(tie for ties in stale.values() for tie in ties)
        return [
            self._with(
                entry, people.get(entry.number), wanted.get(entry.number, ()), stale.get(entry.number, ()), present
            )
            for entry, _ in pairs
        ]

    async def _links(self, entries: Sequence[NewEntry]) -> dict[bytes, Link]:
        """What is remembered of these people, by digest."""
        digests = [entry.key_digest for entry in entries if entry.key_digest]
        mapping = self._mapping
        return await self._journal.links(self._portal, mapping.name, digests, object_class=mapping.target)

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

    def _lost(self, person: Person) -> bool:
        """Whether a key leads nowhere, so that nobody can tell what is out of date."""
        return any(not self._known[index].get(key) for index, key in person.ties)

    def _stale(
        self, entry: NewEntry, wanted: Sequence[Tie], link: Link | None, present: Dict[str, Dict[str, Associated]]
    ) -> tuple[Tie, ...]:
        """What is to go: associations that Hubspoke made and another one takes the place of, and who is no longer primary.

        A class of which the source names nothing keeps what it has: blank is not clear.
        """
        uid = entry.uid or ""
        named = {
            tie.object_class: {one.uid for one in wanted if one.object_class == tie.object_class} for tie in wanted
        }
        ties: dict[tuple[str, str], Tie] = {}
        for object_class, other in _tied(link, entry):
            one = found(present.get(object_class, {}).get(uid), other)
            if one is None or object_class not in named or other in named[object_class]:
                continue
            if is_labelled(one):
                self._labelled += 1
                continue
            tie = seen(Tie(object_class=object_class, uid=other, remove=True), present[object_class].get(uid))
            ties[object_class, other] = tie
        for tie in wanted:
            before = primary(present[tie.object_class].get(uid))
            if tie.label == PRIMARY and before not in ("", tie.uid):
                less = Tie(object_class=tie.object_class, uid=before, label=PRIMARY, remove=True, was="primary")
                ties.setdefault((tie.object_class, before), less)
        return tuple(ties.values())

    async def _name(self, ties: Iterable[Tie]) -> None:
        """Look up how people call the records that are taken away."""
        asked: dict[str, list[str]] = {}
        for tie in ties:
            if (tie.object_class, tie.uid) not in self._names:
                asked.setdefault(tie.object_class, []).append(tie.uid)
        for object_class, uids in asked.items():
            distinct = list(dict.fromkeys(uids))
            for start in range(0, len(distinct), BATCH):
                part = distinct[start : start + BATCH]
                outcomes = await self._target.batch_read(object_class, part, properties=_CALLED[object_class])
                self._requests += 1
                for uid, outcome in zip(part, outcomes, strict=True):
                    self._names[object_class, uid] = label_of(outcome.record) if outcome.record is not None else uid

    def _with(
        self,
        entry: NewEntry,
        person: Person | None,
        wanted: Sequence[Tie],
        stale: Sequence[Tie],
        present: Dict[str, Dict[str, Associated]],
    ) -> NewEntry:
        if person is None:
            return entry
        if self._lost(person):
            entry = msgspec.structs.replace(entry, fingerprint=b"")  # the next plan looks again
        there = {kind: by_uid.get(entry.uid or "") for kind, by_uid in present.items()}
        missing = [seen(tie, there[tie.object_class]) for tie in wanted if not has(tie, there[tie.object_class])]
        missing = [_heir(tie, stale) for tie in missing]
        if not missing and not stale:
            return entry
        self.planned += len(missing) + len(stale)
        self._removed += sum(not tie.label for tie in stale)
        payload = entry.payload or self._maker.payload(person, None, ())
        work = entry.action in (Action.CREATE, Action.UPDATE)
        return msgspec.structs.replace(
            entry,
            action=entry.action if work else Action.UPDATE,
            undo=entry.undo if work else Undo.FULL,
            payload=msgspec.structs.replace(payload, ties=(*map(self._called, stale), *missing)),
        )

    def _called(self, tie: Tie) -> Tie:
        name = self._names.get((tie.object_class, tie.uid), tie.uid)
        return msgspec.structs.replace(tie, key=f"{name}: no longer primary" if tie.label else name)

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


def _tied(link: Link | None, entry: NewEntry) -> tuple[tuple[str, str], ...]:
    """What Hubspoke associated the entry's record with."""
    return link.tied if link is not None and link.uid == entry.uid else ()


def _heir(tie: Tie, stale: Sequence[Tie]) -> Tie:
    """The tie as the primary one, where it takes the place of one that is: else the record would have none."""
    takes = any(one.object_class == tie.object_class and one.was == PRIMARY and not one.label for one in stale)
    return msgspec.structs.replace(tie, label=PRIMARY) if takes and tie.object_class == "company" else tie
