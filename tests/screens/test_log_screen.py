"""The log of requests: what is there, what comes, what is asked for, and one of them as a command."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from textual.widgets import Input

from console.hubspot.requestfile import RequestFile, request_file
from console.hubspot.requestlog import RequestEntry
from screens.app import HubspokeApp
from screens.screens.log import LogScreen
from screens.widgets.record_table import RecordTable
from tests.screens.looking import sees, shown, types, until
from tests.screens.sample_app import StillApp, still_app
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator

PATH = "/crm/objects/2026-09/contacts/batch/read"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=5, companies=3, seed=7) as made:
        yield made


def request(number: int, status: int = 200, path: str = PATH) -> RequestEntry:
    return RequestEntry(
        at=1_795_200_000.0 + number, method="POST", path=path, status=status, milliseconds=100, id=f"{number:06x}"
    )


def write(app: StillApp, *entries: RequestEntry) -> None:
    with closing(RequestFile(request_file(app.paths), "acme")) as file:
        for entry in entries:
            file.add(entry)


async def test_it_follows_what_comes_and_holds_still_when_the_cursor_leaves_the_end(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    write(app, *(request(number) for number in range(40)))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(LogScreen())
        await sees(pilot, "40  ● follows")
        write(app, request(40, 429))
        await sees(pilot, "▲ 429")
        table = app.screen.query_one(RecordTable)
        assert table.cursor == 40
        await pilot.press("up", "up")
        await sees(pilot, "‖ held")
        under = table.current()
        write(app, request(41))
        await sees(pilot, "42  ‖ held")
        assert table.current() == under
        await pilot.press("f")
        await sees(pilot, "42  ● follows")
        assert table.cursor == 41


async def test_words_choose_as_they_are_typed(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    write(app, *(request(n, 429 if n % 3 == 0 else 200) for n in range(9)), request(99, path="/oauth/v3/token"))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(LogScreen())
        await sees(pilot, "10  ● follows")
        await pilot.press("slash")
        await types(pilot, "4xx batch")
        await sees(pilot, "3 of 10")
        await types(pilot, "nowhere")
        await sees(pilot, "No request matches")
        await pilot.press("escape")
        await sees(pilot, "10  ● follows")
        assert app.screen.query_one("#log-filter", Input).value == ""
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, LogScreen)


async def test_what_is_shown_goes_to_a_new_private_file(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    write(app, *(request(number) for number in range(3)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await app.push_screen(LogScreen())
        await sees(pilot, "3  ● follows")
        await pilot.press("e")
        target = tmp_path / "asked.jsonl"
        await types(pilot, str(target))
        await pilot.press("enter")
        await sees(pilot, "3 requests in")
        await pilot.press("e")
        await types(pilot, str(target))
        await pilot.press("enter")
        await sees(pilot, "already")
    assert len(target.read_text().splitlines()) == 3
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


async def test_the_log_of_a_real_console_has_its_requests_and_no_value(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Workplace(tmp_path, simulator, [])
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(100, 30)) as pilot:
        await sees(pilot, "✓ connected")
        await pilot.press("b")
        await sees(pilot, "5 contacts")
        await pilot.press("slash")
        await types(pilot, "canary-of-a-value")
        await sees(pilot, "No contacts match")
        await pilot.press("f3")
        await pilot.press("L")
        await sees(pilot, "contacts/search")
        await until(pilot, lambda: "this console" in shown(app), "whose request it was")
        copied: list[str] = []
        monkeypatch.setattr("screens.screens.log.copy", lambda _app, text, _what: copied.append(text))
        await pilot.press("y")
        assert app.troubles == []
    assert copied[0].startswith("curl ")
    assert "$HUBSPOKE_ACCESS_TOKEN" in copied[0]
    kept = request_file(place.paths)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert b"canary" not in kept.read_bytes()
    assert simulator.token.encode() not in kept.read_bytes()
    assert str(os.getpid()).encode() in kept.read_bytes()
