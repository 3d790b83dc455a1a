"""People of the managed repository as a source: `people:`.

Every object has `id`, `userName`, `active` and the person's attributes (which do not replace those three).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.model import SourceRow
from console.sources.records import Records, ServerSource

if TYPE_CHECKING:
    from console.repository.person import Person
    from console.repository.store import PeopleStore

_MARK = "people "


class ManagedPeople(ServerSource):
    """Everybody in the managed repository, or who changed since a mark."""

    kind = "people"

    def __init__(self, spec: str, types: Mapping[str, str], ticket: str | None) -> None:
        super().__init__("people:", types)
        if spec.strip().lower() != "people:":
            raise SourceError("the managed repository is written people: and nothing behind it", remedy="Write people:")
        self._ticket = ticket
        self._last: int | None = None

    def changes(self, since: str) -> Iterator[SourceRow | Problem]:
        """Stream who was added or changed since a mark; who was removed is among nobody."""
        return self._rows(self._records(since or f"{_MARK}0"))

    def mark(self) -> str:
        """The last change that was read."""
        self._must_be_read()
        return f"{_MARK}{self._last or 0}"

    def _records(self, since: str, *, first: bool = False) -> Records:
        from console.repository.errors import RepositoryError
        from console.repository.store import PAGE

        try:
            store = self._open()
            try:
                last = store.last_change()
                after = _number(since)
                grouped = store.groups.any()
                while page := store.changes(after, 1 if first else PAGE, removed=False):
                    after = page[-1].change
                    for person in page:
                        yield _record(person, store.groups.names_of(person.uid) if grouped else [])
                self._last = last
            finally:
                store.close()
        except RepositoryError as error:
            raise SourceError(error.message, file=self.name, remedy=error.remedy) from None

    def _open(self) -> PeopleStore:
        from console.repository.people import ticket_of
        from console.repository.store import PeopleStore

        if self._ticket is None:
            raise SourceError(
                "the managed repository is opened by a profile's session, and there is none here",
                file=self.name,
                remedy="Choose or add a profile first: hubspoke profile list",
            )
        return PeopleStore.open(*ticket_of(self._ticket))


def _record(person: Person, groups: list[str]) -> dict[str, object]:
    """`memberOf` names the groups that identity servers pushed."""
    own = {"id": person.uid, "userName": person.user_name, "active": person.active}
    return {**person.attributes, **own, **({"memberOf": groups} if groups else {})}


def _number(mark: str) -> int:
    if not mark:
        return 0
    text = mark.removeprefix(_MARK)
    if not mark.startswith(_MARK) or not text.isdecimal():
        raise SourceError("the mark of the last reading is not one of people:", remedy="Read everything once more.")
    return int(text)
