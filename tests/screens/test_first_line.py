"""The first line of a screen that was covered says what is true now, at its first frame."""

from __future__ import annotations

from pathlib import Path

from screens.screens.help import HelpScreen
from screens.standing import Standing
from tests.screens.looking import shown
from tests.screens.sample_app import still_app


async def test_a_screen_that_comes_back_names_the_portal_that_was_opened_meanwhile(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await app.push_screen(HelpScreen())
        await pilot.pause()
        app.standing = Standing("other", "Harbour Trading", 4242)
        app.pop_screen()
        await pilot.pause()
        assert "Harbour Trading" in shown(app).splitlines()[0]
