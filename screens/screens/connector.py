"""All settings of the open profile; saved they are what the command line reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import DescendantFocus

from console.settings.fields import FIELDS
from console.settings.profile import Profile
from screens import theme
from screens.keys import bindings
from screens.literal import hanging, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.panel import Line
from screens.widgets.profile_form import ProfileForm

if TYPE_CHECKING:
    from console.session import Session


class ConnectorScreen(ConsoleScreen[None]):
    """The form of a profile."""

    PLACE = "connector"
    CSS_PATH = theme.sheets("widgets", "forms")
    HEADING = "Connector"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("connector"),
        Binding("ctrl+s", "save", "Save", key_display="^s", priority=True),
    ]
    AUTO_FOCUS = "Input"

    def body(self) -> ComposeResult:
        """What the field is for, the fields, what is not saved yet."""
        profile = self.console.glance.profile or Profile(name="default")
        yield Line("", id="form-help")
        form = ProfileForm(profile)
        form.border_title = "Profile"
        yield form
        yield Line("", id="connector-cost")
        yield Line("", id="form-state")

    def session_opened(self, session: Session) -> None:
        """Show the profile as the file has it now."""
        self.query_one(ProfileForm).take(session.profile)
        self._tell_cost({})
        self.retitle(f"Connector {session.profile.name}")

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what the field is for."""
        key = (event.widget.id or "").removeprefix("field-")
        if key in FIELDS:
            self.query_one("#form-help", Line).show(row((f"{key}  ", "bold"), (FIELDS[key].help, "$muted")))

    def on_profile_form_edited(self) -> None:
        """Say what is not saved."""
        changes = self.query_one(ProfileForm).changes
        text = f"▲ not saved: {', '.join(changes)}" if changes else ""
        self.query_one("#form-state", Line).show(literal(text, "$warning"))
        self._tell_cost(changes)

    def on_budget_moved(self) -> None:
        """What the account allows is known, or differs."""
        self._tell_cost(self.query_one(ProfileForm).changes)

    def _tell_cost(self, changes: dict[str, str]) -> None:
        """What the ceilings cost, those that are typed now: imported ones often use a part of what HubSpot allows."""
        from console.connector.allowance import describe_allowance
        from console.settings.profiles import SettingsError, assign

        state, session = self.console.budget_state, self.session
        if state is None or session is None:
            return
        try:
            meant = assign(session.profile, changes)
        except SettingsError:
            return  # the field says what is wrong
        _, cause, advice = describe_allowance(state, meant)
        told = (
            hanging("▲ ", f"{cause} {advice}", max(40, self.app.size.width - 4), "$warning") if cause else [literal("")]
        )
        self.query_one("#connector-cost", Line).show(stack(*told))

    def on_input_submitted(self) -> None:
        """To the next field."""
        self.focus_next()

    def action_save(self) -> None:
        """Check all, write the file, open the profile anew."""
        edited = self.query_one(ProfileForm).edited()
        session = self.session
        if edited is None or session is None:
            return

        async def save() -> None:
            await asyncio.to_thread(session.profiles.save, edited)
            self.console.say(f"Saved: {edited.name}")
            await self.console.open_profile(edited.name)
            self.on_profile_form_edited()

        self.work(save, group="save")

    def do_back(self) -> None:
        """Ask before typed changes are thrown away."""
        if not self.query_one(ProfileForm).changes:
            self.console.do_back()
            return
        from screens.screens.dialogs import Confirm

        def answered(yes: bool | None) -> None:
            if yes:
                self.console.do_back()

        self.app.push_screen(Confirm("Leave without saving?", "What you typed is lost.", "Leave", "Stay"), answered)

    def offers(self, action: str) -> bool:
        """A certificate is accepted where the profile asks for that."""
        if action == "accept_certificate":
            return self.session is not None and self.session.profile.accept_self_signed_certificates
        return super().offers(action)

    def do_profile_import(self) -> None:
        """A profile of a provisioner file; it is the open one then."""
        from screens.exchanging import take

        async def run() -> None:
            await take(self.console)

        self.work(run, group="exchange")

    def do_profile_export(self) -> None:
        """This profile as a provisioner file, as it is saved."""
        from screens.exchanging import give

        session = self.session
        if session is not None:
            self.work(lambda: give(self.console, session.profile), group="exchange")

    def do_accept_certificate(self) -> None:
        """Show what the server shows now, and ask."""
        session = self.session
        if session is None:
            return
        if self.query_one(ProfileForm).changes:
            self.console.say("Save what you typed first.", severity="warning")
            return

        async def ask() -> None:
            from screens.pinning import accept

            await accept(self.console, session)

        self.work(ask, group="certificate")
