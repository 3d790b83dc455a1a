"""Profiles: which HubSpot account to work with."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from console.settings.profiles import Profiles, SettingsError
from screens import theme
from screens.keys import bindings
from screens.screens.base import ConsoleScreen
from screens.widgets.choices import Choice, Choices


class ProfilesScreen(ConsoleScreen[None]):
    """Enter works with it from now on."""

    PLACE = "profiles"
    CSS_PATH = theme.sheets("widgets")
    HEADING = "Profiles"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("profiles"),
        Binding("n", "add", "New"),
        Binding("x", "remove", "Remove"),
    ]
    AUTO_FOCUS = "Choices"

    def body(self) -> ComposeResult:
        """The list."""
        with VerticalScroll(classes="panel fill", can_focus=False) as box:
            box.border_title = "Enter works with it from now on"
            yield Choices(empty="No profile yet: n begins the guided setup.")

    def on_mount(self) -> None:
        """Read the folder."""
        super().on_mount()
        self.work(self._list, group="profiles")

    async def _list(self) -> None:
        choices = await asyncio.to_thread(_choices, Profiles(self.console.paths))
        self.query_one(Choices).offer(choices)

    def on_choices_picked(self, message: Choices.Picked) -> None:
        """Use it."""
        name = message.choice.value

        async def use() -> None:
            await asyncio.to_thread(Profiles(self.console.paths).use, name)
            if await self.console.open_profile(name):
                self.console.do_home()

        self.work(use, group="profiles")

    def action_add(self) -> None:
        """The guided setup."""
        self.console.go("setup")

    def action_remove(self) -> None:
        """Remove its file, after a question; not the one that is open."""
        choice = self.query_one(Choices).current
        if choice is None:
            return
        open_name = self.session.profile.name if self.session is not None else ""
        if choice.value == open_name:
            self.console.say("This profile is open. Open another one first.", severity="warning")
            return
        from screens.screens.dialogs import Confirm

        async def remove() -> None:
            await asyncio.to_thread(Profiles(self.console.paths).remove, choice.value)
            await self._list()

        def answered(yes: bool | None) -> None:
            if yes:
                self.work(remove, group="profiles")

        text = "Its settings are removed. Its secrets stay in the vault until they are forgotten."
        self.app.push_screen(Confirm(f"Remove the profile {choice.value}?", text, "Remove", "Keep"), answered)


def _choices(profiles: Profiles) -> list[Choice]:
    found = []
    current = profiles.current()
    for name in profiles.names():
        try:
            profile = profiles.load(name)
            told = f"{profile.title} · {profile.authentication} · {profile.api_base_url}"
        except SettingsError as error:
            told = f"✗ {error.message}"
        found.append(Choice(name, f"{name}{'  ● current' if name == current else ''}", told))
    return found
