"""The setup's frame: steps on the left, the one that is asked on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from screens import theme
from screens.keys import bindings
from screens.literal import row, stack
from screens.screens.base import ConsoleScreen
from screens.screens.setup.account import DEMO, AccountStep
from screens.screens.setup.credentials import CredentialsStep
from screens.screens.setup.first_plan import PlanStep
from screens.screens.setup.live_test import TestStep
from screens.screens.setup.mapping import MappingStep
from screens.screens.setup.options import OptionsStep
from screens.screens.setup.source import SourceStep
from screens.screens.setup.state import SetupState
from screens.screens.setup.step import Step
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.session import Session

STEPS: tuple[type[Step], ...] = (
    AccountStep,
    CredentialsStep,
    OptionsStep,
    TestStep,
    SourceStep,
    MappingStep,
    PlanStep,
)


class SetupScreen(ConsoleScreen[None]):
    """Seven steps; Enter and ^n go on, Escape goes back."""

    PLACE = "setup"
    CSS_PATH = theme.sheets("widgets", "forms")
    HEADING = "Guided setup"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("setup"),
        Binding("ctrl+n", "go_on", "Next", key_display="^n", priority=True),
        Binding("enter", "go_on", "Next", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self.state = SetupState()
        self._place = 0
        self._busy = False

    def body(self) -> ComposeResult:
        """The rail and the step."""
        with Horizontal():
            yield Line("", id="setup-rail")
            with Vertical(id="setup-step", classes="panel"):
                for kind in STEPS:
                    step = kind()
                    step.display = False
                    yield step

    def on_mount(self) -> None:
        """The first step."""
        super().on_mount()
        self._show(0)

    def session_opened(self, session: Session) -> None:
        """Steps ask for the session when they need it."""

    @property
    def step(self) -> Step:
        """The step that is asked."""
        return list(self.query(Step))[self._place]

    def _show(self, place: int) -> None:
        self._place = place
        for number, step in enumerate(self.query(Step)):
            step.display = number == place
        self.query_one("#setup-step").border_title = f"{place + 1} of {len(STEPS)}: {STEPS[place].TITLE}"
        self._show_rail()
        self.step.enter()

    def _show_rail(self) -> None:
        self.query_one("#setup-rail", Line).show(stack(*(self._rail_row(number) for number in range(len(STEPS)))))

    def _rail_row(self, number: int) -> Content:
        title = STEPS[number].TITLE
        if number == self._place:
            return row(("▸ ", "$accent bold"), (f"{number + 1} {title}", "$primary bold"))
        if number < self._place:
            return row(("✓ ", "$success"), (f"{number + 1} {title}", ""))
        return row(("○ ", "$muted"), (f"{number + 1} {title}", "$muted"))

    def action_go_on(self) -> None:
        """Enter or ^n."""
        self.go_on()

    def go_on(self) -> None:
        """Commit the step; the next one comes when it agrees."""
        if self._busy:
            return
        self._busy = True
        self.work(self._commit, group="commit", failed=self._failed)

    async def _commit(self) -> None:
        try:
            agreed = await self.step.commit()
        finally:
            self._busy = False
        if agreed:
            self._next()

    def _failed(self, error: BaseException) -> None:
        self.step.complain(error)

    def _next(self) -> None:
        if self._place + 1 == len(STEPS):
            from screens.screens.plan import PlanScreen

            self.app.switch_screen(PlanScreen(self.state.plan_id))
            return
        skip = self._place == 0 and self.state.kind == DEMO
        self._show(self._place + (3 if skip else 1))

    def offers(self, action: str) -> bool:
        """A certificate is accepted when the live test met one that waits for it."""
        if action == "accept_certificate":
            return any(step.display and step.certificate is not None for step in self.query(TestStep))
        return super().offers(action)

    def do_accept_certificate(self) -> None:
        """Show it and ask; then test again."""
        step, session = self.step, self.session
        if session is None or not isinstance(step, TestStep):
            return

        async def ask() -> None:
            from screens.pinning import accept

            if await accept(self.console, session, step.certificate):
                step.enter()

        self.work(ask, group="certificate")

    def do_back(self) -> None:
        """The step before, or Home."""
        if self._place == 0:
            self.console.do_back()
            return
        skip = self._place == 3 and self.state.kind == DEMO
        self._show(self._place - (3 if skip else 1))
