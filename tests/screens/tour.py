"""A program: the console over a world, where F12 opens one screen after the other, whatever the one before did.

python tour.py CONFIG STATE RUN PLAN CONTACT FILE [PLACE ...]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from console.settings.paths import Paths
from screens.app import HubspokeApp
from tests.screens.every_screen import every_screen, opened
from tests.screens.world import things

NEXT = "\x1b[24~"
"""F12."""


class TourApp(HubspokeApp):
    """Ends after the last screen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f12", "next_screen", priority=True, show=False)]

    def __init__(self, paths: Paths, ids: list[str], places: list[str]) -> None:
        super().__init__(paths)
        self.ids = ids
        self.places = places
        self.given: dict[str, Any] = {}

    async def action_next_screen(self) -> None:
        """Back to Home, and to the next screen."""
        if not self.given:
            self.given = await things(self, *self.ids)
        self.do_home()
        self.clear_notifications()
        if not self.places:
            self.exit(0)
            return
        place = self.places.pop(0)
        if place != "home":
            self.push_screen(opened(every_screen()[place], self.given))


def command(paths: Paths, ids: tuple[str, ...], places: list[str]) -> list[str]:
    """How the tour is started."""
    return [sys.executable, "-P", str(Path(__file__)), str(paths.config), str(paths.state), *ids, *places]


if __name__ == "__main__":
    config, state, *rest = sys.argv[1:]
    app = TourApp(Paths.resolve(config, state), rest[:4], rest[4:] or sorted(every_screen()))
    result = app.run()
    sys.exit(result if isinstance(result, int) else app.return_code or 0)
