"""Reading ahead: the next pieces are made while nothing can be sent, so that a slot never waits for one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")


async def ahead(source: AsyncGenerator[T, None], count: int) -> AsyncGenerator[T, None]:
    """What `source` yields, in order, with up to `count` pieces made before they are asked for.

    Leaving early waits for the piece that is being made and asks for no other. An error of the source comes
    after what it had yielded before.
    """
    ready: asyncio.Queue[T | None] = asyncio.Queue()
    room = asyncio.Semaphore(count)
    over = asyncio.Event()

    async def fill() -> None:
        try:
            async with aclosing(source):
                async for piece in source:
                    ready.put_nowait(piece)
                    await room.acquire()
                    if over.is_set():
                        return
        finally:
            ready.put_nowait(None)

    filling = asyncio.create_task(fill(), name="reading ahead")
    try:
        while (piece := await ready.get()) is not None:
            room.release()
            yield piece
        await filling
    finally:
        over.set()
        room.release()
        try:
            await asyncio.wait({filling})
        finally:
            filling.cancel()  # also when whoever waits here is cancelled once more
        if not filling.cancelled():
            filling.exception()  # told already, or nobody asks any more
