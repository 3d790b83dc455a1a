"""The terminal goes away in the middle of a run: the console leaves, the run goes on, a new console finds it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.screens.workplace import Workplace
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal


@pytest.mark.timeout(90)
def test_a_lost_terminal_ends_the_console_and_not_the_run(tmp_path: Path) -> None:
    people = [(f"E{n:04d}", f"e{n:04d}@acme.example", f"Given{n}", f"Family{n}") for n in range(800)]
    with start_simulator(contacts=3) as simulator:
        place = Workplace(tmp_path, simulator, people, lanes=1)
        with Terminal(place.command, environment=place.environment, cwd=tmp_path) as terminal:
            terminal.wait("connected")
            terminal.press("p")
            terminal.wait("people-to-contacts")
            terminal.press("enter")
            terminal.wait("Before you say go", 30)
            terminal.press("a")
            terminal.wait("Type yes")
            simulator.settings(latency=0.8)
            terminal.press("yes", "enter")
            terminal.wait("▶ running", 30)
            began = time.monotonic()
            terminal.hang_up()
            while not terminal.ended() and time.monotonic() - began < 5:
                time.sleep(0.02)
            assert terminal.status is not None
            assert time.monotonic() - began < 1.5, "the console did not leave within a second"
        began = time.monotonic()
        with Terminal(place.command, environment=place.environment, cwd=tmp_path) as terminal:
            terminal.wait("▶ running")
            terminal.press("r")
            terminal.wait("of 800")
            assert time.monotonic() - began < 4, "the new console did not find the run soon"
            simulator.settings(latency=0)
            terminal.wait("✓ done", 30)
            terminal.wait("800 of 800")
        assert {mail for _, mail, _, _ in people} <= set(simulator.by_email())
