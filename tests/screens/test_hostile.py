"""Every screen over records, a source and a server that try to do something to the terminal: nothing of theirs reaches it."""

from __future__ import annotations

import csv
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from console.simulator.hostile import VALUES
from tests.screens.foreign import foreign
from tests.screens.workplace import HEADINGS, MAPPING, Workplace
from tests.support.simulator import Simulator, start_simulator
from tests.support.terminal import Terminal

HOME, NEXT, EMPTY, UNDO, EDIT = "\x1bOR", "\x0e", "\x05\x15", "\x1a", "\x1b[17~"
"""F3; ^n; to the end of a field and delete all before; ^z; F6."""
ALL = "\x1b]52;c;ZXZpbA==\x07\x1b]8;;https://evil.example/\x07\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\x00[@click=app.quit]x[/b]"
LETTERS = "\u202egnp\u200b[@click=app.quit][/b]"
"""What gets past a terminal's own input and a CSV file's first line."""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=3, companies=3, hostile=True) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, simulator: Simulator) -> Workplace:
    simulator.reset()
    people = [
        (f"E{number:03d}", f"hostile-{number:02d}@hostile.example", value[:60], value[:2000])
        for number, value in enumerate(VALUES)
    ]
    people += [
        ("E100", "new@hostile.example", VALUES[0], VALUES[5]),
        ("E101\x1b[2J", "not an address \x9b31m", "x", "y"),
    ]
    return Workplace(tmp_path, simulator, people)


@contextmanager
def console(place: Workplace) -> Iterator[Terminal]:
    """The console in a terminal; at its end nothing foreign was sent, and nothing of ours was to be excused."""
    with Terminal(place.command, columns=120, rows=40, environment=place.environment, cwd=place.folder) as terminal:
        terminal.at("Home")
        yield terminal
        terminal.press(HOME)
        terminal.at("Home")
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert foreign(bytes(terminal.raw)) == []
    assert not place.paths.log.exists(), place.paths.log.read_text()


def retype(terminal: Terminal, text: str) -> None:
    """Other text in a field; the key that empties it climbs from widget to widget, and letters sent at once overtake it."""
    terminal.press(EMPTY)
    terminal.read(1.0)
    terminal.press(text)


def paste(terminal: Terminal, text: str) -> None:
    """As a terminal pastes."""
    terminal.press(f"\x1b[200~{text}\x1b[201~")


def test_records_and_places(place: Workplace) -> None:
    with console(place) as terminal:
        terminal.wait("✓ connected")
        walk_contacts(terminal)
        walk_companies(terminal)
        walk_others(terminal)


def walk_contacts(terminal: Terminal) -> None:
    terminal.press("b")
    terminal.at("Contacts")
    terminal.wait("hostile-00@hostile.exam")  # the columns cut it
    terminal.press("/")
    terminal.read(1.0)  # until the field has the focus
    for letter in "hostile":
        terminal.press(letter)
    terminal.wait(rf"{len(VALUES)} contacts")
    terminal.press("enter")
    for _ in VALUES:
        terminal.press("down")
    terminal.press("enter")
    terminal.wait("blank hidden")
    for _ in range(14):
        terminal.press("down")
    terminal.back("Contacts")
    terminal.press("f", 'email co "')
    terminal.wait("email co")
    paste(terminal, LETTERS)
    terminal.wait(re.escape("[@click=app.quit][/b]"))
    terminal.press("enter")
    terminal.wait("19 contacts|not closed")
    terminal.press("escape")
    terminal.wait("space Mark")


def walk_companies(terminal: Terminal) -> None:
    terminal.press("2")
    terminal.at("Companies")
    terminal.wait("Hostile 0")
    terminal.press("down", "down", "enter")
    terminal.wait("blank hidden")
    for _ in range(12):
        terminal.press("down")
    terminal.back("Companies")
    terminal.back("Home")


