"""Blocking calls with a time-out: a keyring that hangs must hang neither the screen nor the exit."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from console.settings.errors import VaultUnreachable

Result = TypeVar("Result")
TIMEOUT = 5.0
"""Seconds that a keyring may take; a healthy one answers in 25 ms."""


class Worker:
    """Runs blocking calls one at a time in daemon threads, each with a time-out.

    Daemon threads, because the interpreter joins those of an executor at exit. After a
    time-out further calls fail at once until the hung one has come back.
    """

    def __init__(self, label: str, timeout: float = TIMEOUT) -> None:
        self._label = label
        self._timeout = timeout
        self._turn = threading.Lock()
        self._hung: threading.Thread | None = None

    async def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """The function's result; `VaultUnreachable` when it does not come in time."""
        if self._hung is not None and self._hung.is_alive():
            raise self._unreachable("still does not answer")
        self._hung = None
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()

        def settle(result: Result | None, error: BaseException | None) -> None:
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(result)  # type: ignore[arg-type]

        def work() -> None:
            result: Result | None = None
            error: BaseException | None = None
            with self._turn:
                try:
                    result = function(*arguments)
                except BaseException as raised:  # noqa: BLE001 - handed to the waiting task
                    error = _without_frames(raised)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, error)

        thread = threading.Thread(target=work, name=f"vault ({self._label})", daemon=True)
        thread.start()
        try:
            async with asyncio.timeout(self._timeout):
                return await answer
        except TimeoutError:
            if not answer.cancelled():  # the call itself raised it, in time
                raise
            self._hung = thread
        raise self._unreachable(f"did not answer within {self._timeout:g} seconds")

    def _unreachable(self, what: str) -> VaultUnreachable:
        return VaultUnreachable(
            f"The {self._label} {what}.",
            "It may be waiting for a dialog on another screen: answer it there. "
            'To use the vault file instead, put vault = "file" into settings.toml of the configuration folder.',
        )


def _without_frames(error: BaseException) -> BaseException:
    """The error alone: frames hold the secret that was being stored, and crash reports show frames."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
