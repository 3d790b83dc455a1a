"""A new plan: choose a mapping, watch it being made, review it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from screens import theme
from screens.keys import bindings
from screens.literal import literal
from screens.screens.base import ConsoleScreen
from screens.widgets.choices import Choice, Choices
from screens.widgets.panel import Line
from screens.widgets.plan_maker import PlanMaker

if TYPE_CHECKING:
    from console.session import Session


class NewPlanScreen(ConsoleScreen[None]):
    """With `apply`, the approval follows at once when no guard holds."""

    PLACE = "new_plan"
    CSS_PATH = theme.sheets("widgets", "forms")
    HEADING = "New plan"
    BINDINGS = bindings("new_plan")
    AUTO_FOCUS = "Choices"

    def __init__(self, apply: bool = False, mapping: str = "") -> None:
        super().__init__()
        self._apply = apply
        self._mapping = mapping

    def body(self) -> ComposeResult:
        """The mappings, then the maker."""
        with VerticalScroll(id="new-plan-choose", classes="panel", can_focus=False) as box:
            box.border_title = "Which mapping?"
            yield Line(literal("A plan compares its source with HubSpot. Nothing is written.", "$muted"))
            yield Choices(id="new-plan-names", empty="No mapping yet. Escape, then m: a mapping can be suggested.")
        maker = PlanMaker(id="new-plan-maker")
        maker.display = False
        yield maker

    def session_opened(self, session: Session) -> None:
        """List the mappings, or begin with the one that was named."""
        if self._mapping:
            self._make(session, self._mapping)
        else:
            self.work(lambda: self._list(session), group="mappings")

    async def _list(self, session: Session) -> None:
        mappings = await session.mappings
        names = await asyncio.to_thread(mappings.names)
        self.query_one(Choices).offer([Choice(name, name) for name in names])

    def on_choices_picked(self, message: Choices.Picked) -> None:
        """Begin."""
        if self.session is not None:
            self._make(self.session, message.choice.value)

    def _make(self, session: Session, mapping: str) -> None:
        self.query_one("#new-plan-choose").display = False
        maker = self.query_one(PlanMaker)
        maker.display = True
        maker.focus()
        self.retitle(f"New plan {mapping}")

        async def make() -> None:
            plan = await maker.make(session, mapping)
            from screens.screens.approve import ApproveScreen
            from screens.screens.plan import PlanScreen

            at_once = self._apply and plan.writes and not any(guard.holds for guard in plan.guards)
            # not awaited: this worker belongs to the screen that goes
            self.app.switch_screen(PlanScreen(plan.id))
            if at_once:
                self.app.push_screen(ApproveScreen(plan))

        self.work(make, group="plan", failed=self._failed)

    def _failed(self, error: BaseException) -> None:
        if not getattr(error, "message", ""):
            self.console.trouble(error)
