"""Contacts and companies with keys alone, on a real simulator: live, filtered, marked, exported, from a snapshot."""

from __future__ import annotations

import csv
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from console.settings import views
from screens.app import HubspokeApp
from screens.screens.browse import BrowseScreen
from screens.widgets.panel import Line
from tests.screens.looking import sees, shown, types, until
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator

PEOPLE = [("E1", "a@b.example", "A", "B")]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=430, companies=12, seed=11) as made:
        yield made


@asynccontextmanager
async def browsing(
    simulator: Simulator, folder: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int] = (120, 30)
) -> AsyncIterator[tuple[Pilot[Any], BrowseScreen]]:
    """The contacts, read."""
    place = Workplace(folder, simulator, PEOPLE)
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    monkeypatch.setenv("HOME", str(folder))
    app = HubspokeApp(place.paths)
    async with app.run_test(size=size) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen), "not opened")
        screen = app.screen
        assert isinstance(screen, BrowseScreen)
        await until(pilot, lambda: screen.table.rows.count() == 100, "no page came")
        yield pilot, screen
        assert app.troubles == []


def state(screen: BrowseScreen) -> str:
    return str(screen.query_one("#browse-state", Line).shown.plain)


async def test_what_is_not_loaded_yet_is_said_and_comes_as_one_goes_down(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch, (80, 24)) as (pilot, screen):
        await until(pilot, lambda: "100 of 430 contacts loaded" in state(screen), "the rest is not said")
        for loaded in (200, 300, 400, 430):
            await pilot.press("end")
            await until(pilot, lambda loaded=loaded: screen.table.rows.count() == loaded, "no more came")  # type: ignore[misc]
        assert state(screen) == "430 contacts"
        await pilot.press("2")
        await until(pilot, lambda: state(screen) == "12 companies", "no companies")


async def test_a_filter_is_completed_and_a_mistake_gets_a_caret(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch, (80, 24)) as (pilot, screen):
        before = simulator.state()["requests"]["total"]
        await pilot.press("f", *"cit")
        await sees(pilot, "▸city")
        await pilot.press("tab")
        assert screen.filter_box.value == "city "
        await pilot.press("down", "down", "tab")
        assert screen.filter_box.value == "city sw "
        await pilot.press(*"yy ")
        await sees(pilot, "a text stands in quotes")
        lines = shown(screen.app).splitlines()
        field = next(place for place, line in enumerate(lines) if "Filter" in line and "yy" in line)
        assert lines[field + 1].index("^") == lines[field].index("yy")
        await pilot.press(*["backspace"] * 3)
        await pilot.press(*'"a" and cty pr ')
        await sees(pilot, "there is no property cty of contacts; did you mean city?")
        await pilot.pause(0.4)
        asked = simulator.state()["requests"]["total"] - before - 1
        assert asked <= 2, "a filter that is no filter yet was asked"
        for _ in range(len(" and cty pr ")):
            await pilot.press("backspace")
        await pilot.press("enter")
        await until(pilot, lambda: "430" not in state(screen) and "contacts" in state(screen), "not filtered")
        await until(pilot, lambda: screen.table.rows.complete, "not read")
        assert screen.focused is screen.table
        count = screen.table.rows.count()
        assert 0 < count < 430
        assert all(screen.table.rows.item(n).properties["city"].lower().startswith("a") for n in range(count))
        await pilot.press("escape")
        await until(pilot, lambda: screen.table.rows.count() == 100, "the filter stayed")


async def test_a_column_is_chosen_and_sorted_by(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch, (80, 24)) as (pilot, screen):
        await pilot.press(*["right"] * 5)
        assert screen.table.chosen is not None
        assert screen.table.chosen.name == "city"
        assert "City" in shown(screen.app), "the chosen column came into view"
        await pilot.press("s")
        await until(pilot, lambda: "by city ▲" in state(screen) and screen.table.rows.count() == 100, "not sorted")
        first = [screen.table.rows.item(n).properties["city"] or "" for n in range(100)]
        assert first == sorted(first, key=str.lower)
        await pilot.press("s")
        await until(pilot, lambda: "by city ▼" in state(screen), "not down")
        await pilot.press("s")
        await until(pilot, lambda: "by city" not in state(screen), "still sorted")


async def test_columns_are_chosen_from_the_schema_and_remembered(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch) as (pilot, screen):
        await pilot.press("c")
        await sees(pilot, "Columns of contact")
        await pilot.press("space", "slash")
        await types(pilot, "phone")
        await pilot.press("enter")
        await sees(pilot, "Phone")
        await pilot.press("space", "K", "K", "K", "K", "K", "K", "enter")
        await until(pilot, lambda: screen.names[0] == "phone", "not taken")
        assert "email" not in screen.names
        await until(pilot, lambda: "phone" in (screen.table.rows.item(0) or _Nothing).properties, "not read")
        assert views.load(screen.console.paths).columns["contact"] == screen.names
        await pilot.press("c")
        await sees(pilot, "Columns of contact")
        await pilot.press("u")
        await until(pilot, lambda: screen.names[0] == "email", "not the usual ones")


class _Nothing:
    properties = ()


