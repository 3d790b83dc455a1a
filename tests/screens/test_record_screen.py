"""One record with keys alone, on the real connector and a simulator: read, edited, created, linked, merged, archived, erased."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.app import HubspokeApp
from screens.screens.archive import ArchiveScreen
from screens.screens.record import RecordScreen
from screens.screens.record_create import RecordCreateScreen
from screens.widgets.record_table import RecordTable
from tests.screens.looking import sees, shown, until
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator(contacts=0, companies=0) as made:
        yield made


@pytest.fixture
def hubspot(running: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    running.reset()
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", running.token)
    return running


@pytest.fixture
def ann(hubspot: Simulator) -> str:
    """A contact; her uid."""
    values = {"email": "ann@acme.example", "firstname": "Ann", "lastname": "Perera", "jobtitle": "Clerk"}
    return made(hubspot, "contacts", values | {"lifecyclestage": "customer"})


def made(hubspot: Simulator, object_type: str, values: dict[str, str]) -> str:
    return str(hubspot.post(f"/crm/v3/objects/{object_type}", {"properties": values}).json["id"])


@asynccontextmanager
async def console(
    folder: Path, hubspot: Simulator, screen: Any, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[Pilot[Any]]:
    app = HubspokeApp(Workplace(folder, hubspot, []).paths)
    async with app.run_test(size=size) as pilot:
        await sees(pilot, "connected")
        await app.push_screen(screen)
        yield pilot
        assert app.troubles == []


async def find(pilot: Pilot[Any], words: str) -> None:
    """Put the cursor on a property."""
    await pilot.press("slash", *words, "enter")
    await pilot.pause()


async def change(pilot: Pilot[Any], words: str, value: str) -> None:
    """As far as the question whether it shall be written."""
    await find(pilot, words)
    await pilot.press("enter")
    await sees(pilot, "Edit ")
    await pilot.press("end", "ctrl+u", *value, "enter")


async def test_only_the_change_is_sent_and_what_came_back_is_shown(
    hubspot: Simulator, ann: str, tmp_path: Path
) -> None:
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        hubspot.mutate("contacts", ann, city="Galle")  # somebody else, another property
        await change(pilot, "jobtitle", "Head")
        await sees(pilot, "Clerk → Head")
        assert hubspot.dump()[ann]["jobtitle"] == "Clerk", "it was written before anybody said yes"
        await pilot.press("y")
        await sees(pilot, "jobtitle is Head, as HubSpot returned it")
    assert hubspot.dump()[ann]["jobtitle"] == "Head"
    assert hubspot.dump()[ann]["city"] == "Galle"
    assert [one["op"] for one in hubspot.log() if one["op"] == "update"] == ["update"]


async def test_a_change_by_somebody_else_is_told_and_decided_anew(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        await change(pilot, "jobtitle", "Head")
        hubspot.mutate("contacts", ann, jobtitle="Cashier")
        await pilot.press("y")
        await sees(pilot, "it is Cashier now")
        assert hubspot.dump()[ann]["jobtitle"] == "Cashier"
        await pilot.press("enter")
        await sees(pilot, "Cashier → Head")
        await pilot.press("y")
        await sees(pilot, "jobtitle is Head")
    assert hubspot.dump()[ann]["jobtitle"] == "Head"


async def test_what_hubspot_does_not_take_is_told(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        await find(pilot, "lifecyclestage")
        await pilot.press("enter", *"lead", "enter")
        await sees(pilot, "Edit lifecyclestage")
        await until(pilot, lambda: "salesqualifiedlead" in shown(pilot.app), "no options")
        table = pilot.app.screen.query_one(RecordTable)
        place = next(n for n in range(table.rows.count()) if table.rows.item(n).value == "lead")
        table.cursor = place
        await pilot.press("enter")
        await sees(pilot, "customer → lead")
        await pilot.press("y")
        await sees(pilot, "≠ not accepted: lifecyclestage is customer still")


async def test_a_wrong_value_and_a_read_only_property_say_why(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        await change(pilot, "email", "no-address")
        await sees(pilot, "✗")
        assert "→ " in shown(pilot.app)
        await pilot.press("escape")
        await find(pilot, "hs_object_id")
        await pilot.press("enter")
        await sees(pilot, "hs_object_id cannot be edited: HubSpot calculates it")
        await pilot.press("escape", "b")
        await change(pilot, "closedate", "tomorrow")
        await sees(pilot, "is not a time")
    assert hubspot.log()[-1]["op"] == "create", "something was written"


async def test_what_hubspot_refuses_stands_beside_the_value_which_is_kept(
    hubspot: Simulator, ann: str, tmp_path: Path
) -> None:
    bob = made(hubspot, "contacts", {"email": "bob@acme.example"})
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        await change(pilot, "email", "bob@acme.example")
        await pilot.press("y")
        await sees(pilot, f"belongs to contact {bob}")
        await sees(pilot, "bob@acme.example")
        await pilot.press("home", "x", "enter")
        await sees(pilot, "ann@acme.example → xbob@acme.example")
        await pilot.press("y")
        await sees(pilot, "email is xbob@acme.example, as HubSpot returned it")
    assert hubspot.dump()[ann]["email"] == "xbob@acme.example"


async def test_history_names_every_value_and_lately_stands_before_the_rest(
    hubspot: Simulator, ann: str, tmp_path: Path
) -> None:
    hubspot.advance(3600)
    hubspot.request("PATCH", f"/crm/v3/objects/contacts/{ann}", {"properties": {"jobtitle": "Head"}})
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "lately")
        row = next(line for line in shown(pilot.app).splitlines() if "lately" in line)
        assert "jobtitle" in row
        await find(pilot, "jobtitle")
        await pilot.press("h")
        await sees(pilot, "2 values")
        assert shown(pilot.app).index("Head") < shown(pilot.app).index("Clerk")
        assert "an app" in shown(pilot.app)


async def test_blanks_and_words_find_properties(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        await pilot.press("slash", *"fax")
        await sees(pilot, "No property matches. b looks among the blank ones")
        await pilot.press("enter", "b")
        await until(pilot, lambda: pilot.app.screen.current is not None, "nothing found")  # type: ignore[attr-defined]
        assert pilot.app.screen.current.name == "fax"  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen.query_one(RecordTable).rows.count() > 50, "the search stayed")


async def test_gone_archived_and_merged_records_are_told(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    bob = made(hubspot, "contacts", {"email": "bob@acme.example"})
    eve = made(hubspot, "contacts", {"email": "eve@acme.example"})
    hubspot.request("DELETE", f"/crm/v3/objects/contacts/{bob}")
    merge = hubspot.post("/crm/v3/objects/contacts/merge", {"primaryObjectId": ann, "objectIdToMerge": eve})
    survivor = merge.json["id"]
    async with console(tmp_path, hubspot, RecordScreen("contact", "999999")) as pilot:
        await sees(pilot, "There is no contact 999999")
        await pilot.app.push_screen(RecordScreen("contact", bob))
        await sees(pilot, f"The contact {bob} is archived")
        await pilot.app.push_screen(RecordScreen("contact", eve))
        await sees(pilot, f"The contact {eve} was merged into {survivor}")
        await sees(pilot, f"Contact {survivor}")


async def test_a_new_contact_has_its_address_looked_up_first(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    async with console(tmp_path, hubspot, RecordCreateScreen("contact")) as pilot:
        await sees(pilot, "needed: email")
        await pilot.press("enter", *"ann", "@", *"acme", ".", *"example", "enter")
        await sees(pilot, f"contact {ann} has that value already")
        await pilot.press("f9", "y")
        await sees(pilot, "belongs to contact")
        assert len(hubspot.dump()) == 1
        await pilot.press("home", "enter", "end", "ctrl+u", *"new", "@", *"acme", ".", *"example", "enter")
        await sees(pilot, "✓ free")
        await pilot.press("f9")
        await sees(pilot, "Create this contact?")
        await pilot.press("y")
        await sees(pilot, "✓ Created contact")
        await sees(pilot, "new@acme.example")
    assert {one["email"] for one in hubspot.dump().values()} == {"ann@acme.example", "new@acme.example"}


async def test_companies_of_a_contact_are_linked_and_separated(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    acme = made(hubspot, "companies", {"name": "Acme", "domain": "acme.test"})
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        await pilot.press("a")
        await sees(pilot, "No companies yet")
        await pilot.press("n")
        await sees(pilot, "The uid of the company")
        await pilot.press(*acme, "enter")
        await sees(pilot, "Which label?")
        await pilot.press("enter")
        await sees(pilot, f"✓ Associated with company {acme}")
        await sees(pilot, "acme.test")
        await pilot.press("d")
        await sees(pilot, "Separate from Acme?")
        await pilot.press("enter")
        await sees(pilot, "No companies yet")


async def test_one_record_is_archived_after_a_key(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        await pilot.press("x")
        await sees(pilot, "recycle bin")
        await pilot.press("enter")
        assert ann in hubspot.dump()
        await pilot.press("y")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "HomeScreen", "the gone record stayed")
    assert ann not in hubspot.dump()


async def test_many_are_archived_by_their_number_and_production_wants_its_name(
    hubspot: Simulator, ann: str, tmp_path: Path
) -> None:
    hubspot.settings(accountType="STANDARD")
    others = [made(hubspot, "contacts", {"email": f"p{n}@acme.example"}) for n in range(104)]
    asked = [*others, "999999"]
    async with console(tmp_path, hubspot, ArchiveScreen("contact", asked)) as pilot:
        await sees(pilot, "105 contacts")
        await pilot.press(*"104", "enter")
        await sees(pilot, "Type exactly: 105")
        await pilot.press("ctrl+u", *"105", "enter")
        name = pilot.app.standing.portal_name or str(pilot.app.standing.portal_id)  # type: ignore[attr-defined]
        await pilot.press(*"x", "enter")
        await sees(pilot, f"Type exactly: {name}")
        assert len(hubspot.dump()) == 105
        await pilot.press("ctrl+u", *("space" if letter == " " else letter for letter in name), "enter")
        await sees(pilot, "104 archived")
        await sees(pilot, "1  not there any more")
        await pilot.press("escape")
    assert list(hubspot.dump()) == [ann]


async def test_a_merge_wants_both_uids_and_shows_the_survivor(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    bob = made(hubspot, "contacts", {"email": "bob@acme.example", "city": "Kandy"})
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        await pilot.press("m", *bob, "enter")
        await sees(pilot, "bob@acme.example")
        await pilot.press(*bob, "enter")
        await sees(pilot, f"Type exactly: {ann} {bob}")
        assert len(hubspot.dump()) == 2
        await pilot.press("ctrl+u", *ann, "space", *bob, "enter")
        await sees(pilot, "this is the record that survives")
        await sees(pilot, "Kandy")
    assert len(hubspot.dump()) == 1


async def test_an_erased_contact_is_gone_for_good(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        await pilot.press("X")
        await sees(pilot, "Nothing undoes that")
        await pilot.press(*"1", "enter")
        await sees(pilot, f"Type exactly: {ann}")
        await pilot.press("ctrl+u", *ann, "enter")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "HomeScreen", "the erased record stayed")
    assert hubspot.dump() == {}
    assert hubspot.get(f"/crm/v3/objects/contacts/{ann}?archived=true").status == 404


async def test_the_record_as_json_is_what_the_command_prints(hubspot: Simulator, ann: str, tmp_path: Path) -> None:
    from console.connector.sheet import as_json

    async with console(tmp_path, hubspot, RecordScreen("contact", ann)) as pilot:
        await sees(pilot, "Perera")
        told = json.loads(as_json(pilot.app.screen._sheet))  # type: ignore[attr-defined]
    assert told["id"] == ann
    assert told["properties"]["jobtitle"] == "Clerk"
    assert set(told) == {"id", "class", "name", "properties", "revision", "notes"}


async def test_a_new_record_is_of_the_class_that_the_list_shows(hubspot: Simulator, tmp_path: Path) -> None:
    from screens.screens.browse import BrowseScreen

    async with console(tmp_path, hubspot, BrowseScreen("company")) as pilot:
        await sees(pilot, "no companies yet")
        await pilot.press("n")
        await sees(pilot, "New company")
        await sees(pilot, "needed: name")
        await pilot.press("enter", *"Acme", "enter", "f9")
        await sees(pilot, "Create this company?")
        await pilot.press("y")
        await sees(pilot, "✓ Created company")
    assert [one["name"] for one in hubspot.dump("companies").values()] == ["Acme"]
