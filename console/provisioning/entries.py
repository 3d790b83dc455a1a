"""From what was found to an entry of a plan: situation, action, changes, undo."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence

import msgspec

from console.connector.canonical import Converter
from console.hubspot.model import Record
from console.journal.model import Action, Change, Link, NewEntry, Payload, Problem, Situation, Undo
from console.provisioning.correlate import Found
from console.provisioning.mapping import Mapping
from console.provisioning.people import Person
from console.provisioning.situations import Policy

FORWARD_ONLY = frozenset({"lifecyclestage"})
"""Properties that HubSpot moves forward only: going back takes a clear and a set, and leaves a trace."""


class EntryMaker:
    """Decides about one person at a time, by the mapping's policy."""

    def __init__(self, mapping: Mapping, converters: Dict[str, Converter], source: str) -> None:
        self._source = source
        self._mapping = mapping
        self._rows = mapping.active
        self._converters = converters
        self._policy = Policy(mapping.policy)

    def unlooked(self, person: Person) -> NewEntry | None:
        """The entry of a person whom nobody needs to look up in HubSpot; None for the others.

        Called for people without a link.
        """
        if person.problems and person.in_scope:
            return self._invalid(person, person.problems)
        if not person.in_scope:
            return self._plain(person, Situation.SOURCE_IGNORED, self._policy.action(Situation.SOURCE_IGNORED))
        if person.keys:
            return None
        if self._mapping.allow_unkeyed_creates and not self._mapping.correlate:
            return self._absent(person)
        key = self._mapping.correlate[0]
        keyless = Problem(
            message=f"{key} is empty, so this person cannot be found in HubSpot nor created safely",
            remedy=f"Fill what {key} is made of in the source.",
            file=self._source,
            line=person.line,
            field=key,
        )
        return self._invalid(person, (keyless,))

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
        action = self._policy.action(situation, created_by_us=link.created_by_us)
        changes: tuple[Change, ...] = ()
        if action is Action.DELETE and record is not None:
            changes = tuple(
                Change(name=name, before=value) for name in self._converters if (value := record.properties.get(name))
            )
        return NewEntry(
            number=person.number,
            situation=situation,
            action=action,
            undo=_undo(action, changes),
            uid=record.id if record is not None else link.uid,
            payload=_payload(person, record, changes),
            read_at=read_at,
            key_digest=link.digest,
        )

    def _present(self, person: Person, link: Link | None, record: Record, read_at: float) -> NewEntry:
        situation = Situation.CONFIRMED if link is not None else Situation.FOUND
        action = self._policy.action(situation)
        if action is not Action.UPDATE:
            return self._decided(person, situation, record, read_at)
        changes = self.changes(person, record, link)
        if not changes:
            return NewEntry(
                number=person.number,
                situation=situation,
                action=Action.NONE if link is not None else Action.LINK,
                undo=Undo.NONE if link is not None else Undo.FULL,
                uid=record.id,
                payload=None if link is not None else _payload(person, record, ()),
                read_at=read_at,
                key_digest=person.digest,
                correlation_digest=person.key_digest,
            )
        return NewEntry(
            number=person.number,
            situation=situation,
            action=action,
            undo=_undo(action, changes),
            uid=record.id,
            payload=_payload(person, record, changes),
            clears=sum(change.clears for change in changes),
            read_at=read_at,
            key_digest=person.digest,
            correlation_digest=person.key_digest,
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
            if not person.keys and not self._mapping.allow_unkeyed_creates:
                return self.unlooked(person) or self._created(person, Situation.MISSING, action)
            return self._created(person, Situation.MISSING, action)
        return self._plain(person, Situation.MISSING, action, uid=link.uid)

    def _created(self, person: Person, situation: Situation, action: Action) -> NewEntry:
        if action is not Action.CREATE:
            return self._plain(person, situation, action)
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
            payload=_payload(person, None, changes),
            key_digest=person.digest,
            correlation_digest=person.key_digest,
        )

    def _decided(self, person: Person, situation: Situation, record: Record, read_at: float) -> NewEntry:
        action = self._policy.action(situation)
        return NewEntry(
            number=person.number,
            situation=situation,
            action=action,
            undo=_undo(action, ()),
            uid=record.id,
            payload=_payload(person, record, ()),
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
            payload=_payload(person, None, ()),
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
            payload=_payload(person, None, (), tuple(problems)),
            key_digest=person.digest,
            correlation_digest=person.key_digest,
        )


def _payload(
    person: Person, record: Record | None, changes: tuple[Change, ...], problems: tuple[Problem, ...] = ()
) -> Payload:
    name, key = person.keys[0] if person.keys else ("", "")
    label = person.label
    if record is not None and not label:
        properties = record.properties
        parts = (properties.get("firstname"), properties.get("lastname"))
        label = " ".join(part for part in parts if part) or properties.get("name") or properties.get("email") or ""
    if record is not None and not key:
        key = record.properties.get("email") or ""
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
