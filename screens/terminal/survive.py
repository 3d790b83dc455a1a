"""Keeps the console running when one of its own handlers fails.

Textual 8.2.8 ends the program on any exception in a handler, a timer or a render. Here it ends
nothing but the handler: the operator gets an apology with a reference, the log gets the traceback.
A flood of failures still ends the program, because a screen that fails at every frame is no use.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from rich.text import Text
from textual.screen import ModalScreen, Screen
from textual.worker import WorkerFailed

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message
    from textual.message_pump import MessagePump

    _Pump = MessagePump
    _App = App[int]
else:
    _Pump = object
    _App = object

T = TypeVar("T")
FLOOD = 12
FLOOD_SECONDS = 5.0


class SurvivingPump(_Pump):
    """A mixin for screens and widgets: a handler that raises does not stop the widget's message loop."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 - the one place that turns any mistake into an apology
            self.app._handle_exception(error)


class SurvivingScreen(SurvivingPump, Screen[T]):
    """A screen whose widgets may be taken down before the frame after which they wanted to be called."""

    async def _invoke_and_clear_callbacks(self) -> None:
        self._callbacks = [(call, pump) for call, pump in self._callbacks if not getattr(pump, "_pruning", False)]
        await super()._invoke_and_clear_callbacks()


class SurvivingModal(SurvivingScreen[T], ModalScreen[T]):
    """The same for a dialog."""


class SurvivingApp(_App):
    """A mixin for the App; it calls `trouble(error)` instead of ending."""

    surviving = False
    """Set once the first frame stands: what fails before it must end the program."""

    @abstractmethod
    def trouble(self, error: BaseException) -> object:
        """Tell the operator; the app's own."""

    @abstractmethod
    def last_words(self, error: BaseException) -> str:
        """What stands on the terminal when the program has to end; the app's own."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            if not self.surviving:
                raise
            self._handle_exception(error)

    def _handle_exception(self, error: Exception) -> None:
        cause: BaseException = error.error if isinstance(error, WorkerFailed) else error
        if not self.surviving or self._is_flood() or not self._running or not self._screen_stack:
            self._give_up(error, cause)
            return
        self.trouble(cause)

    def _give_up(self, error: Exception, cause: BaseException) -> None:
        """End the program in words.

        Textual would print every frame with its local variables; those hold secrets and people's data.
        """
        self._return_code = 1
        if self._exception is None:  # what `run_test` raises again
            self._exception = error
            self._exception_event.set()
        self._exit_renderables.append(Text(self.last_words(cause)))
        self._close_messages_no_wait()

    def _is_flood(self) -> bool:
        now = time.monotonic()
        failures: Any = self.__dict__.setdefault("_failures", deque(maxlen=FLOOD))
        failures.append(now)
        return len(failures) == FLOOD and now - failures[0] < FLOOD_SECONDS
