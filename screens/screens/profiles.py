"""Profiles: which HubSpot account to work with."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
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
        self.work(self._list, group="profiles")

    def on_screen_resume(self) -> None:
        """The setup may have made one."""
        self.work(self._list, group="list")

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

    def do_profile_import(self) -> None:
        """A profile of a provisioner file."""
        from screens.exchanging import take

        async def run() -> None:
            if await take(self.console):
                await self._list()

        self.work(run, group="import")

    def do_profile_rename(self) -> None:
        """Another name for the one under the cursor."""
        choice = self.query_one(Choices).current
        if choice is None:
            return
        self.work(lambda: self._rename(choice.value), group="rename")

    async def _rename(self, old: str) -> None:
        from screens.screens.dialogs import Ask

        taken = Profiles(self.console.paths).names()
        text = "Its secrets come along; plans, links and budgets belong to the portal and stay as they are."
        given = await self.app.push_screen_wait(
            Ask(
                f"Rename {old}",
                text,
                label="new name",
                value=old,
                check=lambda name: wrong_name(name.strip(), taken, old),
            )
        )
        if given is None or given.strip() == old:
            return
        from console.session import Session
        from console.settings.moving import rename
        from screens.unlocking import open_up

        mine = self.session if self.session is not None and self.session.profile.name == old else None
        async with Session.open(self.console.paths, old, self.session.vault.value if self.session else None) as session:
            vault = await (mine or session).vault
            if not await open_up(self.console, vault):
                self.console.say("The vault is not open, so the secrets could not come along.", severity="warning")
                return
            after = await rename(session.profiles, vault, old, given.strip())
        if mine is not None:
            await self.console.open_profile(after.name)
        await self._list()

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


def wrong_name(name: str, taken: Collection[str], old: str) -> str:
    """Why a profile cannot be called so; "" when it can."""
    from screens.screens.setup.judging import NAME_RULE, judged

    if name != old and name in taken:
        return "There is a profile of this name already."
    return NAME_RULE if judged("setup-name", name, ()).state == "wrong" else ""


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
