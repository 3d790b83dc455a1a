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

    def offers(self, action: str) -> bool:
        """A certificate is accepted when one waits for it."""
        if action == "accept_certificate":
            return any(stages.certificate is not None for stages in self.query(StageList))
        return super().offers(action)

    def do_accept_certificate(self) -> None:
        """Show it and ask; the profile that is opened anew is tested again."""
        session, shown = self.session, self.query_one(StageList).certificate
        if session is None or shown is None:
            return

        async def ask() -> None:
            from screens.pinning import accept

            await accept(self.console, session, shown)

        self.work(ask, group="certificate")
