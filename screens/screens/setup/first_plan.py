"""Step 7: the first plan; nothing is written by it."""

from __future__ import annotations

from textual.app import ComposeResult

from screens.screens.setup.step import Step
from screens.widgets.plan_maker import PlanMaker


class PlanStep(Step):
    """Begins by itself; Enter then reviews it."""

    TITLE = "First plan"
    INTRO = "Every person is compared with HubSpot. Nothing is written. When it is done, Enter opens it for review."

    def __init__(self) -> None:
        super().__init__()
        self._refused = False

    def fields(self) -> ComposeResult:
        """The maker."""
        yield PlanMaker(id="setup-plan")

    def enter(self) -> None:
        """Make it."""
        maker, session = self.query_one(PlanMaker), self.session
        maker.focus()
        self._refused = False
        self.say("")
        if session is None:
            return
        self.state.plan_id = ""

        async def make() -> None:
            plan = await maker.make(session, self.state.mapping)
            self.state.plan_id = plan.id
            self.say("✓ Enter opens the plan for review.", "$success")

        self.setup.work(make, group="plan", failed=self._failed)

    def _failed(self, error: BaseException) -> None:
        self._refused = True
        self.say("Enter tries again; esc goes back to mend it.", "$warning")
        if not getattr(error, "message", ""):
            self.console.trouble(error)

    async def commit(self) -> bool:
        """On, when there is a plan; where there was none, try again."""
        if self._refused:
            self.enter()
        return bool(self.state.plan_id)
