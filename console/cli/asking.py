"""Questions to the human at the terminal. Ctrl-C, a hang-up or a termination ends the question at once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from console.cli.exits import Exit, Stop

_ENDS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED, signal.SIGHUP: Exit.HUNG_UP}


def ask_secret(prompt: str) -> str:
    """A line that is not shown."""
    import getpass

    with _interruptible():
        return getpass.getpass(prompt)


def ask(prompt: str) -> str:
    """A line; the question stands on stderr, so that stdout holds answers only."""
    with _interruptible():
        sys.stderr.write(prompt)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")


@contextmanager
def _interruptible() -> Iterator[None]:
    """The event loop's handlers wait for the loop, which waits for the human: replace them meanwhile."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise Stop(_ENDS[signal.Signals(number)])

    before = {number: signal.getsignal(number) for number in _ENDS}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, end)
        yield
    except EOFError:
        raise Stop(Exit.FAILURE, "There was no answer.") from None
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
