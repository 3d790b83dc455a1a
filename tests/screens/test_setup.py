"""The guided setup: fields are judged as they are typed, a key is shown to HubSpot, and a setup that was left goes on."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from textual.widgets import Input

from console.settings import unfinished
from console.settings.paths import Paths
from screens.app import HubspokeApp
from screens.screens.setup.screen import SetupScreen
from tests.screens import plan_samples
from tests.screens.looking import sees, shown, types, until
from tests.screens.sample_app import still_app
from tests.screens.sample_session import Ready
from tests.screens.scenes import Maker
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator

PEOPLE = [(f"E{n}", f"p{n}@acme.example", f"Given{n}", f"Family{n}") for n in range(12)]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=5, companies=3, seed=7) as made:
        yield made


def folders(tmp_path: Path) -> Paths:
    return Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))


async def test_each_field_is_judged_as_it_is_typed(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    app.session = None
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(SetupScreen())
        await pilot.press("down", "enter")
        await sees(pilot, "2 of 7")
        await types(pilot, "not a name!")
        await sees(pilot, "✗ Letters, digits")
        await types(pilot, "rehearsal")
        await pilot.press("enter")
        await types(pilot, "http://hubspot.example")
        await sees(pilot, "would send secrets in clear text")
        await pilot.press("enter")
        for typed, told in (
            ("Bearer pat-na1-1234", "Leave the word Bearer out"),
            ("pat-na1- 1234", "It holds a blank"),
            ("••••••••", "the dots that HubSpot shows"),
            ("1234abcd-12ab-34cd-56ef-123456abcdef", "old API key"),
            ("pat-na1-x", "too short"),
            ("an-unusual-token-of-some-length", "▲ HubSpot's tokens begin with pat-"),
        ):
            await types(pilot, typed)
            await sees(pilot, told)
            assert typed not in shown(app) or set(typed) == {"•"}
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.focused, "id", "") == "setup-base", "the wrong field has the focus")
        assert app.troubles == []


async def test_a_key_is_shown_to_hubspot_before_anything_is_kept(simulator: Simulator, tmp_path: Path) -> None:
    paths = folders(tmp_path)
    app = HubspokeApp(paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 7")
        await pilot.press("down", "enter")
        await sees(pilot, "2 of 7")
        await pilot.press("enter")
        await types(pilot, simulator.url)
        await pilot.press("enter")
        await types(pilot, "pat-na1-12345678-not-a-good-one")
        await sees(pilot, "✗ Credentials:")
        await types(pilot, simulator.token)
        await sees(pilot, "✓ It opens Simulated portal")
        assert not paths.profiles.exists()
        assert not paths.vault_file.exists()
        await pilot.press("escape", "escape")
        assert app.troubles == []
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert simulator.token.encode() not in kept
    assert stat.S_IMODE((paths.state / "setup.json").stat().st_mode) == 0o600


async def test_what_was_typed_is_there_again_after_the_console_was_left(tmp_path: Path) -> None:
    paths = folders(tmp_path)
    first = HubspokeApp(paths)
    async with first.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 7")
        await pilot.press("down", "enter")
        await sees(pilot, "2 of 7")
        await types(pilot, "production")
        await pilot.press("enter", "enter")
        await types(pilot, "pat-na1-secret-secret-secret")
        await until(pilot, lambda: (unfinished.load(paths) or unfinished.Unfinished()).typed != {}, "not remembered")
    again = HubspokeApp(paths)
    async with again.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "2 of 7")
        await sees(pilot, "You left the setup here")
        assert again.screen.query_one("#setup-name", Input).value == "production"
        assert again.screen.query_one("#setup-token", Input).value == ""
    assert b"secret" not in (paths.state / "setup.json").read_bytes()


async def test_a_setup_that_was_left_goes_on_at_its_step_and_ends_with_a_plan(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    place = Workplace(tmp_path, simulator, PEOPLE)
    left = unfinished.Unfinished(kind="token", step="Source", profile="walk")
    unfinished.save(place.paths, left)
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await sees(pilot, "The guided setup was left at its step Source")
        await pilot.press("s")
        await sees(pilot, "5 of 7: Source")
        await sees(pilot, "You left the setup here")
        half = str(place.people)[:-5]
        field = app.screen.query_one("#setup-source", Input)
        await types(pilot, "")
        field.insert_text_at_cursor(half)
        await until(pilot, lambda: field._suggestion == str(place.people), "no completion")
        await pilot.press("right", "enter")
        await sees(pilot, "It can be read")
        await pilot.press("enter")
        await sees(pilot, "6 of 7: Mapping")
        await sees(pilot, "Given0 Family0")
        await sees(pilot, "p0@acme.example")
        await pilot.press("f6")
        await sees(pilot, "[properties]")
        await pilot.press("f6", "enter")
        await sees(pilot, "7 of 7: First plan")
        await sees(pilot, "Enter opens the plan")
        await pilot.press("enter")
        await sees(pilot, "Before you say go")
        assert unfinished.load(place.paths) is None
        assert app.troubles == []


async def test_without_a_source_of_ones_own_there_are_sample_people(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    place = Workplace(tmp_path, simulator, PEOPLE)
    unfinished.save(place.paths, unfinished.Unfinished(kind="token", step="Source", profile="walk"))
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("s")
        await sees(pilot, "5 of 7: Source")
        await pilot.press("f4")
        await sees(pilot, "do not approve it")
        assert app.screen.query_one("#setup-source", Input).value.endswith("sample-people.csv")
        await pilot.press("enter")
        await sees(pilot, "It can be read")
    assert stat.S_IMODE((place.paths.config / "sample-people.csv").stat().st_mode) == 0o600


async def test_a_first_plan_that_was_refused_is_tried_again_by_enter(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    maker = Maker(None)
    cast("Any", app.session).plans = Ready(maker)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = SetupScreen()
        await app.push_screen(screen)
        screen.state.kind, screen.state.source, screen.state.mapping = "token", "people.csv", "people-to-contacts"
        screen._show(6)
        await sees(pilot, "No plan was made")
        await sees(pilot, "Enter tries again")
        maker.plan = plan_samples.FULL
        await pilot.press("enter")
        await sees(pilot, "Enter opens the plan for review")
        assert "tries again" not in shown(app)
        await pilot.press("enter")
        await sees(pilot, f"Plan {plan_samples.FULL.id}")
        assert app.troubles == []
