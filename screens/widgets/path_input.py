"""A field for the path of a file, completed as it is typed: the right arrow takes what is shown in grey."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.suggester import Suggester
from textual.widgets import Input

from console.sources.completion import complete


class PathSuggester(Suggester):
    """Looks into the folder that is typed, in a thread."""

    def __init__(self, base: Path | None = None) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._base = base

    async def get_suggestion(self, value: str) -> str | None:
        """The whole path, or nothing."""
        return await asyncio.to_thread(complete, value, self._base or Path.cwd())


def path_input(name: str, placeholder: str = "", value: str = "") -> Input:
    """The field."""
    made = Input(value, placeholder=placeholder, id=name, compact=True, suggester=PathSuggester())
    made.cursor_blink = False
    return made
