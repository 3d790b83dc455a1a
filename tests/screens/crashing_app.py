"""The console with a mistake in it, run as a program in a test's terminal: argument 1 says where the mistake is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from screens.app import HubspokeApp
from screens.screens.help import HelpScreen
from tests.screens.sample_app import StillApp, still_app

SECRET = "pat-na1-in-a-local-variable"


class Mistake(Exception):
    """Ours; its text holds what must not be shown."""


def fail() -> None:
    hidden = SECRET
    raise Mistake(hidden)


def spoil(app: StillApp, where: str) -> None:
    """Put the mistake in its place."""

    def failing(*_: Any) -> None:
        fail()

    async def failing_job() -> None:
        fail()

    if where == "on_mount":
        HubspokeApp.on_mount = failing  # type: ignore[method-assign,assignment]
    elif where == "screen":
        HelpScreen.on_mount = failing  # type: ignore[method-assign,assignment]
    elif where == "key":
        HubspokeApp.do_help = failing  # type: ignore[attr-defined]
    elif where == "worker":
        HubspokeApp.do_help = lambda self: self.run_worker(failing_job())  # type: ignore[attr-defined]
    elif where == "callback":
        HubspokeApp.do_help = lambda self: self._loop.call_soon(fail)  # type: ignore[attr-defined]
    elif where == "flood":
        HubspokeApp.do_help = lambda self: [self.call_later(fail) for _ in range(20)]  # type: ignore[attr-defined]


if __name__ == "__main__":
    made = still_app(Path(sys.argv[2]))
    spoil(made, sys.argv[1])
    result = made.run()
    sys.exit(result if isinstance(result, int) else made.return_code or 0)
