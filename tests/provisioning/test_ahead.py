"""Reading ahead: in order, bounded, and without loose ends however it is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.provisioning.ahead import ahead


class Counting:
    """Numbers, and how many were made; closed when its generator was."""

    def __init__(self, count: int, *, fails: bool = False) -> None:
        self.count = count
        self.fails = fails
        self.made = 0
        self.closed = False

    async def numbers(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(self.count):
                await asyncio.sleep(0)
                self.made += 1
                yield number
            if self.fails:
                raise ValueError("the source broke")
        finally:
            self.closed = True


@given(st.integers(0, 40), st.integers(1, 10))
def test_the_same_pieces_in_the_same_order(count: int, room: int) -> None:
    async def collect() -> list[int]:
        return [number async for number in ahead(Counting(count).numbers(), room)]

    assert asyncio.run(collect()) == list(range(count))


async def test_no_more_is_made_than_there_is_room_for() -> None:
    source = Counting(1000)
    async with aclosing(ahead(source.numbers(), 7)) as pieces:
        assert await anext(pieces) == 0
        for _ in range(100):
            await asyncio.sleep(0)
        assert source.made <= 9  # one taken, seven that wait, one more that waits for room


async def test_an_error_comes_after_what_was_made_before() -> None:
    pieces = ahead(Counting(3, fails=True).numbers(), 2)
    assert [await anext(pieces) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="the source broke"):
        await anext(pieces)


async def test_leaving_early_closes_the_source() -> None:
    source = Counting(1000)
    async with aclosing(ahead(source.numbers(), 3)) as pieces:
        await anext(pieces)
    assert source.closed
    assert source.made < 10
    assert len(asyncio.all_tasks()) == 1


async def test_a_cancelled_reader_leaves_no_task_behind() -> None:
    source = Counting(5)

    async def read() -> None:
        async for _ in ahead(source.numbers(), 2):
            await asyncio.sleep(60)

    reader = asyncio.create_task(read())
    await asyncio.sleep(0.01)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await asyncio.sleep(0.01)
    assert source.closed
    assert len(asyncio.all_tasks()) == 1