def walk_others(terminal: Terminal) -> None:
    for key, heading, shown in (
        ("h", "History", "Runs 0"), ("t", "Test connection", "Everything works|It works|not open"),
        ("v", "Credentials", "accessToken"), ("c", "Connector", "displayName"), ("w", "Profiles", "walk"),
        ("d", "", "terminal"), ("l", "History", "Plans 0"), ("?", "", "Go to"),
    ):  # fmt: skip
        terminal.press(key)
        terminal.at(heading)
        terminal.wait(shown)
        terminal.back("Home")
        terminal.wait("What now")
    terminal.press("ctrl+p")
    terminal.wait("Search for commands")
    terminal.press(HOME, "escape")
    terminal.at("Home")
    terminal.wait("What now")


def test_a_plan_its_run_its_report_and_history(place: Workplace) -> None:
    with console(place) as terminal:
        terminal.wait("✓ connected")
        terminal.press("p")
        terminal.at("New plan")
        terminal.wait("people-to-contacts")
        terminal.press("enter")
        terminal.at("Plan p-")
        terminal.wait("Before you say go")
        terminal.wait("hostile-00@hostile.example")
        for _ in range(18):
            terminal.press("down")
        terminal.press("enter")
        terminal.at("Before and after")
        terminal.back("Plan p-")
        terminal.press("a")
        terminal.at("Approve")
        terminal.wait("Type yes")
        terminal.press("yes", "enter")
        terminal.at("Run r-")
        terminal.wait("✓ done|✗ failed", 30)
        terminal.wait("needs decision")
        terminal.press("enter")
        terminal.at("Failures")
        terminal.press("enter")
        terminal.at("Before and after")
        terminal.back("Failures")
        terminal.back("Run r-")
        terminal.press("c")
        terminal.at("Receipt")
        terminal.wait("plan hash")
        terminal.back("Run r-")
        terminal.wait("u Undo")
        terminal.press("u")
        terminal.at("Undo")
        terminal.wait("a plan: nothing is written")
        terminal.back("Run r-")
        terminal.press("v")
        terminal.at("Report r-")
        terminal.wait("Records that need attention")
        terminal.wait(r"not an address \\x9b31m")
        terminal.back("Run r-")
        terminal.press("h")
        terminal.at("History")
        terminal.wait("Runs 1   2 Plans 2")
        terminal.press("2")
        terminal.wait("Plan  .*Made")
        terminal.press("1", "enter")
        terminal.at("Run r-")


def test_mappings_with_problems_and_notices(place: Workplace) -> None:
    (place.paths.mappings / "broken.toml").write_text(
        MAPPING.format(source=place.people).replace("people-to-contacts", "broken")
        + f"city = {json.dumps('source.x y ' + ALL)}\n{json.dumps(ALL)} = '1'\n",
        encoding="utf-8",
    )
    (place.paths.mappings / "control.toml").write_text(f"name = 'control' # {ALL}\n", encoding="utf-8")
    with console(place) as terminal:
        terminal.wait("✓ connected")
        terminal.press("m")
        terminal.at("Mapping")
        terminal.wait("✗ line")
        terminal.wait(r"\\x1b\]52;c;")
        terminal.press("v")
        terminal.at("Source")
        terminal.wait("employee_id  ")
        terminal.press("\t")
        terminal.wait("given_name")
        terminal.back("Mappings")
        terminal.press("enter")  # its rows, over the source's people
        terminal.wait("1 Properties")
        terminal.wait("person 1")
        terminal.press("2")
        terminal.wait("target phase")
        terminal.back("Mappings")
        terminal.press("down", "enter")  # no mapping at all: its text
        terminal.wait(r"control\.toml")
        terminal.wait(r"# .\]52;c;")
        terminal.back("Mappings")
        terminal.press("down")
        terminal.wait("✓ No problems")
        terminal.press("w")
        terminal.at("Person")
        paste(terminal, f"nobody {LETTERS}")
        terminal.press("enter")
        terminal.wait("✗ Nobody has the words")
        terminal.back("Mappings")
        terminal.press("n")
        terminal.wait("for which source")
        paste(terminal, f"gone {LETTERS}.csv")
        terminal.press("enter")
        terminal.wait("there is no file")
        terminal.wait(r"\\u202egnp")
        terminal.back("Mappings")
        terminal.press(HOME)
        terminal.at("Home")
        terminal.press("u")
        terminal.at("Sources")
        terminal.wait("people.csv")
        terminal.press("t")
        terminal.wait("✓ Reading")
        terminal.back("Home")
        terminal.press("p")
        terminal.at("New plan")
        terminal.wait("broken")
        terminal.press("enter")
        terminal.wait("No plan was made")
        terminal.wait(r"\\x1b\]52;c;")