async def test_a_view_is_kept_opened_and_forgotten(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch) as (pilot, screen):
        await pilot.press("f")
        await types(pilot, "city pr")
        await pilot.press("enter", "s")
        await until(pilot, lambda: "by email" in state(screen), "not sorted")
        await pilot.press("v")
        await sees(pilot, "None yet")
        await pilot.press("n")
        await sees(pilot, "Under which name?")
        await types(pilot, "With a city")
        await pilot.press("enter")
        await until(pilot, lambda: bool(views.load(screen.console.paths).views), "not kept")
        await pilot.press("escape", "2")
        await until(pilot, lambda: "12 companies" in state(screen), "no companies")
        await pilot.press("v")
        await sees(pilot, "With a city")
        await pilot.press("enter")
        await until(pilot, lambda: screen.filter == "city pr" and screen.sort == "email", "not opened")
        assert screen.object_class == "contact"
        await pilot.press("v")
        await sees(pilot, "With a city")
        await pilot.press("d")
        await sees(pilot, "Forget this view?")
        await pilot.press("y")
        await until(pilot, lambda: not views.load(screen.console.paths).views, "not forgotten")


async def test_what_is_marked_is_exported_and_nothing_is_overwritten(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch) as (pilot, screen):
        await pilot.press("space", "down", "shift+down", "shift+down")
        await until(pilot, lambda: "● 4 marked" in state(screen), "not marked")
        marked = list(screen.table.marks)
        assert marked == [screen.table.rows.item(n).id for n in (0, 2, 3, 4)]
        assert "●" in shown(screen.app)
        file = tmp_path / "some.csv"
        file.write_text("mine")
        await pilot.press("e")
        await sees(pilot, "The 4 marked as CSV")
        await pilot.press("enter")
        await types(pilot, str(file))
        await pilot.press("enter")
        await sees(pilot, "replace the file")
        assert file.read_text() == "mine"
        await pilot.press("f8")
        await sees(pilot, "✓ 4 records")
        with file.open(newline="", encoding="utf-8") as stream:
            assert [line[0] for line in csv.reader(stream)] == ["id", *marked]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        await pilot.press("escape", "escape")
        await until(pilot, lambda: "marked" not in state(screen), "not let go")
        await pilot.press("asterisk")
        await until(pilot, lambda: "● 100 marked" in state(screen), "not all that is shown")


async def test_all_that_match_are_exported_and_it_can_be_stopped(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch) as (pilot, screen):
        await pilot.press("e")
        await sees(pilot, "All contacts as CSV")
        await pilot.press("down", "enter")
        assert screen.app.screen.query_one(Input).value == "~/contacts.jsonl"
        simulator.faults("slow=100%/0.4")
        try:
            await pilot.press("enter")
            await sees(pilot, "written")
            await pilot.press("escape")
            await sees(pilot, "Stopped; no file was left")
        finally:
            simulator.faults()
        assert not [path for path in tmp_path.iterdir() if "jsonl" in path.name]
        await pilot.press("enter")
        await sees(pilot, "✓ 430 records")
        assert len((tmp_path / "contacts.jsonl").read_text().splitlines()) == 430
        await pilot.press("escape")
        assert screen.is_current


async def test_a_snapshot_is_taken_at_a_stated_cost_and_answers_at_once(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch) as (pilot, screen):
        await pilot.press("l")
        await sees(pilot, "5 requests")
        await sees(pilot, "There is none yet")
        await pilot.press("enter")
        await until(pilot, lambda: screen.offered is not None, "not offered")
        await pilot.press("l")
        await sees(pilot, "Open it")
        await pilot.press("enter")
        await until(pilot, lambda: "◆ snapshot less than a minute old · 430 contacts" in state(screen), "not open")
        before = simulator.state()["requests"]["total"]
        await pilot.press("end")
        assert screen.table.cursor == 429
        await pilot.press("s")
        await until(pilot, lambda: "by email" in state(screen) and screen.table.rows.count() == 430, "not sorted")
        emails = [screen.table.rows.item(n).properties["email"] for n in range(430)]
        assert emails == sorted(emails, key=str.lower)
        await pilot.press("slash")
        await types(pilot, (emails[7] or "").split("@")[0])
        await until(pilot, lambda: "of 430 contacts" in state(screen), "not found")
        await pilot.press("escape", "f")
        await types(pilot, "city pr and fax pr")
        await pilot.press("enter")
        await sees(pilot, "the snapshot does not hold fax")
        await pilot.press("escape", "asterisk", "e")
        await sees(pilot, "of the snapshot as CSV")
        await pilot.press("escape", "escape")
        assert simulator.state()["requests"]["total"] - before <= 1, "the snapshot asked HubSpot"
        await pilot.press("escape")
        await until(pilot, lambda: "◆" not in state(screen), "not live again")
        await until(pilot, lambda: "l snapshot" in state(screen), "not offered")


async def test_without_a_connection_the_reason_stands_there_and_the_snapshot_still_opens(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch) as (pilot, screen):
        await pilot.press("l")
        await sees(pilot, "5 requests")
        await pilot.press("enter")
        await until(pilot, lambda: screen.offered is not None, "not taken")
        simulator.faults("500=100%")
        try:
            await pilot.press("ctrl+r")
            await sees(pilot, "not read; ^r tries again", 40)
            await pilot.press("l")
            await sees(pilot, "Open it")
            await pilot.press("enter")
            await until(pilot, lambda: "430 contacts" in state(screen), "not open")
        finally:
            simulator.faults()
        await pilot.press("escape")
        await until(pilot, lambda: screen.table.rows.count() == 100, "not live again")


async def test_typing_over_a_stored_text_gives_up_the_search_before(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(simulator, tmp_path, monkeypatch) as (pilot, screen):
        simulator.faults("slow=100%/0.6@search")
        try:
            await pilot.press("slash", *"zz")
            await pilot.pause(0.45)
            await pilot.press(*"qq")
            await sees(pilot, "No contacts match.")
        finally:
            simulator.faults()
        assert screen.text == "zzqq"
        await until(pilot, lambda: state(screen) == "0 contacts", "not said")
