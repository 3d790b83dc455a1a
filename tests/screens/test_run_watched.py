"""Runs on a real simulator, watched and steered by keys alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.journal.model import RunState
from screens.app import HubspokeApp
from screens.widgets.record_table import RecordTable
from tests.screens.looking import sees, shown, types, until
from tests.screens.run_place import LONG, MAX_LENGTH, place
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def lasting() -> Iterator[Simulator]:
    with start_simulator() as made:
        yield made


@pytest.fixture
def simulator(lasting: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    lasting.reset()
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", lasting.token)
    yield lasting
    lasting.faults()
    lasting.rules()


def state(app: HubspokeApp) -> RunState | None:
    progress = getattr(app.screen, "progress", None)
    return progress.state if progress is not None else None


def told(app: HubspokeApp, text: str) -> bool:
    """Whether a notice says it; on the screen it may be wrapped."""
    return any(text in notice.message for notice in app._notifications)


async def test_failures_are_grouped_as_they_come_drilled_into_mended_and_retried(
    simulator: Simulator, tmp_path: Path
) -> None:
    here = place(tmp_path, simulator, 300, wrong=20)
    simulator.rules("", MAX_LENGTH)
    simulator.faults("slow=100%/0.3@batch/create")
    run_id = await here.approved()
    app = HubspokeApp(here.paths)
    async with app.run_test(size=(120, 34)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("r")
        await sees(pilot, f"Run {run_id}")
        await sees(pilot, "Press r to begin.")
        await pilot.press("r")
        await sees(pilot, "▶ running")
        await sees(pilot, "records/s")
        await sees(pilot, "lastname:")
        assert "→" in shown(app), "no advice beside the cause"
        await until(pilot, lambda: state(app) is RunState.DONE, "not done", 30)
        await sees(pilot, "15 did not end well.")
        await pilot.press("enter")
        await sees(pilot, "15 entries of run")
        await sees(pilot, LONG[:20])
        await pilot.press("escape", "d")
        await sees(pilot, "all 15")
        await pilot.press("x")
        await sees(pilot, "Discard entry 1?")
        await pilot.press("y")
        await sees(pilot, "all 14")
        await pilot.press("e")
        await sees(pilot, "✗ lastname")
        await types(pilot, "Short")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: type(app.screen).__name__ == "PlanScreen", "no plan of the mended value")
        await pilot.press("escape")
        await sees(pilot, "all 14")
        simulator.rules()
        simulator.faults()
        await pilot.press("t")
        await sees(pilot, "all 13", 20)
        await pilot.press("T")
        await sees(pilot, f"Run {run_id}")
        await until(pilot, lambda: state(app) is RunState.DONE, "not done after the retry", 20)
        await sees(pilot, "Everything that was approved is written.")
        assert app.troubles == []
    assert len(simulator.by_email()) == 299, "all but the one that was discarded"


async def test_the_first_ten_pause_the_run_and_a_key_goes_on(simulator: Simulator, tmp_path: Path) -> None:
    here = place(tmp_path, simulator, 60, letter="C")
    await here.finished(first=10)
    app = HubspokeApp(here.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("r")
        await sees(pilot, "The first ones: 10 done.")
        await sees(pilot, "Press r to go on with the rest.")
        assert len(simulator.dump()) == 10
        await pilot.press("r")
        await until(pilot, lambda: state(app) is RunState.DONE, "not done")
        assert app.troubles == []
    assert len(simulator.dump()) == 60


async def test_paused_resumed_left_come_back_to_and_cancelled_by_keys(simulator: Simulator, tmp_path: Path) -> None:
    here = place(tmp_path, simulator, 1500, letter="P")
    simulator.faults("slow=100%/0.4@batch/create")
    run_id = await here.approved()
    app = HubspokeApp(here.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("r")
        await sees(pilot, "Press r to begin.")
        await pilot.press("r")
        await sees(pilot, "▶ running")
        await pilot.press("p")
        await until(pilot, lambda: told(app, "Pausing: what is in flight is finished first"), "nothing said")
        await sees(pilot, "‖ paused")
        await sees(pilot, "Press r to resume.")
        assert not app.offers("run_pause"), "pause is offered though nothing runs"
        await pilot.press("r")
        await sees(pilot, "▶ running")
        await pilot.press("escape")
        await sees(pilot, "Last runs")
    again = HubspokeApp(here.paths)
    async with again.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("r")
        await sees(pilot, f"Run {run_id}", 3)
        await sees(pilot, "▶ running", 3)
        await sees(pilot, "peak", 3)
        await pilot.press("x")
        await sees(pilot, "Cancel this run?")
        await pilot.press("y")
        await until(pilot, lambda: state(again) is RunState.CANCELLED, "not cancelled")
        await sees(pilot, "were carried out and stay so")
        assert app.troubles + again.troubles == []
    assert 0 < len(simulator.dump()) < 1500


async def test_a_run_is_taken_back_by_keys(simulator: Simulator, tmp_path: Path) -> None:
    here = place(tmp_path, simulator, 40, letter="U")
    await here.finished()
    assert len(simulator.dump()) == 40
    app = HubspokeApp(here.paths)
    async with app.run_test(size=(100, 30)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("h")
        await sees(pilot, "✓ done")
        await pilot.press("u")
        await sees(pilot, "40  records that the run created are archived")
        assert len(simulator.dump()) == 40, "something was written before the approval"
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__ == "PlanScreen", "not at the plan")
        await until(pilot, lambda: app.offers("apply"), "the plan cannot be approved")
        await pilot.press("a")
        await until(pilot, lambda: type(app.screen).__name__ == "ApproveScreen", "no approval was asked")
        for _ in range(6):  # the guards' numbers, where they hold, then the word
            if type(app.screen).__name__ != "ApproveScreen":
                break
            number = (app.focused.id or "").startswith("accept") or "Type the number of writes" in shown(app)  # type: ignore[union-attr]
            await types(pilot, "40" if number else "yes")
            await pilot.press("enter")
            await pilot.pause(0.1)
        await sees(pilot, "takes back r-")
        await until(pilot, lambda: state(app) is RunState.DONE, "the undo did not end")
        assert app.troubles == []
    assert simulator.dump() == {}


async def test_history_finds_by_words_and_state_and_keeps_the_receipt(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path, simulator, 20, letter="H")
    run_id = await here.finished()
    monkeypatch.chdir(tmp_path)
    app = HubspokeApp(here.paths)
    async with app.run_test(size=(140, 40)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("h")
        await sees(pilot, "Runs 1")
        await pilot.press("slash", *"nobody")
        await sees(pilot, "Runs 0")
        await pilot.press("escape")
        await sees(pilot, "Runs 1")
        await pilot.press("f", "f")
        await sees(pilot, "running")
        await sees(pilot, "Runs 0")
        await pilot.press("escape")
        await sees(pilot, "Runs 1")
        await pilot.press("c")
        await sees(pilot, "plan hash")
        await sees(pilot, "approved it")
        await pilot.press("s")
        await sees(pilot, "Save the receipt")
        await pilot.press("enter")
        kept = tmp_path / f"receipt-{run_id}.txt"
        await until(pilot, kept.exists, "no file")
        await until(pilot, lambda: told(app, "readable by you alone"), "nothing said")
        assert kept.stat().st_mode & 0o777 == 0o600
        assert f"RECEIPT OF RUN {run_id}" in kept.read_text()
        await pilot.press("s")
        await sees(pilot, "Save the receipt")
        assert f"receipt-{run_id}-1.txt" in shown(app), "the name that is taken was offered again"
        await types(pilot, str(kept))
        await pilot.press("enter")
        await sees(pilot, "overwritten.")
        await pilot.press("escape", "escape", "y")
        await sees(pilot, "✓ Everything is as it was recorded.")
        await pilot.press("escape", "e")
        await sees(pilot, "Export the journal")
        await pilot.press("enter")
        exported = tmp_path / "journal.jsonl"
        await until(pilot, lambda: exported.exists() and exported.stat().st_size > 0, "nothing exported")
        assert exported.stat().st_mode & 0o777 == 0o600
        assert app.troubles == []


async def test_a_console_without_runs_says_what_to_do(simulator: Simulator, tmp_path: Path) -> None:
    here = place(tmp_path, simulator, 1)
    app = HubspokeApp(here.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "✓ connected")
        app.go("run_watch")
        await sees(pilot, "There is no run yet")
        await pilot.press("escape")
        app.go("dead_letters")
        await sees(pilot, "No dead letters")
        assert app.screen.query_one(RecordTable).rows.count() == 0
        assert app.troubles == []


async def test_a_journal_that_cannot_be_read_is_told_in_place_and_read_again_by_a_key(
    simulator: Simulator, tmp_path: Path
) -> None:
    here = place(tmp_path, simulator, 5, letter="J")
    run_id = await here.finished()
    app = HubspokeApp(here.paths)
    async with app.run_test(size=(100, 30)) as pilot:
        await sees(pilot, "✓ connected")
        assert app.session is not None
        journal = await app.session.journal
        with sqlite3.connect(journal.path) as other:
            other.execute("ALTER TABLE runs RENAME TO hidden")
        await pilot.press("h")
        await sees(pilot, "✗ It could not be read:")
        await sees(pilot, "Press ^r to read again.")
        with sqlite3.connect(journal.path) as other:
            other.execute("ALTER TABLE hidden RENAME TO runs")
        await pilot.press("ctrl+r")
        await sees(pilot, run_id)
        await sees(pilot, "Runs 1")
