"""Writes the pictures of the documentation: python -m tests.support.screenshots [FOLDER]

SVG files of the main screens on sample data, 100x30 in the dark theme and one in each other theme.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from tests.screens.gallery import GALLERY, Picture
from tests.screens.sample_app import still_app
from tests.screens.test_gateway_pictures import STATES, opener

DOCS = Path(__file__).resolve().parents[2] / "docs" / "images"
SIZE = (100, 30)
NAMES = (
    "home",
    "setup",
    "plan",
    "entry",
    "approve",
    "run",
    "report",
    "history",
    "browse",
    "record",
    "connector",
    "mapping",
)
OTHER_THEMES = {"home-light": "hubspoke-light", "home-contrast": "hubspoke-contrast"}
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Fonts on another host: a picture in the documentation asks nobody for anything."""


async def take(picture: Picture, theme: str = "") -> str:
    """The SVG of one screen."""
    with tempfile.TemporaryDirectory() as folder:
        app = still_app(Path(folder), theme)
        async with app.run_test(size=SIZE) as pilot:
            screen = picture.screen()
            if screen is not None:
                await app.push_screen(screen)
            await pilot.pause(0.1)
            await pilot.press(*picture.keys)
            await app.workers.wait_for_complete()
            await pilot.pause(0.2)
            return FONT_FACES.sub("", app.export_screenshot(title="hubspoke"))


async def take_gateway() -> str:
    """The SVG of a gateway that serves."""
    state = STATES["serving"]
    with tempfile.TemporaryDirectory() as folder, patch("console.gateway.status.read", lambda _: state[0]):
        app = still_app(Path(folder))
        async with app.run_test(size=SIZE) as pilot:
            await opener(Path(folder), state)(pilot)
            return FONT_FACES.sub("", app.export_screenshot(title="hubspoke"))


async def write(folder: Path) -> list[Path]:
    """All pictures; returns their files."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {picture.name: picture for picture in GALLERY}
    wanted = [(name, found[name], "") for name in NAMES]
    wanted += [(name, found["home"], theme) for name, theme in OTHER_THEMES.items()]
    made = []
    for name, picture, theme in wanted:
        path = folder / f"{name}.svg"
        path.write_text(await take(picture, theme), encoding="utf-8")
        made.append(path)
    path = folder / "gateway.svg"
    path.write_text(await take_gateway(), encoding="utf-8")
    return [*made, path]


if __name__ == "__main__":
    os.environ |= {"TZ": "UTC", "COLORTERM": "truecolor"}
    time.tzset()
    for file in asyncio.run(write(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)):
        print(file)
