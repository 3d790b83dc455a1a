"""Every screen over records that try to do something to the terminal: nothing of theirs reaches it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.simulator.hostile import VALUES
from tests.screens.workplace import Workplace
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal

OURS = re.compile(
    rb"\x1b\[[0-9;:]*m"  # colours
    rb"|\x1b\[[0-9]+;[0-9]+H"  # placing text
    rb"|\x1b\[\?(?:25|1049|1000|1003|1004|1006|1015|1016|2004|2026|2048|7)[hl]"  # modes of the driver
    rb"|\x1b\[\?(?:2026|2048)\$p"  # questions of the driver
    rb"|\x1b\]22;[a-z-]+\x07"  # the shape of the pointer over a field
    rb"|\x1b\[>[0-9]+u|\x1b\[<u|\x1b\[6n"
)
HOME = "\x1bOR"
"""F3."""
UNSAFE = {"Cc", "Cf", "Zl", "Zp", "Cs"}


def foreign(raw: bytes) -> list[str]:
    """What acts on a terminal and is not the console's own."""
    text = OURS.sub(b"", raw).decode("utf-8", "replace")
    return sorted(
        {repr(character) for character in text if unicodedata.category(character) in UNSAFE} - {"'\\n'", "'\\r'"}
    )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    people = [
        (f"E{number:03d}", f"hostile-{number:02d}@hostile.example", value[:60], value[:2000])
        for number, value in enumerate(VALUES)
    ]
    people += [
        ("E100", "new@hostile.example", VALUES[0], VALUES[5]),
        ("E101\x1b[2J", "not an address \x9b31m", "x", "y"),
    ]
    with start_simulator(contacts=3, companies=3, hostile=True) as simulator:
        yield Workplace(tmp_path, simulator, people)


@pytest.mark.timeout(120)
def test_no_foreign_sequence_reaches_the_terminal_and_no_action_fires(place: Workplace) -> None:
    with Terminal(place.command, columns=120, rows=40, environment=place.environment, cwd=place.folder) as terminal:
        terminal.wait("connected")
        walk_contacts(terminal)
        walk_companies(terminal)
        walk_provisioning(terminal)
        walk_others(terminal)
        assert foreign(bytes(terminal.raw)) == []
        assert "mistake of Hubspoke" not in terminal.text
        terminal.press("q")
        assert terminal.wait_end() == 0
    log = place.paths.log
    assert not log.exists() or "Error" not in log.read_text()


def back(terminal: Terminal) -> None:
    """Escape alone: a key right after it would make it an Alt."""
    terminal.press("escape")
    terminal.read(0.25)


def walk_contacts(terminal: Terminal) -> None:
    terminal.press("b")
    terminal.wait("hostile-00@hostile.example")
    terminal.press("/")
    for letter in "hostile":
        terminal.press(letter)
    terminal.wait(r"\d+ contacts")
    terminal.press("enter")
    for _ in VALUES:
        terminal.press("down")
    terminal.press("enter")
    terminal.wait("read just now")
    for _ in range(30):
        terminal.press("down")
    back(terminal)
    terminal.wait("Filter")
    terminal.press("f", 'email co "')
    terminal.wait("not closed")
    back(terminal)


def walk_companies(terminal: Terminal) -> None:
    terminal.press("2")
    terminal.wait("Domain")
    terminal.wait("Hostile 0")
    terminal.press("down", "down", "enter")
    terminal.wait("read just now")
    for _ in range(12):
        terminal.press("down")
    back(terminal)
    terminal.wait("Domain")
    back(terminal)
    terminal.wait("What now")


def walk_provisioning(terminal: Terminal) -> None:
    terminal.press("m")
    terminal.wait("No problems|Check")
    terminal.press("v")
    terminal.wait("employee_id")
    back(terminal)
    terminal.wait("Suggest new")
    back(terminal)
    terminal.wait("What now")
    terminal.press("p")
    terminal.wait("people-to-contacts")
    terminal.press("enter")
    terminal.wait("Before you say go")
    for _ in range(18):
        terminal.press("down")
    terminal.press("enter")
    terminal.wait("Entry \\d+")
    back(terminal)
    terminal.wait("Before you say go")
    terminal.press("a")
    terminal.wait("Type yes")
    terminal.press("yes", "enter")
    terminal.wait("Outcomes", 30)
    terminal.wait("done|failed")
    terminal.press("v")
    terminal.wait("Records that need attention|Failures|Undo")
    terminal.press(HOME)
    terminal.wait("What now")


def walk_others(terminal: Terminal) -> None:
    for key, shown in (
        ("h", "Runs"), ("t", "Everything works|It works|not open"), ("v", "accessToken"), ("c", "displayName"),
        ("w", "walk"), ("d", "terminal"), ("l", "Plans"), ("s", "1 of 7"), ("?", "Go to"),
    ):  # fmt: skip
        terminal.press(key)
        terminal.wait(shown)
        back(terminal)
        terminal.wait("What now")
    terminal.press("ctrl+p")
    terminal.wait("Search for commands")
    back(terminal)
    terminal.wait("What now")
