"""The connectivity test."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from screens.keys import bindings
from screens.screens.base import ConsoleScreen
from screens.widgets.stages import StageList

if TYPE_CHECKING:
    from console.session import Session


class ConnectionScreen(ConsoleScreen[None]):
    """Begins by itself; `r` tests again."""

    PLACE = "test"
    HEADING = "Test connection"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("test"), Binding("r", "again", "Test again")]

    def body(self) -> ComposeResult:
        """The checklist."""
        yield StageList()

    def session_opened(self, session: Session) -> None:
        """Test."""
        stages = self.query_one(StageList)
        self.work(lambda: stages.test(session), group="test")

    def action_again(self) -> None:
        """Test again."""
        if self.session is not None:
            self.session_opened(self.session)
