"""Looking at a console that runs in the test's own process, and waiting for what it shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input


def shown(app: Any) -> str:
    """What a person sees now, line by line."""
    return "\n".join("".join(part.text for part in strip) for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[Any], holds: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait until something holds; AssertionError with the screen otherwise."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"{what}: {shown(pilot.app)}")


async def sees(pilot: Pilot[Any], text: str, seconds: float = 20) -> None:
    """Wait until a text is on the screen."""
    await until(pilot, lambda: text in shown(pilot.app), f"{text!r} did not appear", seconds)


async def types(pilot: Pilot[Any], text: str) -> None:
    """Fill the field that has the focus."""
    await until(pilot, lambda: isinstance(pilot.app.focused, Input), "no field has the focus")
    field = pilot.app.focused
    assert isinstance(field, Input)
    field.value = text
    await pilot.pause()
