"""Step 3: the options that setups differ in; all others are on the Connector screen."""

from __future__ import annotations

import asyncio

from textual.app import ComposeResult
from textual.events import DescendantFocus
from textual.widgets import Input

from console.settings.fields import FIELDS
from console.settings.profile import Profile
from console.settings.profiles import SettingsError
from screens.literal import row
from screens.screens.setup.step import Step
from screens.widgets.panel import Line
from screens.widgets.profile_form import ProfileForm

KEYS = (
    "displayName",
    "httpProxyHost",
    "httpProxyPort",
    "httpProxyUser",
    "caFile",
    "acceptSelfSignedCertificates",
    "maximumConnections",
    "permitsPerSecond",
    "timeoutSeconds",
    "apiVersion",
)


class OptionsStep(Step):
    """Most setups change nothing here."""

    TITLE = "Options"
    INTRO = "Most setups change nothing here. Enter in the last field goes on; ^n goes on from anywhere."

    def fields(self) -> ComposeResult:
        """The form."""
        yield ProfileForm(Profile(name="default"), KEYS)
        yield Line("", id="setup-help")

    def enter(self) -> None:
        """Show the profile."""
        if self.session is not None:
            self.query_one(ProfileForm).take(self.session.profile)
        self.query_one(Input).focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what the field is for."""
        key = (event.widget.id or "").removeprefix("field-")
        if key in FIELDS:
            self.query_one("#setup-help", Line).show(row(("→ ", "$accent"), (FIELDS[key].help, "")))

    async def commit(self) -> bool:
        """Keep what was changed."""
        form = self.query_one(ProfileForm)
        edited = form.edited()
        session = self.session
        if edited is None or session is None:
            return False
        if not form.changes:
            return True
        try:
            await asyncio.to_thread(session.profiles.save, edited)
        except SettingsError as error:
            self.complain(error)
            return False
        return await self.console.open_profile(edited.name)
