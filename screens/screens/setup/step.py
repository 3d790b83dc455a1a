"""What every step of the setup has: a question, its fields, what is wrong, and a way on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input

from screens.literal import literal, row
from screens.terminal.survive import SurvivingPump
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.session import Session
    from screens.app import HubspokeApp
    from screens.screens.setup.screen import SetupScreen
    from screens.screens.setup.state import SetupState


class Step(SurvivingPump, Vertical):
    """One step. `commit` says whether the next may come; what is wrong it says itself."""

    TITLE: ClassVar[str] = ""
    INTRO: ClassVar[str] = ""
    GO_ON: ClassVar[str] = "Enter goes on"

    def compose(self) -> ComposeResult:
        """Intro, fields, complaint."""
        yield Line(literal(self.INTRO, "$muted"), classes="step-intro")
        yield from self.fields()
        yield Line("", classes="step-wrong")

    def fields(self) -> ComposeResult:
        """What is asked."""
        yield from ()

    @property
    def console(self) -> HubspokeApp:
        """The app."""
        return cast("HubspokeApp", self.app)

    @property
    def setup(self) -> SetupScreen:
        """The screen around the steps."""
        return cast("SetupScreen", self.screen)

    @property
    def state(self) -> SetupState:
        """What is known so far."""
        return self.setup.state

    @property
    def session(self) -> Session | None:
        """The open profile."""
        return self.console.session

    def enter(self) -> None:
        """The step comes up."""

    async def commit(self) -> bool:
        """Check and keep what was given; in a worker."""
        return True

    def say(self, text: str | Content, style: str = "$muted") -> None:
        """A line below the fields."""
        self.query_one(".step-wrong", Line).show(literal(text, style) if isinstance(text, str) else text)

    def complain(self, error: BaseException | str) -> None:
        """What is wrong and what to do."""
        if isinstance(error, str):
            self.say(f"✗ {error}", "$error")
            return
        message = getattr(error, "message", "")
        remedy = getattr(error, "remedy", "") or getattr(error, "advice", "")
        if not message:
            self.console.trouble(error)
            return
        self.say(row((f"✗ {message}  ", "$error"), (remedy, "")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The next field, or the next step."""
        event.stop()
        fields = [field for field in self.query(Input) if field.display and not field.disabled]
        place = fields.index(event.input)
        if place + 1 < len(fields):
            fields[place + 1].focus()
        else:
            self.setup.go_on()


def field(name: str, placeholder: str = "", *, value: str = "", secret: bool = False) -> Input:
    """A field of a step."""
    made = Input(value, placeholder=placeholder, id=name, password=secret, compact=True)
    made.cursor_blink = False
    return made


def labelled(label: str, made: Input) -> Horizontal:
    """A field with its label on its left and room for a mark on its right."""
    return Horizontal(
        Line(literal(label), classes="step-label"), made, Line("", classes="step-mark"), classes="form-row"
    )
