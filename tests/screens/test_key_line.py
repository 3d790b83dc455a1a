"""The line of keys: as many rows as its keys take, the same under a dialog; a screen begins its work once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.session import Session
from screens.screens.base import ConsoleScreen
from screens.screens.dialogs import Confirm
from screens.widgets.bars import KeyBar
from screens.widgets.panel import Line
from tests.screens.every_screen import every_screen
from tests.screens.looking import shown, until
from tests.screens.sample_app import still_app


class ManyKeys(ConsoleScreen[None]):
    """Offers three keys at first, twenty once a worker came back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(chr(ord("a") + n), f"press({n})", f"Number {n}") for n in range(20)
    ]

    def __init__(self) -> None:
        super().__init__()
        self.offered = 3
        self.opened: list[Session] = []

    def body(self) -> ComposeResult:
        yield Line("few", id="many")

    def on_mount(self) -> None:
        self.retitle("Keys")

    def session_opened(self, session: Session) -> None:
        self.opened.append(session)

        async def read() -> None:
            self.offered = 20
            self.query_one("#many", Line).show("many")
            self.refresh_bindings()
            self.refresh_bindings()

        self.work(read)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "press" or int(str(parameters[0])) < self.offered


async def test_it_grows_when_a_worker_brings_keys(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(ManyKeys())
        await until(pilot, lambda: "Number 19" in shown(app), "the last key is not there")
        assert app.screen.query_one(KeyBar).size.height == 4
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: app.screen.query_one(KeyBar).size.height == 2, "it did not take the room")


async def test_the_keys_stay_under_a_dialog_and_follow_when_it_closes(tmp_path: Path) -> None:
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ManyKeys()
        await app.push_screen(screen)
        await until(pilot, lambda: "Number 19" in shown(app), "the last key is not there")
        app.push_screen(Confirm("Sure?", "It is only a question."))
        await until(pilot, lambda: "Sure?" in shown(app), "no dialog")
        screen.offered = 2
        screen.refresh_bindings()
        await pilot.pause()
        assert "Number 19" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: "Number 2" not in shown(app), "keys of before")
        assert "Number 1" in shown(app)


async def test_a_screen_begins_once(tmp_path: Path) -> None:
    """Textual calls the handlers of a screen's class and of all its bases by itself."""
    app = still_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ManyKeys()
        await app.push_screen(screen)
        await until(pilot, lambda: "many" in shown(app), "the worker did not come back")
        assert len(screen.opened) == 1


def test_no_screen_calls_a_handler_of_its_base() -> None:
    """It would run twice: Textual walks the classes of a screen itself."""
    twice: list[str] = []
    for place, found in every_screen().items():
        for name, handler in _handlers(found):
            if name in handler.__code__.co_names and "super" in handler.__code__.co_names:
                twice.append(f"{place}.{name}")
    assert twice == []


def _handlers(found: type[ConsoleScreen[Any]]) -> list[tuple[str, Any]]:
    """The handlers of events that a screen and its own bases bring."""
    ours = [one for one in found.__mro__ if one.__module__.startswith("screens.")]
    return [(name, made) for one in ours for name, made in vars(one).items() if name.startswith("on_")]
