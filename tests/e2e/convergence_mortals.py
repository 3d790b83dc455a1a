"""Processes that die in the midst of their calls: before one has its effect, or after."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import wraps
from typing import Any


class Died(Exception):
    """The process is gone: nothing that it still wants to do happens."""


class Mortal:
    """Whatever is called through it, up to the call at which the process dies: before that call had its effect, or after."""

    def __init__(self, real: Any, life: Life) -> None:
        self._real = real
        self._life = life

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if not inspect.iscoroutinefunction(real):
            return real

        @wraps(real)
        async def called(*arguments: Any, **named: Any) -> Any:
            self._life.live()
            answer = await real(*arguments, **named)
            self._life.live(after=True)
            return answer

        return called


@dataclass
class Life:
    """How many calls a process has left; None: it lives on."""

    calls: int | None = None
    after: bool = False
    dead: bool = False

    def live(self, *, after: bool = False) -> None:
        """Count a call. Raises Died."""
        if self.calls is not None and after == self.after:
            self.calls -= 1
            self.dead = self.dead or self.calls <= 0
        if self.dead:
            raise Died
