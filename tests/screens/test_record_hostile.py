"""The screens of one record over a record that tries to do something to the terminal: nothing of it gets there."""

from __future__ import annotations

from pathlib import Path

from tests.screens.foreign import foreign
from tests.screens.workplace import Workplace
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal

HOME = "\x1bOR"
KEYS = "esc.*Back"
"""The line of keys is only to be read where no dialog is above."""


def test_nothing_foreign_reaches_the_terminal(tmp_path: Path) -> None:
    with start_simulator(contacts=3, companies=3, hostile=True) as hubspot:
        place = Workplace(tmp_path, hubspot, [])
        uids = [uid for uid, values in hubspot.dump().items() if values.get("email", "").startswith("hostile")]
        environment = {**place.environment, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
        with Terminal(place.command, columns=120, rows=40, environment=environment, cwd=tmp_path) as terminal:
            terminal.wait("connected")
            terminal.press("b")
            terminal.wait("hostile")
            terminal.press("down", "down", "down", "enter")
            walk(terminal, uids[1])
            terminal.press(HOME)
            terminal.wait("What now")
            terminal.press("q")
            assert terminal.wait_end() == 0
            assert foreign(bytes(terminal.raw)) == []


def walk(terminal: Terminal, other: str) -> None:
    """Every screen and dialog of one record."""
    terminal.wait("blank hidden")
    for key, said in (("h", "values?;"), ("a", "associated"), ("S", "account's own properties"), ("n", "needed")):
        terminal.press(key)
        terminal.wait(said)
        terminal.press("escape")
        terminal.wait("blank hidden")
    terminal.press("down", "enter")
    terminal.wait("Edit ")
    terminal.press("z", "enter")
    terminal.wait("write it")
    terminal.press("escape")
    terminal.wait("go on")
    terminal.press("escape")
    terminal.wait(KEYS)
    for key, said in (("y", "clipboard|blank"), ("Y", "JSON is sent"), ("o", "address is sent")):
        terminal.press(key)
        terminal.wait(said)
    for key, said in (("x", "recycle bin"), ("X", "Nothing undoes that")):
        terminal.press(key)
        terminal.wait(said)
        terminal.press("escape")
        terminal.wait(KEYS)
    terminal.press("m")
    terminal.wait("Merge which one")
    terminal.press(other, "enter")
    terminal.wait("stays|itself")
    terminal.press("escape")
    terminal.wait(KEYS)
