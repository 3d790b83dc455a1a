"""A runner that was killed: Home, History and Run say so, and a key resumes the run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from console.glance import home_glance, newest_runs
from console.journal.model import RunState
from console.provisioning.lock import OwnerLock, holder
from screens.app import HubspokeApp
from tests.screens.furnished import PORTAL, furnished
from tests.screens.looking import sees, shown, types, until
from tests.screens.workplace import Workplace
from tests.support.simulator import start_simulator

PEOPLE = [(f"K{n:04d}", f"k{n:04d}@acme.example", f"Given{n}", f"Family{n}") for n in range(400)]


async def test_a_killed_runner_is_told_everywhere_and_resumed_by_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start_simulator() as simulator:
        place = Workplace(tmp_path, simulator, PEOPLE, lanes=1)
        monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
        app = HubspokeApp(place.paths)
        async with app.run_test(size=(100, 30)) as pilot:
            await sees(pilot, "✓ connected")
            await pilot.press("p")
            await sees(pilot, "people-to-contacts")
            await pilot.press("enter")
            await sees(pilot, "Before you say go", 40)
            await pilot.press("a")
            await sees(pilot, "Type yes")
            simulator.faults("slow=100%/1@batch/create")
            await types(pilot, "yes")
            await pilot.press("enter")
            await sees(pilot, "▶ running", 30)
            owner = holder(place.paths.locks, simulator.portal_id, "people-to-contacts")
            assert owner is not None
            os.kill(owner.pid, signal.SIGKILL)
            simulator.faults()
            await sees(pilot, "its runner is gone")
            await sees(pilot, "Press r to resume.")
            assert "Pause" not in shown(app)
            await pilot.press("h")
            await sees(pilot, "▲ interrupted")
            await pilot.press("f3")
            await sees(pilot, "was interrupted")
            await sees(pilot, "▲ interrupted")
            await until(pilot, lambda: app.active_runs == 0, "an interrupted run counts as under way")
        again = HubspokeApp(place.paths)
        async with again.run_test(size=(100, 30)) as pilot:
            assert "was interrupted" in shown(again), "the first frame does not say it"
            assert "r there resumes it" in shown(again)
            await sees(pilot, "✓ connected")
            await pilot.press("r")
            await sees(pilot, "Press r to resume.")
            await pilot.press("r")
            await sees(pilot, "✓ done", 40)
            await sees(pilot, "400 of 400")
            assert app.troubles + again.troubles == []
        contacts = [values["email"] for values in simulator.dump().values()]
        assert sorted(contacts) == sorted(mail for _, mail, _, _ in PEOPLE), "each person once"


def test_a_run_is_interrupted_only_while_nobody_holds_it(tmp_path: Path) -> None:
    paths, words = furnished(tmp_path, RunState.RUNNING)
    run_id = words[-1]
    with OwnerLock(paths.locks, PORTAL, "people-to-contacts", run_id):
        assert [run.interrupted for run in newest_runs(paths)] == [False]
        assert not any("interrupted" in sentence for sentence in home_glance(paths).attention)
    assert [run.interrupted for run in newest_runs(paths)] == [True]
    assert any(f"{run_id} of people-to-contacts was interrupted" in told for told in home_glance(paths).attention)
    with OwnerLock(paths.locks, PORTAL, "people-to-contacts", "r-another"):
        assert [run.interrupted for run in newest_runs(paths)] == [True]
