"""A plan from its making to its approval, on the real simulator, with keys only."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from console.journal.model import EntryState, RunState
from console.provisioning.entry_filter import entry_schema
from console.provisioning.mappings import Mappings
from console.provisioning.scoping import scope_schema
from screens.app import HubspokeApp
from screens.screens.plan import PlanScreen
from screens.screens.plan_marks import Marks
from screens.widgets.filter_field import FilterSuggester
from screens.widgets.panel import Line
from screens.widgets.record_table import RecordTable
from tests.screens import plan_samples, samples
from tests.screens.looking import sees, shown, types, until
from tests.screens.sample_app import still_app
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator

PEOPLE = [(f"E{n:03d}", f"p{n:03d}@acme.example", f"Given{n}", f"Family{n}") for n in range(1, 31)]
NUMBER = {
    "name": "employee_no", "label": "No", "type": "string", "fieldType": "text",
    "groupName": "contactinformation", "hasUniqueValue": True,
}  # fmt: skip


ROW = "employee_no = { value = 'source.employee_id', write = \"create\" }\n"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator() as made:
        yield made


@pytest.fixture
def place(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    simulator.reset()
    simulator.post("/crm/v3/properties/contacts", NUMBER)
    made = Workplace(tmp_path / "work", simulator, PEOPLE)
    mapping = made.paths.mappings / "people-to-contacts.toml"
    text = mapping.read_text().replace('["email"]', '["email", "employee_no"]')
    mapping.write_text(text.replace("[properties]\n", "[properties]\n" + ROW))
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    return made


def contact(simulator: Simulator, **properties: str) -> str:
    created = simulator.post("/crm/v3/objects/contacts", {"properties": properties})
    return str(created.json["id"])


async def planned(pilot: Pilot[Any]) -> PlanScreen:
    await sees(pilot, "✓ connected")
    await pilot.press("p")
    await sees(pilot, "people-to-contacts")
    await pilot.press("enter")
    await sees(pilot, "Before you say go", 40)
    screen = pilot.app.screen
    assert isinstance(screen, PlanScreen)
    await until(pilot, lambda: screen.query_one(RecordTable).rows.count() > 0, "no entries came")
    return screen


async def test_leave_one_out_decide_another_and_begin_with_the_first_ten(
    place: Workplace, simulator: Simulator
) -> None:
    meant = contact(simulator, email="p001@acme.example", firstname="Mail")
    contact(simulator, email="else@acme.example", firstname="Number", employee_no="E001")
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(120, 32), notifications=True) as pilot:
        first = await planned(pilot)
        assert "several match" in shown(app)
        await pilot.press("d")
        await sees(pilot, "in the source")
        await sees(pilot, meant)
        await pilot.press("right", "left")
        await sees(pilot, f"▸ {meant}")
        await pilot.press("enter")
        await sees(pilot, "1 decided")
        await pilot.press("down", "x")
        await sees(pilot, "1 left out, 1 decided")
        await sees(pilot, "⊘ left out")
        await pilot.press("c")
        await sees(pilot, "Approve plan", 40)
        assert first.plan_id not in shown(app), "what was changed is another plan"
        await sees(pilot, "the first 10 only")
        await types(pilot, "yes")
        await pilot.press("enter")
        await sees(pilot, "‖ paused", 40)
        assert app.session is not None
        plan, original = (await (await app.session.plans).list())[:2]
        run = await (await app.session.runs).show(plan.id)
        assert (run.state, run.states[EntryState.DONE]) == (RunState.PAUSED, 10)
        assert (plan.actions["IGNORE"], plan.actions["UPDATE"]) == (1, 1)
        assert original.id == first.plan_id
        assert original.state is RunState.PLANNED
        assert app.troubles == []
    people = simulator.by_email()
    assert people["p001@acme.example"]["firstname"] == "Given1"
    assert people["else@acme.example"]["firstname"] == "Number"
    assert "p002@acme.example" not in people, "left out"


async def test_the_source_changed_while_it_was_reviewed(place: Workplace, simulator: Simulator) -> None:
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        place.people.write_text(place.people.read_text() + "E999,new@acme.example,New,Comer\n")
        await pilot.press("a")
        await sees(pilot, "esc back to the plan")
        assert "people.csv changed" in shown(app)
        assert not [field for field in app.screen.query(Input) if field.display]
        await pilot.press("escape", "p")
        await sees(pilot, "Whom, and how?")
        await pilot.press("enter")
        await sees(pilot, "31 + create", 40)
    assert simulator.state()["creates"] == []


async def test_a_plan_is_narrowed_cancelled_and_made(place: Workplace, simulator: Simulator) -> None:
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("p")
        await sees(pilot, "people-to-contacts")
        await pilot.press("tab", *'mail sw "p00')
        await pilot.press("enter")
        await sees(pilot, "^ ")
        assert "Whom, and how?" in shown(app), "a wrong scope plans nothing"
        await pilot.press('"')
        simulator.faults("slow=100%/2@batch/read")
        await pilot.press("enter")
        await sees(pilot, "esc cancels it")
        await pilot.press("escape")
        await sees(pilot, "Cancelled; nothing of it is kept.")
        simulator.faults()
        await pilot.press("enter")
        await sees(pilot, "9 + create", 40)
        assert app.session is not None
        (plan,) = await (await app.session.plans).list()
        assert (plan.partial, plan.lane.name) == (True, "keys")
        await pilot.press("w")
        await sees(pilot, "E001")
        assert type(app.screen).__name__ == "PersonScreen"
        assert "by people-to-contacts" in shown(app)
        await pilot.press("escape", "i")
        await sees(pilot, "it looks at some people only")
        assert app.troubles == []


async def test_entries_are_found_by_words_and_by_a_filter(place: Workplace, tmp_path: Path) -> None:
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(120, 32), notifications=True) as pilot:
        screen = await planned(pilot)
        table = screen.query_one(RecordTable)
        await pilot.press("slash", *"Given17", "enter")
        await until(pilot, lambda: table.rows.complete and table.rows.count() == 1, "not found by words")
        await pilot.press("slash")
        await types(pilot, 'number ge 5 and after eq "Given7"')
        await pilot.press("enter")
        await until(pilot, lambda: table.rows.complete and table.rows.count() == 1, "not found by a filter")
        await pilot.press("slash")
        await types(pilot, 'colour eq "red"')
        await pilot.press("enter")
        await sees(pilot, "^ an entry has no colour")
        await pilot.press("escape")
        await until(pilot, lambda: table.rows.count() == 30, "the search was not left")
        await pilot.press("e")
        await sees(pilot, "Export the plan")
        file = tmp_path / "kept.csv"
        await types(pilot, str(file))
        await pilot.press("enter")
        await until(pilot, file.exists, "no file was written")
        await sees(pilot, "30 entries in")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "Given17" in file.read_text()


async def test_what_is_wanted_is_not_forgotten_unasked(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = PlanScreen(plan_samples.FULL.id)
        await app.push_screen(screen)
        await sees(pilot, "Joan Clarke")
        await pilot.press("down", "x")
        await sees(pilot, "Entry 2 does nothing")
        await pilot.press("up", "x")
        await sees(pilot, "1 left out")
        await pilot.press("enter")
        await sees(pilot, "Joan Clarke")
        await sees(pilot, "⊘ left out")
        await pilot.press("x")
        await sees(pilot, "○ planned")
        await pilot.press("x", "escape")
        await until(pilot, lambda: app.screen is screen, "not back")
        await sees(pilot, "1 left out")
        await pilot.press("escape")
        await sees(pilot, "Leave the plan?")
        await pilot.press("n")
        await until(pilot, lambda: app.screen is screen, "left all the same")
        await pilot.press("x")
        await until(pilot, lambda: not screen.query_one("#plan-pending", Line).display, "the mark stayed")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen, "asked without a reason")


async def test_erasing_is_typed_in_so_many_words(tmp_path: Path) -> None:
    from screens.screens.approve import ApproveScreen

    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(ApproveScreen(plan_samples.ERASING))
        await sees(pilot, "erased for good")
        wrong = app.screen.query_one("#wrong", Line)
        for typed, complaint in (("12", "gdpr: type erase 12"), ("erase 12", "Type 12"), ("gdpr=12", "Type 12")):
            app.screen.query_one("#accept-gdpr", Input).value = typed
            app.screen.query_one("#word", Input).focus()
            await pilot.press("enter")
            await until(pilot, lambda text=complaint: text in wrong.shown.plain, complaint)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("act", "action"),
        ("action e", "action eq"),
        ('action eq "UPDATE" a', 'action eq "UPDATE" and'),
        ('action eq "UPDATE" and prop', 'action eq "UPDATE" and property'),
        ("!(acti", "!(action"),
        ('action eq "UP', 'action eq "UPDATE"'),
        ("action eq true an", "action eq true and"),
        ('name eq "Up', None),
        ("nothing", None),
        ("", None),
    ],
)
async def test_a_filter_is_completed(typed: str, completed: str | None) -> None:
    assert await FilterSuggester(entry_schema()).get_suggestion(typed) == completed


async def test_marks_of_what_was_left_out_before() -> None:
    from msgspec.structs import replace

    from console.journal.model import Action

    marks = Marks()
    out = replace(samples.entry(1), action=Action.IGNORE, state=EntryState.SKIPPED, cause="left out (CREATE)")
    assert marks.sign(out).word == "left out"
    assert "taken in again" in marks.toggle(out)
    assert marks.revision().include == frozenset({1})
    assert "stays left out" in marks.toggle(out)
    assert not marks


async def test_the_source_s_columns_complete_a_scope(place: Workplace) -> None:
    schema = scope_schema(Mappings(place.paths), "people-to-contacts")
    assert await FilterSuggester(schema).get_suggestion("giv") == "given_name"
    assert scope_schema(Mappings(place.paths), "no-such-mapping") == {}
