"""Fields: a long secret stays in its row; where each value is found in HubSpot is said at 80x24."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from screens.screens.approve import ApproveScreen
from screens.screens.dialogs import Ask
from screens.screens.setup.credentials import WHERE
from screens.screens.setup.screen import SetupScreen
from screens.widgets.panel import Line
from tests.screens import samples
from tests.screens.looking import shown, until
from tests.screens.sample_app import still_app

LONG = "pat-na1-" + "0123456789abcdef-" * 12
FIELDS = {
    "token": ("setup-name", "setup-base", "setup-token"),
    "oauth": ("setup-name", "setup-base", "setup-client", "setup-secret", "setup-redirect", "setup-refresh"),
}


async def test_a_long_secret_in_a_dialog_shows_as_dots_in_one_row(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(Ask("Store accessToken", "A service key.", label="paste it here", secret=True))
        await pilot.pause()
        field = app.screen.query_one(Input)
        field.value = LONG
        await pilot.pause()
        assert field.scrollable_content_region.height == 1
        assert "•" * 30 in shown(app)
        assert LONG[:12] not in shown(app)


@pytest.mark.parametrize("kind", FIELDS)
async def test_every_value_says_where_it_is_found_and_fits_80x24(tmp_path: Path, kind: str) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        setup = SetupScreen()
        await app.push_screen(setup)
        await pilot.pause()
        setup.state.kind = kind
        setup._show(1)
        for name in FIELDS[kind]:
            field = app.screen.query_one(f"#{name}", Input)
            await until(pilot, lambda field=field: field.has_focus, f"{name} has no focus")  # type: ignore[misc]
            field.value = LONG
            await pilot.pause()
            assert field.scrollable_content_region.height == 1
            told = " ".join(shown(app).replace("│", " ").replace("→", " ").split())
            for sentence in WHERE[name]:
                assert sentence in told
            assert "vault" in told
            complaint = app.screen.query(".step-wrong")[1]
            assert isinstance(complaint, Line)
            setup.step.complain("Still missing: accessToken.")
            await pilot.pause()
            assert "Still missing: accessToken." in shown(app)
            await pilot.press("tab")
    assert "crm.objects.contacts.read" in " ".join(WHERE["setup-token"])
    assert "crm.objects.contacts.read" in " ".join(WHERE["setup-client"])


async def test_what_is_to_be_typed_does_not_look_typed(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(ApproveScreen(samples.PLAN))
        await pilot.pause()
        fields = list(app.screen.query(Input))
        assert len(fields) == 2
        assert all(field.placeholder.startswith("type ") for field in fields)
