"""From what was found to an entry of a plan: situation, action, changes, undo."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Dict

import msgspec

from console.connector.canonical import Converter
from console.connector.filter import matches
from console.hubspot.model import Record
from console.journal.model import Action, Candidate, Change, Link, NewEntry, Payload, Problem, Situation, Undo
from console.provisioning.correlate import Found, label_of
from console.provisioning.deletion import carried_out
from console.provisioning.mapping import RECORD_ID, Mapping
from console.provisioning.outcomes import FORWARD_ONLY
from console.provisioning.people import Person
from console.provisioning.situations import Policy


class EntryMaker:
    """Decides about one person at a time, by the mapping's policy.

    `unique` are the correlation keys that HubSpot lets only one record have.
    """

    def __init__(
        self, mapping: Mapping, converters: Dict[str, Converter], source: str, unique: Collection[str]
    ) -> None:
        self._source = source
        self._mapping = mapping
        self._rows = mapping.written
        self._converters = converters
        self._policy = Policy(mapping.policy)
        self._unique = frozenset(unique)

    def unlooked(self, person: Person) -> NewEntry | None:
        """The entry of a person whom nobody needs to look up in HubSpot; None for the others.

        Called for people without a link.
        """
        if person.excluded:
            return msgspec.structs.replace(
                self._plain(person, Situation.SOURCE_IGNORED, Action.IGNORE), cause="excluded", correlation_digest=b""
            )
        if person.problems and person.in_scope:
            return self._invalid(person, person.problems)
        if not person.in_scope:
            return self._plain(person, Situation.SOURCE_IGNORED, self._policy.action(Situation.SOURCE_IGNORED))
        if person.keys:
            return None
        if self._mapping.allow_unkeyed_creates and not self._mapping.correlate:
            return self._absent(person)
        return self._keyless(person, self._mapping.correlate[0])

    def unchanged(self, person: Person, link: Link, before: NewEntry) -> NewEntry | None:
        """The entry of a linked person who is as when they were last looked up; None where that is not so."""
        if person.problems or not person.in_scope or not person.fingerprint:
            return None
        if (before.fingerprint, before.uid) != (person.fingerprint, link.uid):
            return None
        if self._policy.action(Situation.CONFIRMED) is not Action.UPDATE:
            return None
        return self._nothing(person, link.uid, before.read_at)

    def _nothing(self, person: Person, uid: str, read_at: float) -> NewEntry:
        """Linked, and equal: only who it is and a fingerprint are kept."""
        return NewEntry(
            number=person.number,
            situation=Situation.CONFIRMED,
            action=Action.NONE,
            uid=uid,
            read_at=read_at,
            key_digest=person.digest,
            correlation_digest=person.key_digest,
            fingerprint=person.fingerprint,
        )

    def found(self, found: Found) -> NewEntry:
        """The entry of a person who was looked up."""
        person, link, record = found.person, found.link, found.record
        if found.problem is not None:
            refused = msgspec.structs.replace(found.problem, file=self._source)
            return self._invalid(person, (*person.problems, refused))
        if not person.in_scope and link is not None:
            return self.leaver(person, link, record, found.read_at, Situation.UNQUALIFIED)
        if person.problems:
            return self._invalid(person, person.problems, link.uid if link else None)
        if found.candidates:
            return self._ambiguous(person, found.candidates, found.read_at)
        if link is not None and record is None:
            return self._missing(person, link)
        if record is None:
            return self._absent(person)
        if found.taken:
            return self._decided(person, Situation.FOUND_ALREADY_LINKED, record, found.read_at)
        return self._present(person, link, record, found.read_at)

    def leaver(
        self, person: Person, link: Link, record: Record | None, read_at: float, situation: Situation
    ) -> NewEntry:
        """The entry of a link whose person is out of scope or not in the source any more."""
        if record is None:
            situation = Situation.LINK_ONLY
        elif situation is Situation.SOURCE_MISSING and not self._theirs(record):
            situation = Situation.TARGET_IGNORED
        action = self._policy.action(situation, created_by_us=link.created_by_us)
        if action is Action.DELETE and record is not None and record.id != link.uid:
            return self._merged(person, link, record, situation)
        entry = self._of_record(person, record, situation, action, read_at)
        return msgspec.structs.replace(entry, uid=record.id if record is not None else link.uid, key_digest=link.digest)

    def _merged(self, person: Person, link: Link, record: Record, situation: Situation) -> NewEntry:
        """A record that became part of another one is not deleted: what survived is more than what was to go."""
        problem = Problem(
            message=f"the record {link.uid} was merged into {record.id}, which is not deleted",
            remedy="Delete it in HubSpot if nobody else needs it, or forget the link: hubspoke mapping unlink.",
            file=self._source,
            line=person.line or None,
        )
        return NewEntry(
            number=person.number,
            situation=situation,
            action=Action.EXCEPTION,
            uid=record.id,
            cause="merged",
            payload=self.payload(person, record, (), (problem,)),
            key_digest=link.digest,
        )

    def unassigned(self, number: int, record: Record, read_at: float) -> NewEntry:
        """The entry of a record that nobody of the source speaks for, and that no link leads to."""
        situation = Situation.UNASSIGNED if self._theirs(record) else Situation.TARGET_IGNORED
        action = self._policy.action(situation)
        if action is Action.UNLINK:
            action = Action.IGNORE  # there is no link
        return self._of_record(Person(number=number, line=0), record, situation, action, read_at)

    def all_gone(self, number: int, source_id: str) -> NewEntry:
        """The entry of somebody of whom there is nothing left: no source object, no link, and so no record."""
        person = Person(number=number, line=0, source_id=source_id)
        return self._plain(person, Situation.ALL_GONE, self._policy.action(Situation.ALL_GONE))

    def _theirs(self, record: Record) -> bool:
        """Whether a record is one that this mapping looks after."""
        return self._mapping.target_filter is None or matches(self._mapping.target_filter, record.properties)

    def _of_record(
        self, person: Person, record: Record | None, situation: Situation, action: Action, read_at: float
    ) -> NewEntry:
        changes: tuple[Change, ...] = ()
        if action is Action.DELETE and record is not None:
            changes = tuple(
                Change(name=row.name, before=value) for row in self._rows if (value := record.properties.get(row.name))
            )
        entry = NewEntry(
            number=person.number,
            situation=situation,
            action=action,
            undo=_undo(action, changes),
            uid=record.id if record is not None else None,
            payload=self.payload(person, record, changes),
            read_at=read_at,
        )
        return carried_out(entry, self._mapping.deletion, record, self._converters)

    def _ambiguous(self, person: Person, candidates: tuple[Candidate, ...], read_at: float) -> NewEntry:
        """Several records may be the person's; a human tells which, by making the link."""
        entry = self._plain(person, Situation.AMBIGUOUS, self._policy.action(Situation.AMBIGUOUS))
        payload = self.payload(person, None, ())
        return msgspec.structs.replace(
            entry, payload=msgspec.structs.replace(payload, candidates=candidates), read_at=read_at
        )

    def _present(self, person: Person, link: Link | None, record: Record, read_at: float) -> NewEntry:
        situation = Situation.CONFIRMED if link is not None else Situation.FOUND
        action = self._policy.action(situation)
        if action is not Action.UPDATE:
            return self._decided(person, situation, record, read_at)
        changes = self.changes(person, record, link)
        if not changes and link is not None and link.uid == record.id:
            return self._nothing(person, record.id, read_at)
        if not changes:  # a new link, or one that follows a merge
            action = Action.LINK
        return NewEntry(
            number=person.number,
            situation=situation,
            action=action,
            undo=_undo(action, changes),
            uid=record.id,
            payload=self.payload(person, record, changes),
            clears=sum(change.clears for change in changes),
            read_at=read_at,
            key_digest=person.digest,
            correlation_digest=person.key_digest,
            fingerprint=person.fingerprint,
        )

    def changes(self, person: Person, record: Record, link: Link | None) -> tuple[Change, ...]:
        """The properties that differ, and only those."""
        accepted = link.accepted if link is not None else {}
        changes: list[Change] = []
        for row in self._rows:
            wanted = person.wanted.get(row.name)
            if wanted is None or row.write == "create":
                continue
            present = record.properties.get(row.name) or ""
            if not wanted:
                if row.empty != "clear" or not present:
                    continue
            elif (row.write == "if_empty" and present) or self._converters[row.name].equal(wanted, present):
                continue
            pair = accepted.get(row.name)
            if pair is not None and (pair[0] or "", pair[1] or "") == (wanted, present):
                continue
            changes.append(
                Change(
                    name=row.name,
                    before=present or None,
                    after=wanted or None,
                    write=row.write,
                )
            )
        return tuple(changes)

    def _absent(self, person: Person) -> NewEntry:
        action = self._policy.action(Situation.ABSENT)
        return self._created(person, Situation.ABSENT, action)

    def _missing(self, person: Person, link: Link) -> NewEntry:
        action = self._policy.action(Situation.MISSING)
        if action is Action.CREATE:
            return self._created(person, Situation.MISSING, action)
        return self._plain(person, Situation.MISSING, action, uid=link.uid)

    def _created(self, person: Person, situation: Situation, action: Action) -> NewEntry:
        if action is not Action.CREATE:
            return self._plain(person, situation, action)
        if not self._mapping.allow_unkeyed_creates and not any(name in self._unique for name, _ in person.keys):
            unique = [name for name in self._mapping.correlate if name in self._unique]
            return self._keyless(person, (unique or list(self._mapping.correlate))[0])
        changes = tuple(
            Change(name=row.name, after=value, write=row.write)
            for row in self._rows
            if (value := person.wanted.get(row.name))
        )
        if not changes:
            nothing = Problem(
                message="every mapped value is empty, so there is nothing to create",
                remedy="Fill the person's values in the source.",
                file=self._source,
                line=person.line,
            )
            return self._invalid(person, (nothing,))
        return NewEntry(
            number=person.number,
            situation=situation,
            action=action,
            undo=Undo.FULL,
            payload=self.payload(person, None, changes),
            key_digest=person.digest,
            correlation_digest=person.key_digest,
            fingerprint=person.fingerprint,
        )

    def _decided(self, person: Person, situation: Situation, record: Record, read_at: float) -> NewEntry:
        action = self._policy.action(situation)
        return NewEntry(
            number=person.number,
            situation=situation,
            action=action,
            undo=_undo(action, ()),
            uid=record.id,
            payload=self.payload(person, record, ()),
            read_at=read_at,
            key_digest=person.digest,
            correlation_digest=person.key_digest,
        )

    def _plain(self, person: Person, situation: Situation, action: Action, uid: str | None = None) -> NewEntry:
        return NewEntry(
            number=person.number,
            situation=situation,
            action=action,
            undo=_undo(action, ()),
            uid=uid,
            payload=self.payload(person, None, ()),
            key_digest=person.digest,
            correlation_digest=person.key_digest,
        )

    def _invalid(self, person: Person, problems: Sequence[Problem], uid: str | None = None) -> NewEntry:
        return NewEntry(
            number=person.number,
            situation=Situation.INVALID,
            action=Action.EXCEPTION,
            uid=uid,
            cause="invalid",
            payload=self.payload(person, None, (), tuple(problems)),
            key_digest=person.digest,
            correlation_digest=person.key_digest,
        )

    def _keyless(self, person: Person, key: str) -> NewEntry:
        problem = Problem(
            message=f"{key} is empty, so this person cannot be found in HubSpot nor created safely",
            remedy=f"Fill what {key} is made of in the source.",
            file=self._source,
            line=person.line,
            field=key,
        )
        return self._invalid(person, (problem,))

    def payload(
        self,
        person: Person,
        record: Record | None,
        changes: tuple[Change, ...],
        problems: tuple[Problem, ...] = (),
    ) -> Payload:
        """Who it is and what changes. The key is one that only one record can have, if there is such a one."""
        keys = [pair for pair in person.keys if pair[0] != RECORD_ID] or list(person.keys)
        name, key = next((pair for pair in keys if pair[0] in self._unique), keys[0] if keys else ("", ""))
        label = person.label
        if record is not None:
            label = label or label_of(record)
            key = key or record.properties.get("email") or record.properties.get("domain") or ""
        return Payload(
            source_id=person.source_id,
            label=label,
            key=key,
            key_property=name,
            line=person.line or None,
            changes=changes,
            problems=problems,
        )


def _undo(action: Action, changes: Sequence[Change]) -> Undo:
    if action in (Action.CREATE, Action.LINK, Action.UNLINK):
        return Undo.FULL
    if action is Action.UPDATE:
        return Undo.PARTIAL if any(change.name in FORWARD_ONLY for change in changes) else Undo.FULL
    return Undo.PARTIAL if action is Action.DELETE else Undo.NONE
