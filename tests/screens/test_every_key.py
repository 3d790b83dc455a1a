"""Every key of every screen is pressed over a real simulator: something happens that can be seen, and nothing fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.app import HubspokeApp
from screens.keys import EVERYWHERE, INNER, Key, keys_of
from tests.screens.every_screen import every_screen, opened
from tests.screens.looking import sees, shown, until
from tests.screens.world import World, things
from tests.support.simulator import start_simulator

PARTS = 12
STAYS = {
    ("browse", "browse_contacts"): "it shows contacts already",
    ("home", "suspend"): "a test has no terminal to give back to a shell: tests/screens/test_terminal_suspend.py has",
    ("history", "suspend"): "as on Home",
}
"""Keys that have nothing to do where the test stands."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with start_simulator(contacts=20, companies=5) as simulator:
        yield World(tmp_path_factory.mktemp("world"), simulator)


def state(app: HubspokeApp) -> tuple[Any, ...]:
    """What can be seen or felt: the screens, the text, the focus, the theme."""
    return (tuple(app.screen_stack), shown(app), app.focused, app.theme, app._exit)


async def happens(pilot: Pilot[Any], before: tuple[Any, ...], seconds: float = 3) -> bool:
    """Whether anything changes soon."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await pilot.pause(0.02)
        if state(pilot.app) != before:  # type: ignore[arg-type]
            return True
    return False


async def calm(pilot: Pilot[Any]) -> None:
    """Wait until the screen stands still."""
    last, same = None, 0
    end = time.monotonic() + 6
    while same < 3 and time.monotonic() < end:
        await pilot.pause(0.02)
        now = state(pilot.app)  # type: ignore[arg-type]
        same, last = (same + 1, now) if now == last else (0, now)


def keys_on(place: str) -> list[Key]:
    """Those of one screen; those of all screens are pressed on one that is plain and on Home."""
    everything = place in ("home", "history")
    return [key for key in keys_of(place) if everything or not {EVERYWHERE, INNER} & set(key.where)]


async def press_all(app: HubspokeApp, pilot: Pilot[Any], place: str, given: dict[str, Any]) -> list[str]:
    """Open the screen anew for each of its keys, and press it; answers those that nothing came of."""
    found = every_screen()[place]
    quiet: list[str] = []
    for key in keys_on(place):
        if key.action == "quit":
            continue
        app.do_home()
        if place != "home":
            await app.push_screen(opened(found, given))
        app.clear_notifications()
        await calm(pilot)
        if not app.offers(key.action):
            continue
        before = state(app)
        await pilot.press(key.key)
        if not await happens(pilot, before) and (place, key.action) not in STAYS:
            quiet.append(f"{key.key} ({key.action}) on {place}")
        assert app.troubles == [], (place, key.key, app.troubles)
    return quiet


@pytest.mark.parametrize("part", range(PARTS))
async def test_each_key_does_something_and_nothing_fails(
    world: World, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", world.place.simulator.token)
    monkeypatch.setenv("BROWSER", "/bin/true")
    app = HubspokeApp(world.place.paths)
    quiet: list[str] = []
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await sees(pilot, "✓ connected")
        given = await things(app, *world.ids)
        for place in sorted(every_screen())[part::PARTS]:
            quiet += await press_all(app, pilot, place, given)
    assert quiet == [], "nothing to be seen happened"


async def test_q_on_home_leaves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", world.place.simulator.token)
    app = HubspokeApp(world.place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("q")
        await until(pilot, lambda: app._exit, "q does not leave")
    assert app.return_value == 0
