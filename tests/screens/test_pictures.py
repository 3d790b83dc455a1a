"""The main screens look as they looked when somebody last agreed to how they look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens.gallery import GALLERY, Picture
from tests.screens.sample_app import still_app


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until what the screen began is done and shown."""
    for _ in range(2):  # what a worker brought may begin another
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def opener(picture: Picture) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        screen = picture.screen()
        if screen is not None:
            await pilot.app.push_screen(screen)
        await settle(pilot)
        if picture.keys:
            await pilot.press(*picture.keys)
            await settle(pilot)
        assert pilot.app.troubles == []  # type: ignore[attr-defined]

    return run


@pytest.mark.parametrize("picture", GALLERY, ids=[picture.name for picture in GALLERY])
def test_it_looks_as_agreed(snap_compare: Callable[..., bool], picture: Picture, tmp_path: Path) -> None:
    assert snap_compare(still_app(tmp_path), terminal_size=(80, 24), run_before=opener(picture))


@pytest.mark.parametrize("name", [picture.name for picture in GALLERY])
def test_it_uses_the_room_of_a_big_terminal(snap_compare: Callable[..., bool], name: str, tmp_path: Path) -> None:
    picture = next(picture for picture in GALLERY if picture.name == name)
    assert snap_compare(still_app(tmp_path), terminal_size=(140, 40), run_before=opener(picture))


@pytest.mark.parametrize("theme", ["hubspoke-light", "hubspoke-contrast"])
@pytest.mark.parametrize("name", ["home", "plan", "run"])
def test_it_looks_as_agreed_in_other_themes(
    snap_compare: Callable[..., bool], theme: str, name: str, tmp_path: Path
) -> None:
    picture = next(picture for picture in GALLERY if picture.name == name)
    assert snap_compare(still_app(tmp_path, theme), terminal_size=(80, 24), run_before=opener(picture))
