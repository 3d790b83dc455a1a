"""The shared file, with real processes, a real clock and a server that counts at arrival."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.hubspot.budget.glance import read_budget
from tests.support.simulator import Simulator, start_simulator

LIMIT, WINDOW = 20, 1.0
SECONDS = 5.0
LATENCY = 0.03
PARENT = Path(__file__).parents[2]


@pytest.fixture
def crm() -> Iterator[Simulator]:
    with start_simulator(contacts=3, burst=f"{LIMIT}/{WINDOW:g}", latency=int(LATENCY * 1000)) as simulator:
        yield simulator


def _start(crm: Simulator, file: Path, seconds: float, workers: int = 8) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.budget.worker", crm.url, crm.token, str(file), str(seconds), str(workers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PARENT)


def _ended(process: subprocess.Popen[str]) -> tuple[int, int]:
    out, _ = process.communicate(timeout=40)
    assert process.returncode == 0
    accepted, refused = map(int, out.split())
    return accepted, refused


def test_one_process(crm: Simulator, tmp_path: Path) -> None:
    accepted, refused = _ended(_start(crm, tmp_path / "budget.sqlite", SECONDS))
    assert refused == 0
    assert crm.state()["rateLimited"] == 0
    assert accepted >= 0.9 * LIMIT * SECONDS / (WINDOW + LATENCY)


def test_two_processes(crm: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "budget.sqlite"
    results = [_ended(process) for process in [_start(crm, file, SECONDS) for _ in range(2)]]
    assert crm.state()["rateLimited"] == 0
    assert sum(refused for _, refused in results) == 0
    assert sum(accepted for accepted, _ in results) >= 0.9 * LIMIT * SECONDS / (WINDOW + LATENCY)
    assert min(accepted for accepted, _ in results) > 0


def test_one_of_two_is_killed(crm: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "budget.sqlite"
    first, second = (_start(crm, file, SECONDS, workers=4) for _ in range(2))
    time.sleep(2)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    accepted, refused = _ended(second)
    assert refused == 0
    assert crm.state()["rateLimited"] == 0
    # what the dead one held at most comes back later; the rest goes on at its pace
    assert accepted >= LIMIT
    state = read_budget(file, app="app", portal=1)
    assert state is not None
    window = state.window("burst")
    assert window is not None
    assert window.limit == LIMIT


def test_a_reader_sees_the_last_state_within_milliseconds(crm: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "budget.sqlite"
    _ended(_start(crm, file, 0.5))
    took = []
    for _ in range(20):
        began = time.perf_counter()
        state = read_budget(file, app="app", portal=1)
        took.append(time.perf_counter() - began)
        assert state is not None
        assert state.daily_used > 0
    assert sorted(took)[10] < 0.005
