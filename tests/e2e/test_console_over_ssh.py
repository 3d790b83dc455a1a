"""The real console over a real sshd, inside tmux: set up, browse, plan, run, lose the line in the midst, come back, undo."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from console.settings import preferences
from console.settings.paths import Paths
from tests.screens.workplace import MAPPING
from tests.support.operator import HUBSPOKE, Operator
from tests.support.simulator import Simulator, start_simulator
from tests.support.ssh import start_sshd
from tests.support.tmux import Tmux

PEOPLE = 400
EMPTY = ("C-e", "C-u")
"""To the end of a field and delete what is before."""


class Desk:
    """An operator's terminal: tmux here, ssh in it, the console at the far end."""

    def __init__(self, folder: Path, login: list[str], paths: Paths) -> None:
        self.folder = folder
        command = [*HUBSPOKE, "--config", str(paths.config), "--state", str(paths.state)]
        self.line = [*login, f"cd {shlex.quote(str(folder))} && exec {shlex.join(command)}"]
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TERM": "tmux-256color"}

    @contextmanager
    def window(self, name: str) -> Iterator[Tmux]:
        """A tmux server of its own; leaving it drops the line."""
        room = self.folder / name
        room.mkdir()
        with Tmux(room, self.line, columns=80, rows=24, environment=self.environment) as window:
            yield window


def test_set_up_plan_and_browse_with_keys_alone(tmp_path: Path) -> None:
    paths = Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))
    preferences.change(paths, vault="memory")
    people(tmp_path)
    with start_simulator(contacts=40) as hubspot:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        with start_sshd(tmp_path, environment | {"HUBSPOKE_ACCESS_TOKEN": hubspot.token}) as login:
            with Desk(tmp_path, login, paths).window("first") as window:
                set_up(window, hubspot)
                browse_and_return(window)
                window.press("q")
                assert window.ended()
            assert not hubspot_people(hubspot.by_email), "only looked at so far"


def test_run_lose_the_line_come_back_and_undo(tmp_path: Path) -> None:
    with start_simulator(contacts=40) as hubspot:
        operator = Operator(tmp_path, hubspot.url, hubspot.token)
        mapping = operator.config / "mappings" / "people-to-contacts.toml"
        mapping.parent.mkdir(parents=True, exist_ok=True)
        mapping.write_text(MAPPING.format(source=people(tmp_path)))
        operator.run("plan", "people-to-contacts")
        with start_sshd(tmp_path, operator.environment) as login:
            desk = Desk(tmp_path, login, Paths(operator.config, operator.state))
            with desk.window("first") as window:
                start_run(window, hubspot)
                run_id = lose_the_line(window)
            with desk.window("second") as window:
                come_back(window, run_id, hubspot)
                assert len(hubspot_people(hubspot.by_email)) == PEOPLE
                undo(window)
                assert not hubspot_people(hubspot.by_email)


def people(folder: Path) -> Path:
    """A file of people."""
    rows = [f"E{n:04d},e{n:04d}@acme.example,Given{n},Family{n}" for n in range(PEOPLE)]
    file = folder / "people.csv"
    file.write_text("\n".join(("employee_id,mail,given_name,family_name", *rows)) + "\n")
    return file


def hubspot_people(by_email: Callable[[], Mapping[str, object]]) -> set[str]:
    """Those of the file that HubSpot has."""
    return {f"e{n:04d}@acme.example" for n in range(PEOPLE)} & set(by_email())


def set_up(window: Tmux, hubspot: Simulator) -> None:
    """The seven steps, with a service key and a file, up to the plan."""
    window.wait("1 of 7")
    window.press("Down", "Enter")
    window.wait("2 of 7")
    window.wait("Your own short")  # what is said of the field that has the focus
    window.press("Enter")
    window.wait("or the simulator")
    window.press(*EMPTY)
    window.wait(r"API address +(│|✗)")
    window.press(hubspot.url)
    window.wait(hubspot.url)
    window.press("Enter")
    window.wait("Service keys")
    window.press(hubspot.token)
    window.wait(r"•{9,} *✓")
    step(window, "2 of 7", "3 of 7")
    step(window, "3 of 7", "4 of 7")
    window.wait("Everything works|It works")
    step(window, "4 of 7", "5 of 7")
    window.press("people.csv", "Enter")
    window.wait("can be read")
    step(window, "5 of 7", "6 of 7")
    window.wait("No problems")
    step(window, "6 of 7", "7 of 7")
    window.wait("Enter opens the plan", 40)
    window.press("Enter")
    window.wait(r"Plan p-\d{8}")


def step(window: Tmux, here: str, there: str) -> None:
    """On to the next step, by the key that the foot of the screen shows."""
    if here in window.text:
        window.press("C-n")
    window.wait(there)


def back(window: Tmux, until: str) -> None:
    """Escape, until a place is reached."""
    for _ in range(6):
        if re.search(until, window.text):
            return
        window.press("Escape")
        time.sleep(0.5)  # an escape and a letter at once are one key: alt
    window.wait(until)


def browse_and_return(window: Tmux) -> None:
    """Home, the contacts, one of them, and back to the plan by Home's list."""
    back(window, "q Quit")
    window.wait("✓ connected")
    window.press("b")
    window.wait("hubspoke  Contacts")
    window.wait("@")
    window.press("Down", "Down", "Enter")
    window.wait(r"hubspoke  Contact \d")
    back(window, "q Quit")


def start_run(window: Tmux, hubspot: Simulator) -> None:
    """Open the plan from the list, approve it, and see it write."""
    window.wait("✓ connected")
    window.press("l")
    window.wait(r"(?s)hubspoke  History.*p-\d{8}-\w+ .*planned")
    time.sleep(0.3)  # the list takes the keys when it stands
    window.press("Enter")
    window.wait("a Approve")
    window.wait(r"400")
    hubspot.faults("slow=100%/7@batch/create")
    approve(window)


def approve(window: Tmux) -> None:
    """Approve the plan on the screen: type yes, or the number where it is dangerous, as often as it is asked for."""
    window.press("a")
    text = window.wait("Type ")
    for _ in range(1 if "Type yes" in text else 2):
        window.press("yes" if "Type yes" in text else str(PEOPLE))
        time.sleep(0.3)
        window.press("Enter")
        time.sleep(0.3)
    window.wait(r"Run r-\d{8}", 30)


def lose_the_line(window: Tmux) -> str:
    """Kill the ssh client in the middle of the run; answers the run's id."""
    text = window.wait(r"(?s)▶ running.*of 400", 30)
    pane = window._tmux("display-message", "-p", "-t", "t", "#{pane_pid}").strip()
    subprocess.run(["kill", "-9", pane], check=True)
    assert window.ended(10)
    found = re.search(r"r-\d{8}-\w+", text)
    assert found is not None
    return found[0]


def come_back(window: Tmux, run_id: str, hubspot: Simulator) -> None:
    """A new login shows the run at once; watch it to its end."""
    window.wait(run_id, 20)
    assert "▶ running" in window.text
    window.press("r")
    window.wait(f"Run {run_id}")
    hubspot.faults()
    window.wait("✓ done +400 of 400", 50)


def undo(window: Tmux) -> None:
    """Take the run back: what it would do, the plan of it, the approval, the run."""
    window.press("u")
    window.wait("hubspoke  Undo")
    window.wait("Review", 40)
    window.press("Enter")
    window.wait(r"Plan p-\d{8}")
    window.wait("a Approve", 20)
    approve(window)
    window.wait("✓ done +400 of 400", 50)
