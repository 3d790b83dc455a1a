"""Every action of the registry has a key, a help line, a palette entry, and a way to be performed."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from console.actions import ACTIONS
from console.settings.paths import Paths
from screens.app import ALWAYS, PLACES, HubspokeApp
from screens.keys import EVERYWHERE, INNER, bindings, keys_for, keys_of, shown
from screens.palette import HIDDEN
from screens.screens.base import ConsoleScreen
from screens.screens.help import help_text
from screens.widgets.record_table import RecordTable
from tests.screens import samples
from tests.screens.every_screen import every_screen

SCREENS = every_screen()
"""Collected from the modules: a new screen is held to all of this without a line here."""


def screen(place: str) -> type[ConsoleScreen[Any]]:
    return SCREENS[place]


def test_every_place_of_a_key_is_a_screen() -> None:
    named = {place for action in ACTIONS for key in keys_for(action) for place in key.where}
    assert named - {EVERYWHERE, INNER} <= set(SCREENS)


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_every_action_has_a_key_and_a_help_line(name: str) -> None:
    action = ACTIONS[name]
    keys = keys_for(name)
    assert keys, f"{name} has no key"
    page = help_text().plain
    assert action.title in page
    assert action.description in page
    assert all(shown(key) in page for key in keys)


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_every_key_finds_somebody_who_performs_it(name: str) -> None:
    for key in keys_for(name):
        for place in key.where:
            if place in SCREENS and name not in PLACES and name not in ALWAYS:
                assert hasattr(screen(place), f"do_{name}"), f"{key.key} on {place} does nothing"


@pytest.mark.parametrize("place", sorted(SCREENS))
def test_no_key_means_two_things_on_a_screen(place: str) -> None:
    pressed = Counter(key.key for key in keys_of(place))
    assert [key for key, count in pressed.items() if count > 1] == []
    own = [binding.key for binding in screen(place).BINDINGS if binding not in bindings(place)]  # type: ignore[union-attr]
    assert not set(own) & set(pressed), "a screen's own key hides one of the registry"


@pytest.mark.parametrize("place", sorted(SCREENS))
def test_lists_and_fields_leave_the_keys_of_a_screen_alone(place: str) -> None:
    lists = {key for binding in RecordTable.BINDINGS for key in binding.key.split(",")}  # type: ignore[union-attr]
    pressed = {key.key for key in keys_of(place)} - {"enter"}
    assert not pressed & lists, "the list takes the key before the screen does"
    if place == "connector":  # its fields have the focus, and letters are theirs
        assert all(len(key) > 1 for key in pressed - {"question_mark", "escape"})


def test_every_place_can_be_imported() -> None:
    for module, name, _ in PLACES.values():
        assert issubclass(getattr(import_module(f"screens.screens.{module}"), name), ConsoleScreen)


async def test_the_palette_offers_every_action_that_home_can_perform(tmp_path: Path) -> None:
    paths = Paths.resolve(str(tmp_path / "c"), str(tmp_path / "s"))
    app = HubspokeApp(paths, glance=samples.GLANCE)
    app._begin = lambda: None  # type: ignore[method-assign]
    async with app.run_test() as pilot:
        await pilot.pause()
        offered = {name for name in ACTIONS if app.offers(name)}
        assert set(PLACES) <= offered
        await pilot.press("ctrl+p")
        await pilot.pause(0.3)
        from textual.widgets import OptionList

        listed = pilot.app.screen.query_one(OptionList)
        assert listed.option_count == len(offered - HIDDEN)
