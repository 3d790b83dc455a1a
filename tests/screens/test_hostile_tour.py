"""Every screen there is, and what its keys open, over hostile records: nothing foreign reaches the terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.simulator.hostile import VALUES
from screens.keys import EVERYWHERE, INNER, keys_of
from tests.screens.every_screen import every_screen
from tests.screens.foreign import foreign
from tests.screens.tour import NEXT, command
from tests.screens.world import World
from tests.support.simulator import start_simulator
from tests.support.terminal import KEYS, Terminal

PARTS = 8
"""The screens in so many walks, each well under the limit of a test."""
MOVES = ("down", "tab", "down", "pagedown")
NAMES = {"slash": "/", "enter": "\r", "delete": "\x1b[3~", "f3": "\x1bOR", "f4": "\x1bOS", "f5": "\x1b[15~"}
NAMES |= {"f6": "\x1b[17~", "f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~", "f10": "\x1b[21~"}
LEAVES = {"quit", "suspend", "run_resume", "home", "theme"}
"""Keys that end the tour or are no matter of a screen."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    people = [
        (f"E{number:03d}", f"hostile-{number:02d}@hostile.example", value[:60], value[:2000])
        for number, value in enumerate(VALUES)
    ]
    people += [("E101\x1b[2J", "not an address \x9b31m", "x", "y"), ("E102", "none\x1b]52;c;YQ==\x07", VALUES[0], "y")]
    with start_simulator(contacts=3, companies=3, hostile=True) as simulator:
        yield World(tmp_path_factory.mktemp("hostile"), simulator, people)


def calm(terminal: Terminal, seconds: float = 2.0) -> None:
    """Wait until nothing more comes, but not for ever: some screens count."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = len(terminal.raw)
        terminal.read(0.1)
        if len(terminal.raw) == before:
            return


def sent_by(name: str) -> str:
    """What a terminal sends for a key of screens/keys.py."""
    if name.startswith("ctrl+"):
        return chr(ord(name[5]) - 96)
    return NAMES.get(name, KEYS.get(name, name))


def own_keys(place: str) -> list[str]:
    """The keys of a screen that open or do something on it."""
    return [
        sent_by(key.key)
        for key in keys_of(place)
        if EVERYWHERE not in key.where and INNER not in key.where and key.action not in LEAVES
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_screen_over_hostile_records(world: World, part: int) -> None:
    places = [place for place in sorted(every_screen()) if place != "home"][part::PARTS]
    tour = [place for place in places for _ in range(1 + len(own_keys(place)))]
    line = command(world.place.paths, world.ids, tour)
    environment = world.place.environment | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with Terminal(line, columns=120, rows=40, environment=environment, cwd=world.place.folder) as terminal:
        terminal.wait("✓ connected", 30)
        for place in places:
            for key in (*MOVES, None), *((key,) for key in own_keys(place)):
                terminal.press(NEXT)
                calm(terminal)
                for move in key:
                    if move is not None:
                        terminal.press(move)
                        calm(terminal, 0.6)
            assert not terminal.ended(), f"it ended on {place}:\n{terminal.text}"
        terminal.press(NEXT)
        assert terminal.wait_end() == 0
        assert foreign(bytes(terminal.raw)) == []
    assert not world.place.paths.log.exists(), world.place.paths.log.read_text()
