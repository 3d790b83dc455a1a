"""The schema with keys alone: classes, attributes found as one types, the one under the cursor in full, copying its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from console.settings.profiles import Profiles
from screens.app import HubspokeApp
from screens.screens.schema import SchemaScreen
from screens.widgets.record_table import RecordTable
from tests.screens.looking import sees, shown, until
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as made:
        yield made


async def test_the_accounts_own_properties_are_found_by_words(
    hubspot: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", hubspot.token)
    hubspot.post(
        "/crm/v3/properties/contacts",
        {"name": "shoe_size", "label": "Shoe size", "type": "number", "fieldType": "number",
         "groupName": "contactinformation", "description": "In European sizes."},
    )  # fmt: skip
    app = HubspokeApp(Workplace(tmp_path, hubspot, []).paths)
    async with app.run_test(size=(120, 36)) as pilot:
        await sees(pilot, "connected")
        await pilot.press("S")
        await sees(pilot, "The account's own properties")
        await pilot.press("slash", *"shoe")
        await sees(pilot, "1 of ")
        await sees(pilot, "In European sizes.")
        assert "group contactinformation" in shown(app)
        await pilot.press("escape", "slash", *"required", "enter")
        await until(pilot, lambda: app.screen.query_one(RecordTable).rows.count() == 1, "more than one is required")
        assert "email" in shown(app)
        await pilot.press("escape", "2")
        await sees(pilot, "numberofemployees")
        await pilot.press("3")
        await sees(pilot, "Definitions have this form in every account")
        await pilot.press("right", "right")
        await sees(pilot, "firstname")
        await pilot.press("escape")
        await until(pilot, lambda: type(app.screen).__name__ == "HomeScreen", "not left")
        assert app.troubles == []


async def test_the_built_in_schema_says_that_it_is_that(
    hubspot: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", hubspot.token)
    place = Workplace(tmp_path, hubspot, [])
    profiles = Profiles(place.paths)
    profiles.save(msgspec.structs.replace(profiles.load("walk"), read_schema=False))
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "connected")
        await app.push_screen(SchemaScreen("company"))
        await sees(pilot, "The built-in schema")
        assert "domain" in shown(app)
        assert app.troubles == []


async def test_a_hubspot_that_does_not_answer_is_told_and_asked_again(
    hubspot: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", hubspot.token)
    app = HubspokeApp(Workplace(tmp_path, hubspot, []).paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "connected")
        hubspot.credentials(scopes=["oauth"])
        await app.push_screen(SchemaScreen("contact"))
        await sees(pilot, "✗ not read; ^r reads again")
        hubspot.reset()
        await pilot.press("ctrl+r")
        await sees(pilot, "firstname")
        assert app.troubles == []
