"""A small app with the console's own terminal parts, run as a program in a test's terminal."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.terminal import fence as fence_module
from screens.terminal import signals
from screens.terminal.driver import ClickDriver, QuietDriver
from screens.terminal.fence import FrameFence


class Above(ModalScreen[None]):
    CSS = "Above { align: center middle; } Above > Static { width: 30; height: 3; background: red; }"

    def compose(self) -> ComposeResult:
        yield Static("a dialog above")

    def on_key(self) -> None:
        self.dismiss()


class SmallApp(FrameFence, App[int]):
    """Counts keys; `m` opens a dialog. Arguments: driver (click or quiet), fence (fenced or free), note file."""

    def __init__(self, click: bool, fenced: bool, note: Path) -> None:
        self.click = click
        super().__init__()
        self.fence_enabled = fenced
        self.note = note
        self.count = 0

    def get_driver_class(self) -> Any:
        return ClickDriver if self.click else QuietDriver

    def compose(self) -> ComposeResult:
        yield Static("ready 0", id="count")
        yield Static("background " * 100)

    def on_mount(self) -> None:
        if os.environ.get("DEAF"):  # the end of input alone must do
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        else:
            signals.install(self.leave)

    def leave(self, code: int) -> None:
        self.exit(code, return_code=code)

    def hang_up(self) -> None:
        signals.hold_to_it(129)  # writing to a terminal that is gone may block the tidy end
        self.leave(129)

    def on_key(self, event: Any) -> None:
        if event.key == "m":
            self.push_screen(Above())
        elif event.key == "q":
            self.exit(0)
        else:
            self.count += 1
            self.query_one("#count", Static).update(f"ready {self.count}")

    def on_click(self, event: Any) -> None:
        self.query_one("#count", Static).update(f"clicked {event.screen_x} {event.screen_y}")

    def on_unmount(self) -> None:
        self.note.write_text(f"left {self.return_code} fence {self.fence_enabled}")


if __name__ == "__main__":
    fence_module.PATIENCE = float(os.environ.get("PATIENCE", fence_module.PATIENCE))
    app = SmallApp(sys.argv[1] == "click", sys.argv[2] == "fenced", Path(sys.argv[3]))
    result = app.run()
    sys.exit(result if result is not None else app.return_code)
