"""An operator's ways through the console with keys alone, on the real services and a simulator."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.journal.model import RunState
from console.settings.paths import Paths
from screens.app import HubspokeApp
from screens.widgets.panel import Line
from screens.widgets.record_table import RecordTable
from tests.screens import samples
from tests.screens.looking import sees, shown, types, until
from tests.screens.sample_app import still_app
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator

PASSPHRASE = "correct horse battery"
PEOPLE = [
    (f"E{number:03d}", f"p{number:03d}@acme.example", f"Given{number}", f"Family{number}") for number in range(60)
]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=5, companies=3, seed=7) as made:
        yield made


async def test_from_nothing_to_a_finished_run_and_back_again(simulator: Simulator, tmp_path: Path) -> None:
    place = Workplace(tmp_path / "work", simulator, PEOPLE)
    paths = Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))
    app = HubspokeApp(paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 7: Account")
        await pilot.press("down", "enter")
        await sees(pilot, "2 of 7: Credentials")
        await types(pilot, "rehearsal")
        await pilot.press("enter")
        await types(pilot, simulator.url)
        await pilot.press("enter")
        await types(pilot, simulator.token)
        await sees(pilot, "vault file")
        await pilot.press("enter")
        for _ in range(2):
            await until(pilot, lambda: type(app.screen).__name__ == "Ask", "no passphrase was asked")
            await types(pilot, PASSPHRASE)
            asked = app.screen
            await pilot.press("enter")
            await until(pilot, lambda asked=asked: app.screen is not asked, "the dialog stayed")  # type: ignore[misc]
        await sees(pilot, "3 of 7: Options")
        await pilot.press("ctrl+n")
        await sees(pilot, "Everything works")
        await pilot.press("enter")
        await sees(pilot, "5 of 7: Source")
        await types(pilot, str(place.people))
        await pilot.press("enter")
        await sees(pilot, "It can be read")
        assert "given_name" in shown(app)
        await pilot.press("enter")
        await sees(pilot, "No problems. Enter goes on.")
        await pilot.press("ctrl+n")
        await sees(pilot, "Enter opens the plan for review")
        await pilot.press("enter")
        await sees(pilot, "Before you say go")
        await sees(pilot, "create 60")
        await pilot.press("a")
        await sees(pilot, "Type yes")
        await types(pilot, "no")
        await pilot.press("enter")
        await sees(pilot, "Type yes to approve.")
        await types(pilot, "yes")
        await pilot.press("enter")
        await sees(pilot, "✓ done", 40)
        await sees(pilot, "60 of 60")
        await pilot.press("h")
        await sees(pilot, "Runs 1")
        assert app.troubles == []
    emails = simulator.by_email()
    assert {mail for _, mail, _, _ in PEOPLE} <= set(emails)
    assert stat.S_IMODE(paths.vault_file.stat().st_mode) == 0o600
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert simulator.token.encode() not in everything
    assert PASSPHRASE.encode() not in everything
    await a_new_console_asks_the_passphrase_and_finds_the_run(paths)


async def a_new_console_asks_the_passphrase_and_finds_the_run(paths: Paths) -> None:
    app = HubspokeApp(paths)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "60" in shown(app)
        await until(pilot, lambda: type(app.screen).__name__ == "Ask", "no passphrase was asked")
        await types(pilot, "wrong one")
        await pilot.press("enter")
        await sees(pilot, "✗")
        await types(pilot, PASSPHRASE)
        await pilot.press("enter")
        await sees(pilot, "✓ connected")
        await pilot.press("r")
        await sees(pilot, "60 of 60")
        assert app.troubles == []


async def test_a_wrong_token_names_the_stage_and_what_to_do(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Workplace(tmp_path, simulator, PEOPLE)
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", "pat-na1-not-this-one")
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(100, 30)) as pilot:
        await sees(pilot, "✗")
        await pilot.press("t")
        await sees(pilot, "✗ Credentials")
        await sees(pilot, "not open yet")
        assert "→" in shown(app)
        assert app.troubles == []


async def test_typing_waits_and_only_the_last_text_is_searched(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Workplace(tmp_path, simulator, PEOPLE)
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(120, 30)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("b")
        await sees(pilot, "contacts")
        before = simulator.state()["requests"]["total"]
        await pilot.press("slash", *"zz")
        await pilot.pause(0.1)
        await pilot.press(*"qx")
        await sees(pilot, "No contacts match.")
        searches = simulator.state()["requests"]["total"] - before - 1  # asking for the state counts, too
        assert searches <= 2, "every key was searched"
        await pilot.press("escape")
        await until(
            pilot, lambda: app.screen.query_one("#browse-table", RecordTable).rows.count() > 1, "not read again"
        )


async def test_a_guard_and_production_ask_for_exact_numbers(tmp_path: Path) -> None:
    from screens.screens.approve import ApproveScreen

    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(ApproveScreen(samples.PLAN))
        await pilot.pause()
        assert "PRODUCTION" in shown(app)
        assert "Acme Manufacturing" in shown(app)
        await types(pilot, "13")
        await pilot.press("enter")
        await types(pilot, "1500")
        await pilot.press("enter")
        await pilot.pause()
        assert "clears: type 14" in app.screen.query_one("#wrong", Line).shown.plain
        await pilot.press("shift+tab")
        await types(pilot, "14")
        await pilot.press("enter")
        await types(pilot, "1499")
        await pilot.press("enter")
        await pilot.pause()
        assert "Type 1500" in app.screen.query_one("#wrong", Line).shown.plain


async def test_a_run_is_paused_resumed_and_cancelled_by_keys_and_outlives_the_console(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [(f"M{n:04d}", f"m{n:04d}@acme.example", f"Given{n}", f"Family{n}") for n in range(2000)]
    place = Workplace(tmp_path, simulator, many, lanes=1)
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    try:
        app = HubspokeApp(place.paths)
        async with app.run_test(size=(100, 30)) as pilot:
            await sees(pilot, "✓ connected")
            await pilot.press("p")
            await sees(pilot, "people-to-contacts")
            await pilot.press("enter")
            await sees(pilot, "Before you say go", 40)
            await pilot.press("a")
            await sees(pilot, "Type yes")
            simulator.faults("slow=100%/0.3@batch/create")
            await types(pilot, "yes")
            await pilot.press("enter")
            await sees(pilot, "Pause", 30)
            await pilot.press("p")
            await sees(pilot, "‖ paused", 30)
            await pilot.press("r")
            await sees(pilot, "▶ running", 30)
        again = HubspokeApp(place.paths)
        async with again.run_test(size=(100, 30)) as pilot:
            await sees(pilot, "people-to-contacts", 2)
            await pilot.press("r")
            await sees(pilot, "of 2,000", 5)
            await until(pilot, lambda: _state(again) in (RunState.RUNNING, RunState.DONE), "not re-attached")
            if _state(again) is RunState.RUNNING:
                await pilot.press("x")
                await sees(pilot, "Cancel this run?")
                await pilot.press("y")
                await until(pilot, lambda: _state(again) in (RunState.CANCELLED, RunState.DONE), "not cancelled", 30)
            assert again.troubles == []
    finally:
        simulator.faults()


def _state(app: HubspokeApp) -> RunState | None:
    progress = getattr(app.screen, "progress", None)
    return progress.state if progress is not None else None
