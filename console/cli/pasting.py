"""A line that is pasted at the terminal while other things go on; it is not shown."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LONGEST = 16 * 1024


async def pasted_line() -> str:
    """The next line that is typed or pasted at this terminal, or standard input's first line.

    Raises:
        EOFError: the input ended.
    """
    stream = sys.stdin.fileno()
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bytes] = loop.create_future()
    received = bytearray()

    def ready() -> None:
        try:
            data = os.read(stream, 4096)
        except OSError:
            data = b""
        received.extend(data)
        if (not data or b"\n" in data or len(received) > LONGEST) and not done.done():
            done.set_result(bytes(received))

    try:
        loop.add_reader(stream, ready)
    except (PermissionError, NotImplementedError):  # a file, or a platform that cannot wait for one
        return _line(await asyncio.to_thread(os.read, stream, LONGEST))
    try:
        with _unseen(stream):
            return _line(await done)
    finally:
        loop.remove_reader(stream)


def _line(data: bytes) -> str:
    line = data.partition(b"\n")[0].decode("utf-8", "replace").strip()
    if not line and b"\n" not in data:
        raise EOFError
    return line


@contextmanager
def _unseen(stream: int) -> Iterator[None]:
    """Nothing is echoed meanwhile; the terminal is as before afterwards."""
    try:
        import termios
    except ImportError:  # another platform's terminal
        yield
        return
    try:
        before = termios.tcgetattr(stream)
    except termios.error:  # a pipe or a file
        yield
        return
    silent = [*before]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(stream, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal went away meanwhile
            termios.tcsetattr(stream, termios.TCSADRAIN, before)
