"""Batches in flight: so many at once, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Self


class BatchLanes:
    """At most so many batches at once; leaving waits for all, and the first failure ends them."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._tasks: asyncio.TaskGroup = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        try:
            await self._tasks.__aexit__(*details)  # type: ignore[arg-type]
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start this as soon as a lane is free."""
        try:
            await self._free.acquire()
        except BaseException:
            work.close()  # it will never be begun
            raise
        self._tasks.create_task(self._run(work))

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._free.release()
