"""What takes one entry of a run back, judged by what HubSpot and the journal hold now.

A value is put back where it is still what the run wrote; a record is archived where it is still as the run made it.
Anything else is somebody's later work: it is listed, and stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from console.hubspot.associations import Associated
from console.hubspot.model import AccountDetails, Record
from console.journal.model import (
    Action,
    ApplyRules,
    Change,
    Link,
    NewEntry,
    Payload,
    Plan,
    Problem,
    Situation,
    Tie,
    Undo,
)
from console.provisioning import former
from console.provisioning.creates import FOUND
from console.provisioning.outcomes import Values
from console.provisioning.removals import OURS
from console.provisioning.ties import back, found, has, is_labelled, there_before

UNLINKED_BEFORE = frozenset({Situation.FOUND, Situation.ABSENT, Situation.MISSING})
"""Situations in which the run made the link: without the run there is none."""
_TYPE_IDS = {"contact": "0-1", "company": "0-2"}


class Seen(msgspec.Struct, kw_only=True):
    """What is there now: records by the uid that was asked for, links by digest, associations by class and uid."""

    links: dict[bytes, Link]
    records: dict[str, Record] = {}
    associated: dict[tuple[str, str], Associated] = {}


class UndoMaker:
    """Turns entries that were done into entries that take them back."""

    def __init__(self, plan: Plan, values: Values, account: AccountDetails, rules: ApplyRules) -> None:
        self._plan = plan
        self._values = values
        self._rules = rules
        domain = account.ui_domain or "app.hubspot.com"
        place = f"https://{domain}/contacts/{plan.portal_id}/objects/{_TYPE_IDS[plan.object_class]}/views/all/list"
        self._restore = f"Restore it within 90 days: {place} (Actions, Restore records); then undo the run again."

    def entry(self, entry: NewEntry, seen: Seen) -> NewEntry:
        """The entry that takes this one back."""
        if entry.payload is None:
            return self._human(entry, "its before-images cannot be read any more", "Look at the record in HubSpot.")
        match entry.action:
            case Action.CREATE if entry.cause == FOUND or not former.is_all(entry.befores):
                return self._restored(entry, seen)
            case Action.CREATE:
                return self._created(entry, seen)
            case Action.UPDATE:
                return self._restored(entry, seen)
            case Action.DELETE:
                return self._deleted(entry, seen)
            case Action.LINK:
                return self._linked(entry, seen)
            case _:
                return self._relinked(entry, seen)

    # ------------------------------------------------------------ records

    def _created(self, entry: NewEntry, seen: Seen) -> NewEntry:
        record, link = seen.records.get(entry.uid or ""), seen.links.get(entry.key_digest)
        if record is None:
            return self._new(entry, Action.UNLINK)  # gone already; what is left of it is the link
        if (merged := self._merged(entry, record)) is not None:
            return merged
        if link is None or not link.created_by_us or link.uid != entry.uid:
            return self._human(
                entry,
                f"no link says any more that Hubspoke made the record {entry.uid}, so it is not archived",
                "Look at it in HubSpot, and archive it there if it has to go.",
            )
        wrote = [change for change in self._changes(entry) if change.after]
        moved = [change for change in wrote if not self._is_ours(change, record, link)]
        if moved:
            told = self._told(moved, record)
            return self._human(
                entry,
                f"the record {entry.uid} was changed after the run made it ({told}), so it is not archived",
                "Look at it in HubSpot, and archive it there if it has to go.",
            )
        return self._new(entry, Action.DELETE, [_back(change, record, None) for change in wrote])

    def _restored(self, entry: NewEntry, seen: Seen) -> NewEntry:
        record, link = seen.records.get(entry.uid or ""), seen.links.get(entry.key_digest)
        if record is None:
            return self._human(entry, f"the record {entry.uid} is gone from HubSpot", self._restore)
        if (merged := self._merged(entry, record)) is not None:
            return merged
        values: list[Change] = []
        moved: list[Change] = []
        for change in self._written(entry):
            image = entry.befores.get(change.name, change.before)
            if self._values.equal(change.name, image, record.properties.get(change.name)):
                continue
            if self._is_ours(change, record, link):
                values.append(_back(change, record, image))
            else:
                moved.append(change)
        ties, left = self._untied(entry, seen)
        if not moved:
            return self._new(entry, Action.UPDATE, values, left, ties)
        told = f"changed in HubSpot since the run wrote it, and left so: {self._told(moved, record)}"
        if not values and not ties:
            return self._human(entry, told, "Change it in HubSpot if the older value is the right one.")
        return self._new(entry, Action.UPDATE, values, [Problem(message=told), *left], ties)

    def _deleted(self, entry: NewEntry, seen: Seen) -> NewEntry:
        how = self._plan.rules.deletion
        if how == "set":
            return self._restored(entry, seen)
        if how == "gdpr_delete":
            return self._human(entry, f"the record {entry.uid} was erased for good", "Nothing brings it back.")
        if entry.uid in seen.records:
            return self._relinked(entry, seen)  # somebody restored it
        if not self._rules.recreate:
            return self._human(
                entry,
                f"the record {entry.uid} is archived, and only HubSpot's own pages can restore it",
                f"{self._restore} Or make it anew, with another id and without its history: runs undo --recreate.",
            )
        changes = [Change(name=change.name, after=change.before) for change in self._changes(entry) if change.before]
        if not changes:
            return self._human(entry, f"nothing is known of what the record {entry.uid} held", self._restore)
        made = self._new(entry, Action.CREATE, changes)
        return msgspec.structs.replace(made, uid=None, payload=self._keyed(made.payload))

    # -------------------------------------------------------------- links

    def _linked(self, entry: NewEntry, seen: Seen) -> NewEntry:
        link = seen.links.get(entry.key_digest)
        if link is not None and link.uid != entry.uid:
            return self._human(entry, f"the link leads to the record {link.uid} by now", "Plan the mapping again.")
        return self._new(entry, Action.UNLINK)

    def _relinked(self, entry: NewEntry, seen: Seen) -> NewEntry:
        link = seen.links.get(entry.key_digest)
        if not entry.uid or not entry.key_digest:
            return self._human(entry, "nobody knows which record the link led to", "Plan the mapping again.")
        if link is not None and link.uid != entry.uid:
            return self._human(entry, f"there is another link by now, to the record {link.uid}", "It stays.")
        return msgspec.structs.replace(self._new(entry, Action.LINK), cause=OURS if entry.cause == OURS else "")

    # ------------------------------------------------------------ helpers

    @staticmethod
    def _untied(entry: NewEntry, seen: Seen) -> tuple[tuple[Tie, ...], tuple[Problem, ...]]:
        """What takes the run's associations back, last first; and what of them is somebody else's by now."""
        ties: list[Tie] = []
        problems: list[Problem] = []
        for tie in reversed(entry.payload.ties if entry.payload is not None else ()):
            present = seen.associated.get((tie.object_class, entry.uid or ""))
            one, wanted = found(present, tie.uid), back(tie)
            if there_before(tie) in entry.befores or (has(wanted, present) if not wanted.remove else one is None):
                continue
            if wanted.remove and not wanted.label and one is not None and is_labelled(one):
                told = f"the association with the {tie.object_class} {tie.uid} was given a label since, and stays"
                problems.append(Problem(message=told))
                continue
            ties.append(wanted)
        return tuple(ties), tuple(problems)

    def _written(self, entry: NewEntry) -> list[Change]:
        """The changes that were sent: of a record that was there already, those whose before-images were taken."""
        changes = self._changes(entry)
        if entry.action is not Action.CREATE:
            return list(changes)
        return [change for change in changes if change.name in entry.befores]

    @staticmethod
    def _changes(entry: NewEntry) -> Sequence[Change]:
        return entry.payload.changes if entry.payload is not None else ()

    def _is_ours(self, change: Change, record: Record, link: Link | None) -> bool:
        """Whether the record has what the run wrote, or what HubSpot made of that."""
        present = record.properties.get(change.name)
        if self._values.holds(change, record) or self._values.tidied_by(change, present):
            return True
        pair = link.accepted.get(change.name) if link is not None else None
        return pair is not None and (pair[0] or "", pair[1] or "") == (change.after or "", present or "")

    def _merged(self, entry: NewEntry, record: Record) -> NewEntry | None:
        if record.id == entry.uid:
            return None
        return self._human(
            entry, f"the record {entry.uid} was merged into {record.id}", "Look at what survived, in HubSpot."
        )

    def _told(self, moved: Sequence[Change], record: Record) -> str:
        return "; ".join(
            f'{change.name}: the run wrote "{change.after or ""}",'
            f' HubSpot has "{record.properties.get(change.name) or ""}"'
            for change in moved
        )

    def _keyed(self, payload: Payload | None) -> Payload | None:
        """The payload with the unique key that its changes hold, so that it is not made twice."""
        if payload is None or payload.key_property:
            return payload
        for change in payload.changes:
            if change.after and self._values.unique(self._plan.object_class, change.name):
                return msgspec.structs.replace(payload, key=change.after, key_property=change.name)
        return payload

    def _human(self, entry: NewEntry, message: str, remedy: str) -> NewEntry:
        told = self._new(entry, Action.EXCEPTION, (), [Problem(message=message, remedy=remedy)])
        return msgspec.structs.replace(told, cause="cannot be undone")

    def _new(
        self,
        entry: NewEntry,
        action: Action,
        changes: Sequence[Change] = (),
        problems: Sequence[Problem] = (),
        ties: tuple[Tie, ...] = (),
    ) -> NewEntry:
        known = entry.payload or Payload(source_id="")
        payload = msgspec.structs.replace(
            known,
            changes=tuple(changes),
            problems=tuple(problems),
            ties=ties,
            candidates=former.candidates(entry.befores),
        )
        return NewEntry(
            number=entry.number,
            situation=entry.situation,
            action=action,
            undo=Undo.NONE,
            uid=entry.uid,
            payload=payload,
            clears=sum(change.clears for change in changes) if action is Action.UPDATE else 0,
            read_at=0.0,
            key_digest=entry.key_digest,
        )


def _back(change: Change, record: Record, image: str | None) -> Change:
    return Change(name=change.name, before=record.properties.get(change.name) or None, after=image or None)
