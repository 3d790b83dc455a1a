"""Pulling HubSpot's contacts into the managed repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.connector.canonical import BadValue, Converter
from console.hubspot.model import PropertyDefinition
from console.journal.model import Problem
from console.provisioning.pull_target import Deletions, Field, Pulled, PullRefused, Tally, Written
from console.repository.errors import BadPerson, NameTaken
from console.repository.person import Person
from console.repository.store import PeopleStore

_CHUNK = 400


class PeopleTarget:
    """People with the origin `hubspot/PORTAL/contact/ID`. Attributes that are not pulled stay as they are."""

    name = "people:"
    default_deletions: Deletions = "deactivate"

    def __init__(
        self,
        store: PeopleStore,
        portal_id: int,
        object_class: str,
        fields: Sequence[Field],
        schema: Mapping[str, PropertyDefinition],
        deletions: Deletions,
    ) -> None:
        if object_class != "contact":
            raise PullRefused(
                f"The managed repository holds people, no objects of the class {object_class}.",
                remedy="Pull them into a file or a database: --to companies.csv",
            )
        self._store = store
        self._prefix = f"hubspot/{portal_id}/{object_class}/"
        self._deletions = deletions
        self._converters = {field.name: Converter(schema[field.property]) for field in fields}
        self._email = next((field.name for field in fields if field.property == "email"), "")

    def begin(self, *, full: bool, saved: dict[str, Any] | None) -> None:
        """Nothing to make ready: every page is durable when it was put."""

    def put(self, records: Sequence[Pulled]) -> Written:
        """Add or change these people, all of them in one transaction."""
        written = Written(tally=Tally())
        with self._store.together():
            known = self._store.of_origins([self._origin(record.id) for record in records])
            for record in records:
                try:
                    self._put(record, known.get(self._origin(record.id)), written)
                except (NameTaken, BadPerson) as error:
                    written.tally.problems += 1
                    written.problems.append(
                        Problem(
                            message=f"contact {record.id}: {error.message}",
                            remedy=error.remedy,
                            file=self.name,
                            field="userName",
                        )
                    )
        return written

    def holds_any(self) -> bool:
        """Whether people of this portal's contacts are there."""
        return bool(self._store.origins_between(self._prefix, 0, None))

    def present(self, after: int, until: int | None) -> list[int]:
        """Which contacts are in the repository, by id."""
        return [number for number, _ in self._store.origins_between(self._prefix, after, until)]

    def gone(self, ids: Sequence[int]) -> int:
        """Deactivate, remove or keep the people of these contacts, as was chosen."""
        count = 0
        for start in range(0, len(ids), _CHUNK):
            origins = [self._origin(number) for number in ids[start : start + _CHUNK]]
            with self._store.together():
                for person in self._store.of_origins(origins).values():
                    count += self._leave(person)
        return count

    def save(self) -> dict[str, Any]:
        """Nothing to remember."""
        return {}

    def finish(self) -> Tally:
        """Nothing is left to do."""
        return Tally()

    def close(self) -> None:
        """The store belongs to the session."""

    def _leave(self, person: Person) -> bool:
        if person.removed or self._deletions == "keep":
            return False
        if self._deletions == "remove":
            self._store.remove(person.uid)
            return True
        self._store.replace(person.uid, active=False) if person.active else None
        return person.active

    def _put(self, record: Pulled, known: Person | None, written: Written) -> None:
        email = (record.values.get(self._email) or "").strip()
        name = email or f"contact-{record.id}"
        if known is None or known.removed:
            owner = self._store.named(name) or self._addressed(email)
            if owner is None:
                attributes = {key: value for key, value in record.values.items() if value is not None}
                self._store.add(name, attributes, origin=self._origin(record.id))
                written.tally.created += 1
                return
            known = self._adopted(owner, record)
        self._update(record, known, name, written)

    def _addressed(self, email: str) -> Person | None:
        """The one person of another user name who has this address.

        Raises BadPerson where there are several.
        """
        found = self._store.addressed(email) if email else []
        if len(found) > 1:
            raise BadPerson(
                f"several people have its address: {' and '.join(person.user_name for person in found)}",
                remedy="Leave it to one of them (hubspoke people edit), then pull again.",
            )
        return found[0] if found else None

    def _adopted(self, owner: Person, record: Pulled) -> Person:
        """The person of this name, from now on this contact's.

        Raises NameTaken when that person is another contact's that is there.
        """
        if owner.origin.startswith(self._prefix) and owner.active:
            other = owner.origin.rpartition("/")[2]
            raise NameTaken(
                f"the contact {other} is {owner.user_name} already, who has the same address",
                uid=owner.uid,
                remedy="Merge the two contacts in HubSpot, or correct the email address of one.",
            )
        reactivated = owner.origin.startswith(self._prefix)  # its contact is gone, and this one took its place
        return self._store.replace(owner.uid, origin=self._origin(record.id), active=True if reactivated else None)

    def _update(self, record: Pulled, known: Person, name: str, written: Written) -> None:
        attributes = dict(known.attributes)
        for key, value in record.values.items():
            if self._equal(key, attributes.get(key), value):
                continue
            if value is None:
                attributes.pop(key, None)
            else:
                attributes[key] = value
        followed = self._email and known.user_name.casefold() == str(known.attributes.get(self._email, "")).casefold()
        user_name = name if followed and name.casefold() != known.user_name.casefold() else known.user_name
        if attributes == known.attributes and user_name == known.user_name:
            written.tally.unchanged += 1
            return
        self._store.replace(known.uid, attributes=attributes, user_name=user_name)
        written.tally.updated += 1

    def _equal(self, key: str, present: Any, value: str | None) -> bool:
        """Whether the repository's value is HubSpot's, whatever it is written like: what a plan would not write either."""
        converter = self._converters[key]
        try:
            return converter.equal(converter.canonical(present), value)
        except BadValue:
            return False

    def _origin(self, number: int) -> str:
        return f"{self._prefix}{number}"
