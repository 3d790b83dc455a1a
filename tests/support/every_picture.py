"""Pictures of every screen there is, over a simulator: python -P -m tests.support.every_picture FOLDER [PLACE ...]

SVG files <screen>-<columns>x<rows>-<theme>.svg at 80x24 and 140x40, dark and light. Screens are collected from their
modules, so none is forgotten; what they show is what an operator would see after a run in which some records failed.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from textual.pilot import Pilot

from screens.app import HubspokeApp
from tests.screens.every_screen import every_screen, opened
from tests.screens.looking import shown
from tests.screens.world import World, things
from tests.support.simulator import start_simulator

SIZES = ((80, 24), (140, 40))
THEMES = {"dark": "hubspoke-dark", "light": "hubspoke-light"}
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Fonts on another host: a picture in the documentation asks nobody for anything."""


async def settle(pilot: Pilot[object]) -> None:
    """Wait until the screen stands still for a moment."""
    last, same, end = "", 0, time.monotonic() + 8
    while same < 4 and time.monotonic() < end:
        await pilot.pause(0.06)
        now = shown(pilot.app)
        same, last = (same + 1, now) if now == last else (0, now)


async def take(world: World, folder: Path, size: tuple[int, int], theme: str, places: list[str]) -> None:
    """One picture of each screen."""
    app = HubspokeApp(world.place.paths)
    async with app.run_test(size=size) as pilot:
        end = time.monotonic() + 30
        while "connected" not in shown(app) and time.monotonic() < end:
            await pilot.pause(0.1)
        app.wear(THEMES[theme])
        given = await things(app, *world.ids)
        for place in places:
            app.do_home()
            if place != "home":
                await app.push_screen(opened(every_screen()[place], given))
            await settle(pilot)  # type: ignore[arg-type]
            name = f"{place}-{size[0]}x{size[1]}-{theme}.svg"
            picture = FONT_FACES.sub("", app.export_screenshot(title="hubspoke"))
            (folder / name).write_text(picture, encoding="utf-8")
            print(folder / name, *(repr(trouble) for trouble in app.troubles))
            app.troubles.clear()


def main(folder: Path, places: list[str]) -> None:
    """All of them."""
    os.environ |= {"TZ": "UTC", "COLORTERM": "truecolor"}
    time.tzset()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, start_simulator(contacts=200, companies=20) as simulator:
        world = World(Path(place), simulator)
        os.environ["HUBSPOKE_ACCESS_TOKEN"] = simulator.token
        for size in SIZES:
            for theme in THEMES:
                asyncio.run(take(world, folder, size, theme, places or sorted(every_screen())))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
