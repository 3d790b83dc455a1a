"""Copying text out of the console, and saying which way it went."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from screens.app import HubspokeApp


def copy(app: HubspokeApp, text: str, what: str) -> None:
    """Hand a text to the clipboard beside the screens; `what` begins the sentence that says where it is."""
    app.beside(partial(_copy, app, text, what), group="copy")


async def _copy(app: HubspokeApp, text: str, what: str) -> None:
    from screens.terminal import clipboard

    write = clipboard.terminal_of(app)
    try:
        done = await asyncio.to_thread(clipboard.copy, text, write, os.environ, app.paths.copied)
    except Exception as error:  # noqa: BLE001 - a disk that is full is told in words, and ends nothing
        app.trouble(error)
    else:
        app.say(f"{what}: {done.words}.")
