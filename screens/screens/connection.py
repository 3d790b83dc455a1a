"""The connectivity test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.glance import remember_test
from screens import theme
from screens.copying import copy
from screens.keys import bindings
from screens.screens.base import ConsoleScreen
from screens.widgets.stages import StageList

if TYPE_CHECKING:
    from console.session import Session


class ConnectionScreen(ConsoleScreen[None]):
    """Begins by itself; `r` tests again, `s` the stage under the cursor only."""

    PLACE = "test"
    HEADING = "Test connection"
    CSS_PATH = theme.sheets("forms")
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("test"),
        Binding("r", "again", "Test again"),
        Binding("s", "stage", "This stage again"),
        Binding("y", "copy", "Copy"),
    ]

    def body(self) -> ComposeResult:
        """The checklist."""
        yield StageList()

    def session_opened(self, session: Session) -> None:
        """Test."""
        self.work(lambda: self._test(session), group="test")

    async def _test(self, session: Session, only: str = "") -> None:
        stages = self.query_one(StageList)
        await stages.test(session, only)
        await asyncio.to_thread(remember_test, session.paths, session.profile, stages.stages)

    def action_again(self) -> None:
        """Test again."""
        if self.session is not None:
            self.session_opened(self.session)

    def action_stage(self) -> None:
        """The way there, and the stage under the cursor, once more."""
        stages, session = self.query_one(StageList), self.session
        if session is not None and stages.current is not None and not stages.running:
            name = stages.current.name
            self.work(lambda: self._test(session, name), group="test")

    def action_copy(self) -> None:
        """All of it as text, for somebody who helps."""
        copy(self.console, self.query_one(StageList).as_text(), "The test")

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
