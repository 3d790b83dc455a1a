"""Profiles, Connector, Help and Doctor: names, files of identity servers, what ceilings cost, words that find a key."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input

from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.provisioner import exported
from screens.app import HubspokeApp
from screens.screens.doctor import DoctorScreen
from screens.screens.log import LogScreen
from screens.widgets.choices import Choices
from tests.screens.looking import sees, shown, types, until
from tests.screens.sample_app import still_app
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=3) as made:
        yield made


@pytest.fixture
def place(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    return Workplace(tmp_path, simulator, [])


async def test_a_profile_gets_another_name_and_is_removed_after_a_question(place: Workplace) -> None:
    profiles = Profiles(place.paths)
    profiles.save(msgspec.structs.replace(profiles.load("walk"), name="spare"))
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("w")
        await sees(pilot, "walk  ● current")
        app.screen.query_one(Choices).pick("walk")
        await pilot.press("e")
        await types(pilot, "spare")
        await pilot.press("enter")
        await sees(pilot, "There is a profile of this name")
        await types(pilot, "not a name")
        await pilot.press("enter")
        await sees(pilot, "Letters, digits")
        await types(pilot, "rehearsal")
        await pilot.press("enter")
        await sees(pilot, "rehearsal  ● current")
        await until(pilot, lambda: app.session is not None and app.session.profile.name == "rehearsal", "not opened")
        app.screen.query_one(Choices).pick("spare")
        await pilot.press("x")
        await sees(pilot, "Remove the profile spare?")
        await pilot.press("y")
        await until(pilot, lambda: profiles.names() == ["rehearsal"], "not removed")
        assert app.troubles == []


async def test_a_provisioner_file_goes_out_and_comes_in_with_what_its_ceilings_cost(place: Workplace) -> None:
    app = HubspokeApp(place.paths)
    out = place.folder / "provisioner.openicf-walk.json"
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("c")
        await sees(pilot, "displayName")
        await pilot.press("f6")
        await types(pilot, str(out))
        await pilot.press("enter")
        await until(pilot, out.exists, "not written")
        again = place.folder / "other.json"
        again.write_text(json.dumps(exported(Profile(name="imported", authentication="token", permits_per_second=2))))
        await pilot.press("f4")
        await types(pilot, str(again))
        await pilot.press("enter")
        await sees(pilot, "Import as imported?")
        assert "permitsPerSecond 2" in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "imported" not in Profiles(place.paths).names()
        field = app.screen.query_one("#field-permitsPerSecond", Input)
        field.value = "2"
        await sees(pilot, "of what HubSpot allows")
        assert app.troubles == []
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert place.simulator.token not in out.read_text()


async def test_help_begins_with_the_screen_one_comes_from_and_finds_by_a_word(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(LogScreen())
        await pilot.press("question_mark")
        await sees(pilot, "Here: Log")
        assert "Copy as curl" in shown(app)
        assert type(app.screen).__name__ == "HelpScreen"
        await pilot.press("slash")
        await types(pilot, "pause")
        await sees(pilot, "Pause run")
        assert "Guided setup" not in shown(app)
        await types(pilot, "xyzzy")
        await sees(pilot, "Nothing has these words")
        await pilot.press("escape")
        await sees(pilot, "Here: Log")
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, LogScreen)


async def test_doctor_names_what_to_set_on_a_slow_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 5000 192.0.2.2 22")
    monkeypatch.setenv("TMUX", "/tmp/x,1,0")
    monkeypatch.setenv("TERM", "screen")
    monkeypatch.delenv("COLORTERM", raising=False)
    app = still_app(tmp_path)
    app.fence_round_trip = 0.42
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(DoctorScreen())
        await sees(pilot, "420 ms there and back")
        for told in ("ssh -C", "SendEnv=COLORTERM", "set-clipboard on", "TERM=screen-256color"):
            assert told in app.screen.query_one("#findings").shown.plain.replace("\n", " ")  # type: ignore[attr-defined]
        await sees(pilot, "Nothing is in the way")
        await pilot.resize_terminal(60, 20)
        await sees(pilot, "60 x 20")
