"""The run side looks as it looked when somebody last agreed to how it looks: each state, at both sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens.gallery_run import GALLERY, RunPicture
from tests.screens.sample_app import StillApp, still_app
from tests.screens.sample_session import Ready, SamplePlans, SampleRuns
from tests.screens.sizes import sized
from tests.screens.test_pictures import settle


class NoRuns(SampleRuns):
    async def list(self, limit: int = 50) -> list[Any]:
        return []


class NoPlans(SamplePlans):
    async def list(self, limit: int = 50) -> list[Any]:
        return []


def app_for(picture: RunPicture, folder: Path, theme: str = "") -> StillApp:
    app = still_app(folder, theme, busy=not picture.empty)
    if picture.empty:
        session: Any = app.session
        session.runs, session.plans = Ready(NoRuns()), Ready(NoPlans())
        app.glance = app.glance._replace(runs=())
    return app


def opener(picture: RunPicture) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        await pilot.app.push_screen(picture.screen())
        await settle(pilot)
        if picture.keys:
            await pilot.press(*picture.keys)
            await settle(pilot)
        assert pilot.app.troubles == []  # type: ignore[attr-defined]

    return run


@pytest.mark.parametrize(("picture", "size"), sized(GALLERY, ids=("small", "large")))
def test_it_looks_as_agreed(
    snap_compare: Callable[..., bool], picture: RunPicture, size: tuple[int, int], tmp_path: Path
) -> None:
    assert snap_compare(app_for(picture, tmp_path), terminal_size=size, run_before=opener(picture))


@pytest.mark.parametrize("theme", ["hubspoke-light", "hubspoke-contrast"])
@pytest.mark.parametrize("name", ["run-troubled", "letters"])
def test_it_looks_as_agreed_in_other_themes(
    snap_compare: Callable[..., bool], name: str, theme: str, tmp_path: Path
) -> None:
    picture = next(picture for picture in GALLERY if picture.name == name)
    assert snap_compare(app_for(picture, tmp_path, theme), terminal_size=(80, 24), run_before=opener(picture))
