"""Copying on the screens of records: handed to the terminal beside the screen, and told which way it went, on the screen."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from textual.content import Content

from screens.literal import row

if TYPE_CHECKING:
    from screens.app import HubspokeApp

FILE = "copied.txt"
"""In the state folder: what no clipboard would take. The next copy of that kind replaces it."""


async def copied(console: HubspokeApp, text: str, what: str) -> Content:
    """Copy a text; says in words where it is now. Raises OSError where it could not be put anywhere."""
    from screens.terminal import clipboard

    write, file = clipboard.terminal_of(console), console.paths.state / FILE
    done = await asyncio.to_thread(clipboard.copy, text, write, os.environ, file)
    return row(("✓ ", "$success"), (f"{what} is {done.words}.", ""))
