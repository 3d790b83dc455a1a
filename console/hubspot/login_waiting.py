"""Waiting for the browser: it comes back by itself, or somebody pastes what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from console.hubspot.login import Login
from console.hubspot.login_listener import Listener
from console.hubspot.login_refusals import LoginFailed
from console.hubspot.secret import Secret


class WayBack(NamedTuple):
    """The listener, or None where the address must be pasted; `problem` says why, unless that was wanted."""

    listener: Listener | None = None
    problem: LoginFailed | None = None


@asynccontextmanager
async def way_back(login: Login, *, paste: bool = False) -> AsyncIterator[WayBack]:
    """Listen for the browser where that can be; a port that is taken is no end of a login."""
    if paste or not login.redirect.listens:
        yield WayBack()
        return
    listening = login.listen()
    try:
        listener = await listening.__aenter__()
    except LoginFailed as problem:
        yield WayBack(problem=problem)
        return
    try:
        yield WayBack(listener)
    finally:
        await listening.__aexit__(None, None, None)


async def first_answer(*ways: Coroutine[Any, Any, Secret] | None, seconds: float) -> Secret | None:
    """What the first of these brings; None when nothing came in time. The others are given up."""
    tasks = [asyncio.create_task(way) for way in ways if way is not None]
    try:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return next(iter(done)).result() if done else None
