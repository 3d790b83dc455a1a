"""The browse screen looks as agreed in every state, at both sizes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from screens.screens.browse import BrowseScreen
from tests.screens.browse_samples import Empty, Unreachable, Waiting, with_snapshot, with_views
from tests.screens.sample_app import StillApp, still_app
from tests.screens.sample_session import Ready
from tests.screens.sizes import sized


class State(NamedTuple):
    """How the screen comes to look so: what HubSpot answers, and keys."""

    keys: tuple[str, ...] = ()
    browse: type[Any] | None = None
    snapshot: bool = False
    views: bool = False
    waits: bool = False


STATES = {
    "loading": State(browse=Waiting, waits=True),
    "empty": State(browse=Empty),
    "no_match": State(("slash", *"nobody", "enter"), browse=Empty),
    "completing": State(("f", *'email sw "a" and c')),
    "mistaken": State(("f", *'email sw "a" and city xx "b" ')),
    "filtered": State(("f", *"city pr", "enter")),
    "selection": State(("down", "space", "space", "down", "shift+down")),
    "sorted": State(("right", "right", "right", "right", "s", "s")),
    "columns": State(("c", "down", "space", "slash", *"date", "enter")),
    "views": State(("v", "down"), views=True),
    "export": State(("space", "space", "e", "down")),
    "snapshot": State(("l", "enter", "end"), snapshot=True),
    "snapshot_filtered": State(("l", "enter", "slash", *"ada", "enter", "s"), snapshot=True),
    "snapshot_dialog": State(("l",), snapshot=True),
    "failed": State(browse=Unreachable),
}


def app_in(state: State, folder: Path) -> StillApp:
    app = still_app(folder)
    session: Any = app.session
    if state.browse is not None:
        session.browse = Ready(state.browse())
    if state.snapshot:
        with_snapshot(session, app.paths)
    if state.views:
        with_views(app.paths)
    return app


def opener(state: State) -> Callable[[Pilot[Any]], Any]:
    async def settle(pilot: Pilot[Any]) -> None:
        for _ in range(3):
            await pilot.pause(0.02)
            busy = [worker for worker in pilot.app.workers if worker.group not in ("snapshot", "columns", "views")]
            if busy and not state.waits:
                with suppress(WorkerCancelled):  # another question came
                    await pilot.app.workers.wait_for_complete(busy)
        await pilot.pause()

    async def run(pilot: Pilot[Any]) -> None:
        await pilot.app.push_screen(BrowseScreen())
        await settle(pilot)
        for key in state.keys:
            await pilot.press(key)
            if len(key) > 1 or len(pilot.app.screen_stack) > 2:
                await settle(pilot)
        await pilot.pause(0.35)  # typing pauses
        await settle(pilot)

    return run


@pytest.mark.parametrize(("name", "size"), sized(STATES))
def test_browse_looks_as_agreed(
    snap_compare: Callable[..., bool], name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    state = STATES[name]
    assert snap_compare(app_in(state, tmp_path), terminal_size=size, run_before=opener(state))
