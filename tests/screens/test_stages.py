"""The checklist of the connection's test says no more than was seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from console.connector.diagnose import STAGES, Stage
from console.hubspot.requestlog import RequestLog
from screens.screens.connection import ConnectionScreen
from screens.widgets.stages import StageList, Stages
from tests.screens.looking import shown
from tests.screens.sample_app import still_app

ALL = [Stage(name=name, title=title, state="pass", detail="seen", milliseconds=1.0) for name, title in STAGES.items()]


@pytest.mark.parametrize(
    ("seen", "verdict", "passed"), [(len(ALL), "✓ Everything works.", True), (4, "▲ The test ended early", False)]
)
async def test_everything_works_only_when_every_stage_was_seen(
    tmp_path: Path, seen: int, verdict: str, passed: bool
) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(ConnectionScreen())
        await app.workers.wait_for_complete()
        stages = app.screen.query_one(StageList)
        stages.stages, stages.running, stages.ended = ALL[:seen], False, True
        stages._show()
        await pilot.pause()
        assert verdict in shown(app)
        assert stages.passed is passed


async def test_a_test_that_crashes_on_the_way_is_no_success(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(ConnectionScreen())  # the sample session has no credentials to ask for
        await app.workers.wait_for_complete()
        await pilot.pause()
        stages = app.screen.query_one(StageList)
        assert stages.ended
        assert not stages.passed
        assert f"after 0 of {len(ALL)} stages" in shown(app)
        assert app.troubles


LONG = [
    Stage(name=name, title=title, state="pass", detail="seen " * 30, milliseconds=1.0) for name, title in STAGES.items()
]


@pytest.mark.parametrize("size", [(80, 24), (80, 14), (44, 14)])
async def test_a_stage_that_went_well_takes_one_row_whatever_the_room(tmp_path: Path, size: tuple[int, int]) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(140, 40)) as pilot:
        await app.push_screen(ConnectionScreen())
        await app.workers.wait_for_complete()
        stages = app.screen.query_one(StageList)
        stages.stages, stages.running, stages.ended = list(LONG), False, True
        stages._show()
        await pilot.pause()
        await pilot.resize_terminal(*size)
        await pilot.pause()
        await pilot.pause()
        assert stages.query_one("#stages").size.height == len(LONG)
        await pilot.resize_terminal(140, 40)
        await pilot.pause()
        await pilot.pause()
        assert shown(app).count("seen " * 15) >= len(LONG)


async def test_rows_leave_room_for_a_scrollbar_that_comes_with_the_last_of_them(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 14)) as pilot:
        await app.push_screen(ConnectionScreen())
        await app.workers.wait_for_complete()
        stages = app.screen.query_one(StageList)
        stages.stages, stages.running, stages.ended = LONG[:3], False, True
        stages._show()
        await pilot.pause()
        assert not stages.query_one(Stages).show_vertical_scrollbar
        stages.stages = list(LONG)
        stages._show()
        await pilot.pause()
        await pilot.pause()
        assert stages.query_one(Stages).show_vertical_scrollbar
        assert stages.query_one("#stages").size.height == len(LONG)


async def test_after_a_failure_the_failed_stage_stays_in_view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = Stage(
        name="tls",
        title="TLS",
        state="fail",
        detail="the certificate is nobody's " * 6,
        cause="somebody is between " * 6,
        advice="look at it " * 12,
    )
    rest = [Stage(name=name, title=title, state="skipped") for name, title in list(STAGES.items())[4:]]

    async def diagnose(*_: object, **__: object) -> AsyncIterator[Stage]:
        for stage in (*ALL[:3], tls, *rest):
            yield stage

    monkeypatch.setattr("console.connector.diagnose.diagnose", diagnose)
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(ConnectionScreen())
        await app.workers.wait_for_complete()
        some: Any = SimpleNamespace(profile=None, secrets=asyncio.sleep(0), budget=None, requests=RequestLog())
        await app.screen.query_one(StageList).test(some)
        await pilot.pause()
        await pilot.pause()
        assert "✗ TLS" in shown(app)
        assert "→ look at it" in shown(app)
        assert f"the {len(rest)} stages after it were not tried" in shown(app)
        assert "✗ The way to HubSpot is not open yet" in shown(app)
