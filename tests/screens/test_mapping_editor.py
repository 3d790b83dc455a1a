"""The mapping editor on the real services: what it saves is what the command line reads, and nobody's change is lost."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from screens.app import HubspokeApp
from screens.screens.mapping.editor import MappingEditor
from screens.widgets.editor import Editor, ExpressionEditor
from tests.screens.looking import sees, shown, until
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator

PEOPLE = [("E1", "Ann@acme.example", "Ann", "Archer"), ("E2", "bob@acme.example", "Bob", "Brown")]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=2, companies=0, seed=7) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    simulator.reset()
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    made = Workplace(tmp_path, simulator, PEOPLE)
    (made.paths.mappings / "people-to-contacts.toml").write_text(
        "# ours: ask HR first\n" + (made.paths.mappings / "people-to-contacts.toml").read_text() + "# the end\n"
    )
    return made


def rows(app: HubspokeApp) -> list[str]:
    """The properties that the table of the editor shows, nothing being typed."""
    assert isinstance(app.screen, MappingEditor)
    typing = app.screen.query_one(ExpressionEditor).display
    return [] if typing else [mapped.name for mapped in app.screen.mapped]


async def opened(pilot: Pilot[Any], app: HubspokeApp) -> None:
    """From Home to the editor, by keys."""
    await sees(pilot, "✓ connected")
    await pilot.press("m")
    await sees(pilot, "✓ valid")
    await pilot.press("enter")
    await sees(pilot, "✓ in scope")


async def test_what_the_editor_saves_is_what_the_command_line_reads(
    place: Workplace,
) -> None:
    path = place.paths.mappings / "people-to-contacts.toml"
    before = path.read_text()
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.screen.query_one(ExpressionEditor).display, "no editor")
        field = app.screen.query_one("#expression", Input)
        field.value = "uper(source.given_name)"
        await sees(pilot, "uper is unknown")
        assert "^" in shown(app)
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.screen.query_one(ExpressionEditor).display, "what is wrong was taken"
        field.value = "upper(source.gi"
        field.cursor_position = len(field.value)
        await pilot.press("v", "tab", ")")
        assert field.value == "upper(source.given_name)"
        await sees(pilot, "ANN")
        await pilot.press("enter")
        await sees(pilot, "● not saved")
        await pilot.press("a", *"jobtitle", "enter")
        await until(pilot, lambda: app.screen.query_one(ExpressionEditor).display, "no editor")
        await pilot.press(*'"Cook"', "enter")
        await until(pilot, lambda: rows(app) == ["email", "firstname", "lastname", "jobtitle"], "not added")
        await pilot.press("u")
        await until(pilot, lambda: rows(app) == ["email", "firstname", "lastname"], "not taken back")
        await pilot.press("U")
        await until(pilot, lambda: "jobtitle" in rows(app), "not done again")
        await pilot.press("2", *["down"] * 11, "enter")
        await sees(pilot, "(say nothing): CREATE")
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: "EXCEPTION" in shown(app), "not set")
        assert path.read_text() == before
        await pilot.press("ctrl+s")
        await sees(pilot, "✓ saved")
        assert app.troubles == []
    after = path.read_text()
    assert after.splitlines()[:8] == before.splitlines()[:8]
    assert "firstname = 'upper(source.given_name)'" in after
    assert "jobtitle = " in after
    assert 'ABSENT = "EXCEPTION"' in after
    assert "# the end" in after
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    asked = [*place.command, "mapping", "check", "people-to-contacts", "--json"]
    said = await asyncio.to_thread(subprocess.run, asked, env=place.environment, capture_output=True, check=True)
    assert json.loads(said.stdout)["valid"] is True


async def test_a_file_that_changed_meanwhile_is_not_overwritten(place: Workplace) -> None:
    path = place.paths.mappings / "people-to-contacts.toml"
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("down", "x")
        await sees(pilot, "● not saved")
        theirs = path.read_text().replace("ours", "theirs")
        path.write_text(theirs)
        await pilot.press("ctrl+s")
        await sees(pilot, "Changed on disk")
        await pilot.press("escape")
        assert path.read_text() == theirs
        await pilot.press("ctrl+s")
        await sees(pilot, "Changed on disk")
        await pilot.press("down", "enter")
        await sees(pilot, "The new mapping's name")
        await pilot.press("enter")
        await sees(pilot, "✓ saved")
        assert path.read_text() == theirs
        assert 'name = "people-to-contacts-mine"' in (place.paths.mappings / "people-to-contacts-mine.toml").read_text()
        assert app.troubles == []


async def test_the_text_is_mended_where_it_is_no_mapping_and_nothing_is_lost_unasked(place: Workplace) -> None:
    path = place.paths.mappings / "people-to-contacts.toml"
    good = path.read_text()
    path.write_text(good.replace("version = 1", "version = 2"))
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("m")
        await sees(pilot, "✗ 1 problem")
        await pilot.press("enter")
        await sees(pilot, "the mapping's version is not 1")
        app.screen.query_one("#mapping-text", Editor).text = good
        await sees(pilot, "✓ No problems.")
        await pilot.press("escape")
        await sees(pilot, "✓ in scope")
        await pilot.press("escape")
        await sees(pilot, "Leave without saving?")
        await pilot.press("n", "ctrl+s")
        await sees(pilot, "✓ saved")
        await pilot.press("escape")
        await sees(pilot, "✓ valid")
        assert app.troubles == []
    assert path.read_text() == good


async def test_hubspot_is_compared_and_the_next_person_looked_at(place: Workplace, simulator: Simulator) -> None:
    simulator.post("/crm/v3/objects/contacts", {"properties": {"email": "bob@acme.example", "firstname": "Robert"}})
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("full_stop")
        await sees(pilot, "Bob Brown")
        await pilot.press("down", "c")
        await sees(pilot, "HubSpot now Robert → Bob")
        await pilot.press("slash")
        await sees(pilot, "Find a person")
        await pilot.press(*"ann", "enter")
        await sees(pilot, "Ann Archer")
        await pilot.press("w")
        await sees(pilot, "ABSENT: no record was found")
        assert app.troubles == []
