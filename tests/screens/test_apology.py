"""A mistake of our own: an apology with a reference, a log without values, and a console that goes on."""

from __future__ import annotations

import re
import stat
from collections.abc import Generator
from pathlib import Path

from console.hubspot.errors import GrantDead
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from screens import live
from screens.apology import apology, expected
from screens.app import HubspokeApp
from screens.screens.help import HelpScreen
from tests.screens import samples
from tests.screens.looking import shown
from tests.screens.sample_app import still_app


def fail() -> None:
    secret = "pat-na1-very-secret"
    raise KeyError(f"someone@example.com {secret}")


def test_the_log_holds_frames_and_no_values(tmp_path: Path) -> None:
    log = tmp_path / "state" / "hubspoke.log"
    try:
        fail()
    except KeyError as error:
        told = apology(error, log)
    text = log.read_text()
    assert told.reference in text
    assert told.reference in told.text
    assert "in fail" in text
    assert "KeyError" in text
    assert "someone@example.com" not in text + told.text
    assert "very-secret" not in text + told.text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_does_not_hide_the_apology(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = apology(ValueError("x"), tmp_path / "file" / "hubspoke.log")
    assert told.reference
    assert "Details are in" not in told.text


def test_errors_of_the_house_are_told_in_their_own_words() -> None:
    told = expected(SettingsError("No such key.", "Try another."))
    assert told is not None
    assert told.text == "No such key.\nTry another."
    grant = expected(GrantDead("revoked"))
    assert grant is not None
    assert "Connect again" in grant.remedy
    assert expected(ValueError("x")) is None


async def test_an_unforeseen_error_at_the_account_is_an_apology_with_a_reference(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.session.account = Broken()  # type: ignore[union-attr, assignment]
        await live._read_account(app, app.session)  # type: ignore[arg-type]
        await pilot.pause()
        seen = shown(app)
        (error,) = app.troubles
        (notice,) = app._notifications
    (reference,) = set(re.findall(r"our mistake: ([2-9a-z]{6})", seen))
    assert f"Reference {reference}" in notice.message
    assert "RuntimeError" in (log := app.paths.log.read_text())
    assert reference in log
    assert "very-secret" in str(error)
    assert "very-secret" not in log + seen


class Broken:
    """An account whose reading is a mistake of ours."""

    def __await__(self) -> Generator[None, None, None]:
        yield
        raise RuntimeError("very-secret")


async def test_handlers_keys_timers_and_workers_that_fail_leave_the_console_running(tmp_path: Path) -> None:
    app = HubspokeApp(Paths.resolve(str(tmp_path / "c"), str(tmp_path / "s")), glance=samples.GLANCE)

    async def broken() -> None:
        fail()

    async with app.run_test() as pilot:
        await pilot.pause(0.1)
        app.workers.cancel_all()
        app.troubles.clear()
        app.screen.do_history = fail  # type: ignore[attr-defined]
        await pilot.press("h")
        app.screen.set_timer(0.01, fail)
        app.screen.call_later(fail)
        app.screen.work(broken)  # type: ignore[attr-defined]
        await pilot.pause(0.3)
        assert [type(error) for error in app.troubles] == [KeyError] * 4
        await pilot.press("question_mark")
        await pilot.pause()
        assert app.screen.query_one("TopBar")
        assert type(app.screen).__name__ == "HelpScreen"
    assert (tmp_path / "s" / "hubspoke.log").read_text().count("KeyError") == 4


async def test_work_that_comes_back_to_a_screen_that_was_left_is_no_mistake(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = HelpScreen()
        await app.push_screen(screen)
        await pilot.pause()

        async def late() -> None:
            screen.query_one("#gone")

        await screen._guarded(late, None)
        assert len(app.troubles) == 1, "a screen that is there must have its parts"
        await app.pop_screen()
        await pilot.pause()
        await screen._guarded(late, None)
        assert len(app.troubles) == 1
