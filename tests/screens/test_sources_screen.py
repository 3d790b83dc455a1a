"""Sources and the list of mappings by keys, on the real services: added, tested, looked at, suggested, renamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from console.sources.remembered import remembered
from screens.app import HubspokeApp
from screens.screens.mapping.editor import MappingEditor
from tests.screens.looking import sees, shown, until
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator

PEOPLE = [("E1", "ann@acme.example", "Ann", "Archer"), ("E2", "bob@acme.example", "Bob", "Brown")]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=2, companies=0, seed=7) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    simulator.reset()
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    return Workplace(tmp_path, simulator, PEOPLE)


async def test_a_source_is_added_tested_looked_at_and_made_a_mapping(place: Workplace) -> None:
    staff = place.folder / "staff.csv"
    staff.write_text("id,mail,givenName,sn\n7,eve@acme.example,Eve,Evans\n")
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(100, 30)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("u")
        await sees(pilot, "people-to-contacts")
        await pilot.press("a")
        await sees(pilot, "Add a source")
        field = app.screen.query_one("#source-spec", Input)
        field.value = "ldaps://ann:secret@ldap.example.org/dc=x"
        await pilot.press("enter")
        await sees(pilot, "credentials set")
        assert remembered(place.paths) == []
        field.value = str(staff)
        await pilot.press("enter")
        await sees(pilot, "✓ Reading")
        await sees(pilot, "1 looked at; 4 fields: id, mail, givenName, sn")
        assert remembered(place.paths) == [str(staff)]
        await pilot.press("enter")
        await sees(pilot, "givenName")
        await pilot.press("tab")
        await sees(pilot, "Evans")
        await pilot.press("escape")
        await sees(pilot, "staff.csv")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, MappingEditor), "no editor")
        await sees(pilot, "Eve Evans")
        await pilot.press("escape")
        await sees(pilot, "staff-to-contacts")
        assert app.troubles == []
    assert (place.paths.mappings / "staff-to-contacts.toml").exists()


async def test_a_secret_goes_into_the_vault_and_a_source_out_of_the_list(place: Workplace) -> None:
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(100, 30)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("u", "a")
        await sees(pilot, "Add a source")
        app.screen.query_one("#source-spec", Input).value = "ldap://127.0.0.1:9/dc=x"
        await pilot.press("enter")
        await sees(pilot, "there is no source/127.0.0.1")
        await sees(pilot, "not tried")
        await pilot.press("c")
        await sees(pilot, "Store source/127.0.0.1")
        app.screen.query_one(Input).value = "cn=reader:hunter2-hunter2"
        assert "hunter2" not in shown(app)
        await pilot.press("enter")
        await sees(pilot, "source/127.0.0.1 is there")
        await until(pilot, lambda: "not tried" in shown(app), "not tested again")
        await pilot.press("x")
        await until(pilot, lambda: "127.0.0.1" not in shown(app), "still listed")
        assert app.troubles == []
    assert remembered(place.paths) == []
    everything = b"".join(path.read_bytes() for path in place.folder.rglob("*") if path.is_file())
    assert b"hunter2" not in everything


async def test_a_mapping_is_renamed_with_its_links(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(100, 30)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("m")
        await sees(pilot, "✓ valid")
        await pilot.press("e")  # no terminal to hand over here: said, and nothing ends
        await pilot.press("f6")
        await sees(pilot, "checked with HubSpot's properties just now")
        await pilot.press("r")
        await sees(pilot, "Rename people-to-contacts")
        app.screen.query_one(Input).value = "staff"
        await pilot.press("enter")
        await until(pilot, (place.paths.mappings / "staff.toml").exists, "not renamed")
        await sees(pilot, "│ staff ")
        await pilot.press("i")
        await sees(pilot, "Import a mapping")
        app.screen.query_one(Input).value = "gone.json"
        await pilot.press("enter")
        await sees(pilot, "There is no such file.")
        assert app.troubles == []
    assert not (place.paths.mappings / "people-to-contacts.toml").exists()
    assert 'name = "staff"' in (place.paths.mappings / "staff.toml").read_text()
