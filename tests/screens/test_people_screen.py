"""People by keys: added, found, edited, deactivated, removed, and brought to HubSpot one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from screens.app import HubspokeApp
from screens.screens.people.screen import PeopleScreen
from tests.screens.looking import sees, shown, until
from tests.screens.workplace import Workplace
from tests.support.managed import FLAT, HEAD
from tests.support.simulator import Simulator, start_simulator

MAPPING = HEAD + FLAT


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=3, companies=1, seed=7) as made:
        yield made


@pytest.fixture
def place(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    made = Workplace(tmp_path / "work", simulator, [])
    (made.paths.mappings / "managed.toml").write_text(MAPPING, encoding="utf-8")
    return made


def on_people(app: HubspokeApp) -> bool:
    return isinstance(app.screen, PeopleScreen)


async def fill(pilot: Pilot[int], number: int, text: str) -> None:
    pilot.app.screen.query_one(f"#person-field-{number}", Input).value = text
    await pilot.pause()


async def opened(pilot: Pilot[int], app: HubspokeApp) -> None:
    await until(pilot, lambda: app.session is not None, "no profile was opened")
    await pilot.press("i")
    await sees(pilot, "Nobody yet")


async def added(pilot: Pilot[int], app: HubspokeApp, name: str, mail: str, given: str) -> None:
    await pilot.press("n")
    await sees(pilot, "A new person")
    for number, text in ((0, name), (1, mail), (2, given)):
        await fill(pilot, number, text)
    await pilot.press("ctrl+s")
    await sees(pilot, f"Saved {name}")
    await pilot.press("escape")
    await until(pilot, lambda: on_people(app), "the question stayed")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_person_from_hand_to_hubspot(place: Workplace, simulator: Simulator, size: tuple[int, int]) -> None:
    mail = f"ann{size[0]}@people.example"
    app = HubspokeApp(place.paths)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        await added(pilot, app, "ann", mail, "Ann")
        await sees(pilot, mail)
        await pilot.press("enter")
        await sees(pilot, "Edit ann")
        await fill(pilot, 2, "Anne")
        await pilot.press("ctrl+s")
        await sees(pilot, "Saved ann (givenName)")
        await pilot.press("y")
        await until(pilot, lambda: type(app.screen).__name__ == "PersonScreen", "the person's screen did not open")
        await sees(pilot, "CREATE")
    assert mail not in str(simulator.dump("contacts"))


async def test_what_is_wrong_is_said_in_the_form(place: Workplace) -> None:
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("n")
        await sees(pilot, "A new person")
        await pilot.press("ctrl+s")
        await sees(pilot, "A person needs a userName")
        await pilot.press("escape")
        await added(pilot, app, "ann", "ann@people.example", "Ann")
        await pilot.press("n")
        await sees(pilot, "A new person")
        await fill(pilot, 0, "ANN")
        await pilot.press("ctrl+s")
        await sees(pilot, "✗")
        assert "A new person" in shown(app)


async def test_words_find_people_and_escape_shows_all_again(place: Workplace) -> None:
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await added(pilot, app, "ann", "ann@people.example", "Ann")
        await added(pilot, app, "ben", "ben@people.example", "Ben")
        await pilot.press("slash", *"ben", "enter")
        await until(pilot, lambda: "ann@people" not in shown(app), "ann is still there")
        assert "ben@people" in shown(app)
        await pilot.press("escape")
        await sees(pilot, "ann@people")


async def test_inactive_and_removed(place: Workplace) -> None:
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await added(pilot, app, "ann", "ann@people.example", "Ann")
        await pilot.press("x")
        await sees(pilot, "ann is inactive now")
        await pilot.press("escape")
        await sees(pilot, "○ inactive")
        await pilot.press("delete")
        await sees(pilot, "Remove ann?")
        await pilot.press("y")
        await sees(pilot, "Removed ann.")
        await pilot.press("escape")
        await sees(pilot, "Nobody yet")
        assert app.session is not None
        assert await (await app.session.people).count() == 0
