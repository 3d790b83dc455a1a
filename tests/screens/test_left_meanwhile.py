"""What was to follow a frame does not follow where its widget is being taken down."""

from __future__ import annotations

from pathlib import Path

from screens.screens.connection import ConnectionScreen
from screens.widgets.stages import StageList
from tests.screens.sample_app import still_app


async def test_nothing_is_called_on_what_is_taken_down(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(ConnectionScreen())
        await pilot.pause()
        screen, stages = app.screen, app.screen.query_one(StageList)
        called: list[str] = []
        screen._callbacks.append((lambda: called.append("there"), stages))
        await screen._invoke_and_clear_callbacks()
        screen._callbacks.append((lambda: called.append("leaving"), stages))
        leaving = stages.remove()
        await screen._invoke_and_clear_callbacks()
        await leaving
        assert called == ["there"]
