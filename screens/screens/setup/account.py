"""Step 1: which HubSpot."""

from __future__ import annotations

from textual.app import ComposeResult

from screens.screens.setup.step import Step
from screens.widgets.choices import Choice, Choices

DEMO = "demo"


class AccountStep(Step):
    """The simulator, or an account by one of two kinds of credentials; the simpler one first."""

    TITLE = "Account"
    INTRO = "Which HubSpot shall this console work with?"

    def fields(self) -> ComposeResult:
        """Three choices."""
        yield Choices(
            Choice(DEMO, "Demo", "a simulator on this machine, with sample people"),
            Choice("token", "HubSpot with a service key (recommended)", "one key, made in HubSpot in a minute"),
            Choice("oauth", "HubSpot by an app (OAuth)", "an app of HubSpot's developer platform, by login"),
            id="account-kind",
        )

    def enter(self) -> None:
        """Choose."""
        self.query_one(Choices).focus()

    def on_choices_picked(self, message: Choices.Picked) -> None:
        """Chosen."""
        message.stop()
        self.setup.go_on()

    async def commit(self) -> bool:
        """Start the demo, or go on to the credentials."""
        choice = self.query_one(Choices).current
        self.state.kind = choice.value if choice else ""
        if self.state.kind != DEMO:
            if self.console.demo is None:
                return True
            self.complain("This console runs the demo, which leaves nothing behind. Quit it and start: hubspoke")
            return False
        if self.console.demo is None:
            self.say("▶ Starting the simulator …", "$primary")
            if not await self.console.open_demo():
                self.complain(self.console.opening_failed or "The simulator did not start.")
                return False
        self.say("")
        return True
