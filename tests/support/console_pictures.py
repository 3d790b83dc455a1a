"""A program: opens the console on an operator's folders and takes an SVG picture of each screen into a folder.

python console_pictures.py CONFIG STATE FOLDER
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
    "home": "✓ connected",
    "credentials": "✓ set",
    "test": r"(?s)Read companies.*(works|open yet)",
}
"""The action that opens the screen, and what is there to be seen once it has what it shows."""
PATIENCE = 8.0


async def take(paths: Paths, folder: Path) -> None:
    """One picture after the other, from Home and back."""
    app = HubspokeApp(paths)
    async with app.run_test(size=(120, 40)) as pilot:
        for name, shown in SCREENS.items():
            await app.action_perform(name)
            end = time.monotonic() + PATIENCE
            while not re.search(shown, words_of(picture := app.export_screenshot())):
                assert time.monotonic() < end, f"{name} does not show {shown}:\n{words_of(picture)}"
                await pilot.pause(0.1)
            (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
            await app.action_perform("home")
            await pilot.pause()


def words_of(picture: str) -> str:
    """The words of an SVG picture, piece by piece."""
    return "\n".join(re.findall(r">([^<>]+)</text>", picture)).replace("&#160;", " ")


if __name__ == "__main__":
    asyncio.run(take(Paths(Path(sys.argv[1]), Path(sys.argv[2])), Path(sys.argv[3])))
