"""Screens that read something first: when it cannot be read they say why, in place, and a key reads again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from screens.literal import literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.panel import Line


class Reading(ConsoleScreen[None]):
    """`SAYS` is the Line that tells why nothing was read."""

    SAYS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+r", "read_again", "Read again", show=False)]

    def read(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Read beside the screen; what is on it stays until the answer is here."""
        self.work(job, group="read", failed=self._cannot_read)

    def _cannot_read(self, error: BaseException) -> None:
        told = self.console.trouble(error)
        self.query_one(self.SAYS, Line).show(
            stack(
                literal(f"✗ It could not be read: {told.message}", "$error", limit=600),
                row(("Press ", "$muted"), ("^r", "$accent bold"), (" to read again.", "$muted")),
            )
        )

    def action_read_again(self) -> None:
        """Once more."""
        if self.session is not None:
            self.session_opened(self.session)
