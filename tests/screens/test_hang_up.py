"""The terminal goes away in the middle of a run: the console leaves, the run goes on, a new console finds it."""

from __future__ import annotations

import time
from pathlib import Path

from tests.screens.workplace import Workplace
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal
from tests.support.timing import within

PEOPLE = 2000


def test_a_lost_terminal_ends_the_console_and_not_the_run(tmp_path: Path) -> None:
    people = [(f"E{n:04d}", f"e{n:04d}@acme.example", f"Given{n}", f"Family{n}") for n in range(PEOPLE)]
    with start_simulator(contacts=3) as simulator:
        place = Workplace(tmp_path, simulator, people, lanes=1)

        def console() -> Terminal:
            return Terminal(place.command, environment=place.environment, cwd=tmp_path)

        def lose(terminal: Terminal) -> float:
            began = time.monotonic()
            terminal.hang_up()
            while not terminal.ended():
                assert time.monotonic() - began < 20, "the console did not leave"
                time.sleep(0.02)
            return time.monotonic() - began

        def lose_the_line() -> float:
            with console() as terminal:
                terminal.wait("▶ running")
                return lose(terminal)

        def find_the_run() -> float:
            began = time.monotonic()
            with console() as terminal:
                terminal.wait("▶ running")
                terminal.press("r")
                terminal.wait("of 2,000")
                return time.monotonic() - began

        with console() as terminal:
            terminal.wait("connected")
            terminal.press("p")
            terminal.wait("people-to-contacts")
            terminal.press("enter")
            terminal.wait("Before you say go", 40)
            terminal.press("a")
            terminal.wait("Type yes")
            simulator.faults("slow=100%/1.2@batch/create")  # the run is still under way when all has been looked at
            terminal.press("yes", "enter")
            terminal.wait("▶ running", 30)
            left = [lose(terminal)]
        within(1.5, lambda: left.pop() if left else lose_the_line())
        within(2.0, find_the_run)
        with console() as terminal:
            terminal.wait("▶ running")
            terminal.press("r")
            simulator.faults()
            terminal.wait("✓ done", 60)
            terminal.wait("2,000 of 2,000")
        assert {mail for _, mail, _, _ in people} <= set(simulator.by_email())
