"""People look as they looked when somebody last agreed to how they look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from console.repository.errors import RepositoryLocked
from console.repository.person import Person
from tests.screens.sample_app import still_app
from tests.screens.sample_session import Ready
from tests.screens.test_pictures import settle

T = TypeVar("T")
SIZES = [(80, 24), (140, 40)]
NAMES = ("Ada Lovelace", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov", "Alan Turing", "Frances Allen")


def person(number: int) -> Person:
    given, family = NAMES[number % len(NAMES)].split()
    return Person(
        uid=f"00000000-0000-4000-8000-{number:012}",
        user_name=f"{given.lower()}{number}",
        attributes={
            "mail": f"{given.lower()}{number}@acme.example", "givenName": given, "familyName": family,
            "title": "Engineer", "groups": ["staff", "eu"],
        },
        active=number % 5 != 3,
        created_at="2026-11-02T08:15:00Z",
        modified_at=f"2026-11-{number % 20 + 1:02}T09:30:00Z",
        change=number + 1,
        origin="hubspot/40527073/contact/51000002" if number == 1 else "",
    )  # fmt: skip


class Store:
    """So many people, a page at a time."""

    def __init__(self, count: int) -> None:
        self._people = [person(number) for number in range(count)]

    def page(self, after: str, limit: int) -> list[Person]:
        return [one for one in self._people if one.uid > after][:limit]


class SamplePeople:
    """A repository that does not move."""

    def __init__(self, count: int, *, sealed: bool = True, locked: bool = False) -> None:
        self._count = count
        self._locked = locked
        self.sealed = sealed
        self.store = Store(count)

    async def count(self) -> int:
        if self._locked:
            raise RepositoryLocked(
                "The people of the managed repository are sealed, and the journal key in the vault is not there.",
                remedy="Unlock the vault that was used before (hubspoke credentials status).",
            )
        return self._count

    async def do(self, work: Callable[[Any], T]) -> T:
        return work(self.store)


def opener(people: SamplePeople, *keys: str, fields: dict[int, str] | None = None) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        from screens.screens.people.screen import PeopleScreen

        app: Any = pilot.app
        app.session.people = Ready(people)
        await app.push_screen(PeopleScreen())
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        for number, text in (fields or {}).items():
            app.screen.query_one(f"#person-field-{number}", Input).value = text
        if fields:
            await pilot.press("ctrl+s")
        await settle(pilot)

    return run


STATES: dict[str, Callable[[Pilot[Any]], Any]] = {
    "list": opener(SamplePeople(48), "down"),
    "nobody": opener(SamplePeople(0)),
    "not sealed": opener(SamplePeople(3, sealed=False)),
    "locked": opener(SamplePeople(3, locked=True)),
    "found": opener(SamplePeople(48), "slash", *"grace", "enter"),
    "nobody found": opener(SamplePeople(48), "slash", *"zz", "enter"),
    "new": opener(SamplePeople(0), "n"),
    "edit": opener(SamplePeople(48), "down", "enter"),
    "edit wrong": opener(SamplePeople(48), "down", "enter", fields={7: "[1,"}),
    "remove": opener(SamplePeople(48), "down", "delete"),
}


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "140x40"])
@pytest.mark.parametrize("state", STATES)
def test_people_look_as_agreed(
    snap_compare: Callable[..., bool], state: str, size: tuple[int, int], tmp_path: Path
) -> None:
    assert snap_compare(still_app(tmp_path), terminal_size=size, run_before=STATES[state])
