"""Why is Ann not there? The screen of a person on the real services: every kind of person, and provision now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from screens.app import HubspokeApp
from screens.screens.person import PersonScreen
from tests.screens.looking import sees, shown, until
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator

PEOPLE = [
    ("E1", "ann@acme.example", "Ann", "Archer"),
    ("E2", "bob@acme.example", "Bob", "Archer"),
    ("E3", "not an address", "Cy", "Cooper"),
    ("", "dee@acme.example", "Dee", "Drake"),
    ("E5", "eve@acme.example", "Eve", "Evans"),
]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=2, companies=0, seed=7) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    simulator.reset()
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    made = Workplace(tmp_path, simulator, PEOPLE)
    mapping = made.paths.mappings / "people-to-contacts.toml"
    text = mapping.read_text().replace("[properties]", "scope = '!(given_name eq \"Eve\")'\n\n[properties]")
    mapping.write_text(text)
    return made


async def look_for(pilot: object, app: HubspokeApp, words: str) -> None:
    """Type words into the field and look."""
    app.screen.query_one("#person-who", Input).value = words
    app.screen.query_one("#person-who", Input).focus()
    await pilot.press("enter")  # type: ignore[attr-defined]


async def test_a_person_is_provisioned_now_with_every_step_in_sight(place: Workplace, simulator: Simulator) -> None:
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("e")
        await sees(pilot, "Type a source id")
        await pilot.press(*"ann", "enter")
        await sees(pilot, "ABSENT: no record was found")
        begun = time.monotonic()
        await pilot.press("a")
        await sees(pilot, "Write this person now?")
        await sees(pilot, "ann@acme.example")
        await pilot.press("y")
        await sees(pilot, "✓ Outcome", 30)
        assert time.monotonic() - begun < 15
        await sees(pilot, "CONFIRMED", 30)
        page = shown(app)
        assert "Provisioned now" in page
        assert "✓ Approval" in page
        assert "1 of the newest plans" in app.screen.query_one("#person-steps").shown.plain  # type: ignore[attr-defined]
        assert app.troubles == []
    assert simulator.by_email()["ann@acme.example"]["firstname"] == "Ann"


async def test_every_kind_of_person_has_a_reason(place: Workplace, simulator: Simulator) -> None:
    here = simulator.post("/crm/v3/objects/contacts", {"properties": {"email": "bob@acme.example", "firstname": "B"}})
    alone = simulator.post(
        "/crm/v3/objects/contacts",
        {"properties": {"email": "zoe@acme.example", "firstname": "Zoe", "lastname": "Zimmer"}},
    )
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(140, 40)) as pilot:
        await sees(pilot, "✓ connected")
        await app.push_screen(PersonScreen())
        await until(pilot, lambda: "by people-to-contacts" in shown(app), "no mapping")
        await look_for(pilot, app, "E2")
        await sees(pilot, f"found record {here.json['id']}")
        await sees(pilot, "firstname: B → Bob")
        await look_for(pilot, app, "E3")
        await sees(pilot, "✗ Valid")
        await sees(pilot, "an invalid person is never sent")
        await look_for(pilot, app, "eve")
        await sees(pilot, "✗ Scope")
        await sees(pilot, "given_name is 'Eve'")
        await look_for(pilot, app, "dee")
        await sees(pilot, "without a source id")
        await look_for(pilot, app, "zoe")
        await sees(pilot, f"record {alone.json['id']}")
        await sees(pilot, "UNASSIGNED: a record that nobody of the source speaks for")
        await look_for(pilot, app, "archer")
        await sees(pilot, "Who is meant?")
        await pilot.press("down", "enter")
        await sees(pilot, "Bob Archer")
        await look_for(pilot, app, "nobody at all")
        await sees(pilot, "✗ Nobody has the words nobody at all")
        assert app.troubles == []


async def test_a_source_that_cannot_be_read_is_said_where_the_steps_would_stand(place: Workplace) -> None:
    place.people.unlink()
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await app.push_screen(PersonScreen("people-to-contacts", "E1"))
        await sees(pilot, "✗")
        await sees(pilot, "^r reads again.")
        assert app.troubles == []
