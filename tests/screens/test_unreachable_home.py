"""Home, when HubSpot cannot be reached: the whole reason, and the key that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens.screens.home import HomeScreen
from tests.screens.looking import shown
from tests.screens.sample_app import still_app

REASON = "No certificate of localhost was accepted yet; it shows SHA-256 AA:BB."


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_reason_is_read_whole_and_names_the_key_of_the_test(tmp_path: Path, size: tuple[int, int]) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.opening_failed = REASON
        home = app.screen
        assert isinstance(home, HomeScreen)
        home.renew()
        await pilot.pause()
        told = " ".join(shown(app).replace("│", " ").split())
        assert REASON in told
        assert "t test the connection" in told
        app.opening_failed = ""
        home.renew()
        await pilot.pause()
        assert "test the connection" not in shown(app)
