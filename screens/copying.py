"""Copying out of the console: handed to the terminal beside the screens, and told which way it went."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from screens.literal import row

if TYPE_CHECKING:
    from screens.app import HubspokeApp

FILE = "copied.txt"
"""In the state folder: what no clipboard would take. The next copy of that kind replaces it."""


def copy(app: HubspokeApp, text: str, what: str) -> None:
    """Copy from a screen without a line for it: a notice that begins with `what` says where the text is now."""
    app.beside(partial(_noticed, app, text, what), group="copy")


async def copied(app: HubspokeApp, text: str, what: str) -> Content:
    """Copy a text; says in words where it is now. Raises OSError where it could not be put anywhere."""
    return row(("✓ ", "$success"), (f"{what} is {await _handed(app, text)}.", ""))


async def _noticed(app: HubspokeApp, text: str, what: str) -> None:
    try:
        done = await _handed(app, text)
    except Exception as error:  # noqa: BLE001 - a disk that is full is told in words, and ends nothing
        app.trouble(error)
    else:
        app.say(f"{what}: {done}.")


async def _handed(app: HubspokeApp, text: str) -> str:
    from screens.terminal import clipboard

    write, file = clipboard.terminal_of(app), app.paths.state / FILE
    return (await asyncio.to_thread(clipboard.copy, text, write, os.environ, file)).words
