"""The setup's frame: steps on the left, the one that is asked on the right."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import msgspec
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
        self._kept: SetupState | None = None

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
        """The step where the setup was left; the first one otherwise."""
        from console.settings import unfinished

        self._kept = unfinished.load(self.console.paths)
        if self._kept is not None:
            self.state = self._kept
        place = self._resumable()
        self._show(place)
        if place:
            self._tell_resumed()

    def session_opened(self, session: Session) -> None:  # noqa: ARG002 - the base's signature
        """The profile that the setup was left with is open only now: go on with it."""
        if self._kept is not None and self._place == 0 and not self._busy and (place := self._resumable()):
            self._show(place)
            self._tell_resumed()

    def _resumable(self) -> int:
        """Which step can be asked next with what is there: its place, 0 for the first."""
        kept = self._kept
        names = [kind.TITLE for kind in STEPS]
        if kept is None or kept.step not in names:
            return 0
        place = names.index(kept.step)
        if kept.kind == DEMO:
            return place if self.console.demo is not None and self.session is not None else 0
        if place <= 1 or self.console.demo is not None:
            return place if self.console.demo is None else 0
        session = self.session
        return place if session is not None and session.profile.name == kept.profile else 0

    def _tell_resumed(self) -> None:
        self.step.say("You left the setup here, and it goes on here. esc goes back through the steps.", "$primary")

    def remember(self) -> None:
        """Keep where the setup stands, without secrets, for the case that it is left."""
        from console.settings import unfinished

        self.state.step = STEPS[self._place].TITLE
        kept = msgspec.structs.replace(self.state, typed=dict(self.state.typed))
        self.work(partial(asyncio.to_thread, unfinished.save, self.console.paths, kept), group="remember")

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
        if place or self.state.kind:
            self.remember()
        self.refresh_bindings()

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
        self._kept = None
        if self._place + 1 == len(STEPS):
            from console.settings import unfinished
            from screens.screens.plan import PlanScreen

            unfinished.clear(self.console.paths)
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
        self._kept = None
        if self._place == 0:
            self.console.do_back()
            return
        skip = self._place == 3 and self.state.kind == DEMO
        self._show(self._place - (3 if skip else 1))
