"""Step 1: which HubSpot."""

from __future__ import annotations

from textual.app import ComposeResult

from screens.literal import hanging, stack
from screens.screens.setup.step import Step
from screens.widgets.choices import Choice, Choices
from screens.widgets.panel import Line

DEMO = "demo"
TOLD = {
    DEMO: (
        "Nothing to sign up for: a HubSpot with 2,000 contacts is started on this machine, with a file of sample people.",
        "All seven steps are the same as with an account. What you make there is gone when you leave.",
    ),
    "token": (
        "You need to be a super admin in HubSpot, or to have a key that one made for you.",
        "The next step says which page and which button, and which scopes the key needs.",
    ),
    "oauth": (
        "For an app that others install as well, or where keys are not allowed.",
        "You need the app's client id and client secret; then you log in with a browser.",
    ),
}


class AccountStep(Step):
    """The simulator, or an account by one of two kinds of credentials; the simpler one first."""

    TITLE = "Account"
    INTRO = "Which HubSpot shall this console work with? Up and down choose, Enter goes on."

    def fields(self) -> ComposeResult:
        """Three choices, and what each one takes."""
        yield Choices(
            Choice(DEMO, "Try it on the simulator", "no HubSpot account needed; with sample people"),
            Choice(
                "token", "My HubSpot account, by a service key", "one key, made in HubSpot in a minute (recommended)"
            ),
            Choice("oauth", "My HubSpot account, by an app (OAuth)", "an app of the developer platform, by login"),
            id="account-kind",
        )
        yield Line("", id="account-told")

    def enter(self) -> None:
        """Choose; what was chosen before is under the cursor."""
        choices = self.query_one(Choices)
        choices.pick(self.state.kind)
        choices.focus()
        self._tell()

    def on_choices_moved(self) -> None:
        """Say what it takes."""
        self._tell()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._tell()

    def _tell(self) -> None:
        choice = self.query_one(Choices).current
        sentences = TOLD.get(choice.value, ()) if choice is not None else ()
        rows = [part for text in sentences for part in hanging("→ ", text, self.content_size.width or 56)]
        self.query_one("#account-told", Line).show(stack(*rows))

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
