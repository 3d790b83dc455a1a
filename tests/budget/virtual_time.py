"""An event loop whose clock jumps to the next timer, so that an hour of waiting takes no time at all."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("everything waits and nothing will happen")
        if timeout > 0:
            self.loop.moment += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        selector = _Jumping()
        selector.loop = self
        self.moment = 1000.0
        super().__init__(selector)

    def time(self) -> float:
        return self.moment


class LoopClock:
    """The budget's clock, read from the virtual loop."""

    boot = "virtual"

    def __init__(self, wall: float = 1_790_000_000.0) -> None:
        self._wall = wall

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        return self._wall + self.now() - 1000.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class HandClock:
    """A clock that only the test moves."""

    def __init__(self, boot: str = "first") -> None:
        self.boot = boot
        self.moment = 1000.0
        self.day = 1_790_000_000.0

    def now(self) -> float:
        return self.moment

    def wall(self) -> float:
        return self.day + self.moment - 1000.0

    async def sleep(self, seconds: float) -> None:
        self.moment += seconds
        await asyncio.sleep(0)


def run_virtually(work: Coroutine[Any, Any, T]) -> T:
    """asyncio.run on the virtual loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
