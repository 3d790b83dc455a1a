"""Step 4: the way to HubSpot, tried stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from screens.screens.setup.step import Step
from screens.widgets.stages import StageList

if TYPE_CHECKING:
    from console.hubspot.fingerprint import PeerCertificate


class TestStep(Step):
    """Begins by itself."""

    __test__ = False  # not a test for pytest
    TITLE = "Live test"
    INTRO = "Each stage is tried in order. When one fails, Enter tries again and Escape goes back to mend it."

    def fields(self) -> ComposeResult:
        """The checklist."""
        yield StageList()

    @property
    def certificate(self) -> PeerCertificate | None:
        """The certificate that waits for being accepted."""
        return next((stages.certificate for stages in self.query(StageList)), None)

    def enter(self) -> None:
        """Test."""
        stages, session = self.query_one(StageList), self.session
        stages.focus()
        if session is not None:
            self.setup.work(lambda: stages.test(session), group="test", failed=self.complain)

    async def commit(self) -> bool:
        """On, when it passed; again, when it did not."""
        stages = self.query_one(StageList)
        if stages.passed:
            return True
        if not stages.running:
            self.enter()
        return False
