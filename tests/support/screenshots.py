"""A program: opens the console on an operator's folders and takes an SVG picture of each screen into a folder.

python screenshots.py CONFIG STATE FOLDER
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path

from console.settings.paths import Paths
from screens.app import HubspokeApp

SCREENS = {
    "home": ("", "Last runs"),
    "connector": ("c", "httpProxyUser"),
    "credentials": ("k", "✓ set"),
    "test": ("t", r"(?s)Read companies.*(works|open yet)"),
    "history": ("h", "people-to-contacts"),
    "contacts": ("b", "person"),
    "palette": ("ctrl+p", "Doctor"),
}
"""Key, and what is there to be seen once the screen has what it shows."""


async def take(paths: Paths, folder: Path) -> None:
    """One picture after the other, from Home and back."""
    app = HubspokeApp(paths)
    async with app.run_test(size=(120, 40)) as pilot:
        for name, (key, shown) in SCREENS.items():
            if key:
                await pilot.press(key)
            end = time.monotonic() + 8
            while not re.search(shown, text_of(picture := app.export_screenshot())) and time.monotonic() < end:
                await pilot.pause(0.1)
            (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
            assert re.search(shown, text_of(picture)), f"{name} does not show {shown}:\n{text_of(picture)}"
            if key:
                await pilot.press("escape")
                await pilot.pause()


def text_of(picture: str) -> str:
    """The words of an SVG picture, line by line."""
    return "\n".join(re.findall(r">([^<>]+)</text>", picture)).replace("&#160;", " ")


if __name__ == "__main__":
    asyncio.run(take(Paths(Path(sys.argv[1]), Path(sys.argv[2])), Path(sys.argv[3])))
