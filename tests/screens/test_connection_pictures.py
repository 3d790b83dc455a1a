"""Setup, Home, Connector, Test, Log, bundle, Doctor, Profiles, Credentials and Help, in each of their states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console.settings.paths import Paths
from console.settings.vault import MemoryVault
from tests.screens.sample_app import still_app
from tests.screens.scenes import SCENES
from tests.screens.sizes import sized


@pytest.mark.parametrize(("name", "size"), sized(SCENES, ids=("small", "large")))
def test_it_looks_as_agreed(
    snap_compare: Callable[..., bool],
    name: str,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = SCENES[name]
    app = still_app(tmp_path, busy=False)
    app.budget_state = app.glance.budget
    monkeypatch.chdir(app.paths.mappings)

    async def vault(_: Paths) -> MemoryVault:
        return MemoryVault()

    monkeypatch.setattr("console.settings.chain.open_vault", vault)  # the same picture on every machine
    if scene.before is not None:
        scene.before(app)

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        if scene.act is not None:
            await scene.act(pilot)
        await pilot.pause()
        assert app.troubles == []

    assert snap_compare(app, terminal_size=size, run_before=act)
