"""Looks after runs while the operator looks elsewhere: says when one ended or needs somebody, on whatever screen."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from console.journal.model import RunProgress, RunState
from console.journal.troubled import TROUBLED
from console.settings import preferences
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from screens.terminal.attention import Attention, Call, can

if TYPE_CHECKING:
    from screens.app import HubspokeApp

EVERY = 1.0
_CALLS = {
    RunState.DONE: Call.DONE,
    RunState.FAILED: Call.FAILED,
    RunState.PAUSED: Call.PAUSED,
    RunState.PAUSED_QUOTA: Call.QUOTA,
    RunState.QUARANTINED: Call.QUARANTINED,
}


async def attend(app: HubspokeApp, paths: Paths) -> None:
    """Follow the runs that the console knows of, until it is closed; the terminal is left as it was found."""
    from screens.terminal.clipboard import terminal_of

    attention = Attention(can(os.environ, await asyncio.to_thread(_wanted, paths)), terminal_of(app))
    watch = Watch(attention)
    try:
        while True:
            watch.look(app.glance.runs)
            await asyncio.sleep(EVERY)
    finally:
        attention.rest()


def _wanted(paths: Paths) -> str:
    try:
        return preferences.load(paths).attention
    except SettingsError:
        return ""  # Home says what is wrong with the file


class Watch:
    """Compares the newest runs with what was known of them."""

    def __init__(self, attention: Attention) -> None:
        self._attention = attention
        self._under_way: set[str] = set()

    def look(self, runs: Iterable[RunProgress]) -> None:
        """Call for each run that was under way and is not any more; show how far the others are."""
        running = None
        for run in runs:
            if run.state is RunState.RUNNING and not run.interrupted:
                self._under_way.add(run.id)
                running = running or run
            elif run.id in self._under_way:
                self._under_way.discard(run.id)
                if (why := reason(run)) is not None:
                    self._attention.call(why, run.id)
        if running is not None:
            self._attention.progress(100 * running.settled // max(1, running.total))
        else:
            self._attention.rest()


def reason(run: RunProgress) -> Call | None:
    """Why somebody is to be called; nobody is for what an operator asked for."""
    if run.interrupted:
        return Call.INTERRUPTED
    if run.state is RunState.PAUSED and run.message == "paused":
        return None
    if run.state is RunState.DONE and any(run.states.get(state, 0) for state in TROUBLED):
        return Call.TROUBLED
    return _CALLS.get(run.state)