def test_the_setup_over_a_hostile_source(place: Workplace) -> None:
    column = f"given{LETTERS}"
    people = [(*HEADINGS, column)]
    people += [
        (f"E{n}", f"hostile-{n:02d}@hostile.example", value[:60], value[:300], value[:300])
        for n, value in enumerate(VALUES)
    ]
    with (place.folder / "people[b].csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(people)
    (place.folder / "control.csv").write_text(f"id,{ALL}\n1,2\n", encoding="utf-8")
    with console(place) as terminal:
        terminal.wait("✓ connected")
        terminal.press("s")
        terminal.wait("1 of 7")
        terminal.press("down", "enter")
        terminal.wait("2 of 7")
        terminal.wait("memory")
        retype(terminal, "walk")
        terminal.wait("There is a profile of this name")
        terminal.press("enter")
        terminal.wait("another only for a proxy")
        retype(terminal, place.simulator.url)
        terminal.wait(re.escape(place.simulator.url))
        terminal.press("enter", "enter")
        terminal.wait("3 of 7")
        terminal.press(NEXT)
        terminal.wait("Everything works|It works")
        terminal.press("enter")
        terminal.wait("5 of 7")
        paste(terminal, f"gone {LETTERS}.csv")
        terminal.press("enter")
        terminal.wait(r"(?s)✗.*gone")
        retype(terminal, "control.csv")
        terminal.press("enter")
        terminal.wait("no text")
        retype(terminal, "people[b].csv")
        terminal.press("enter")
        terminal.wait("It can be read")
        terminal.wait(r"given\\u202e")
        terminal.press("enter")
        terminal.wait("6 of 7")
        terminal.wait("No problems")
        terminal.press(EDIT)
        terminal.wait("The file in full")
        paste(terminal, f'"{LETTERS}" = 1 # ')
        terminal.press(NEXT)
        terminal.wait(r"✗ line 1.*\\u202e")
        terminal.press(UNDO)
        terminal.press(NEXT)
        terminal.wait("7 of 7")
        terminal.wait("Enter opens the plan for review", 30)
        terminal.press("enter")
        terminal.at("Plan p-")
        terminal.wait("hostile-00@hostile.example")


class HostileAnswers(BaseHTTPRequestHandler):
    """Refuses everything in hostile words."""

    def do_GET(self) -> None:
        """Any read."""
        body = json.dumps({"status": "error", "message": ALL, "correlationId": ALL, "category": ALL, "errors": []})
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET  # noqa: N815 - the base's naming

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Silence."""


@contextmanager
def hostile_server() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), HostileAnswers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_errors_in_a_servers_hostile_words(place: Workplace) -> None:
    with hostile_server() as url:
        place.point_at(url)
        with console(place) as terminal:
            terminal.wait(r"✗ .*52;c;")
            terminal.press("b")
            terminal.at("Contacts")
            terminal.wait(r"(?s)✗ .*52;c;")
            terminal.back("Home")
            terminal.press("t")
            terminal.wait("not open yet")
            terminal.wait(r"(?s)correlation id:.*52;c;")
            terminal.back("Home")
            terminal.press("p")
            terminal.at("New plan")
            terminal.wait("people-to-contacts")
            terminal.press("enter")
            terminal.wait(r"(?s)✗ .*52;c;")
            terminal.press("escape")
            terminal.wait("Which mapping")
            terminal.back("Home")
