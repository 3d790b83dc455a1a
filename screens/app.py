"""The console: one Textual app over one open profile.

First paint needs only files (console.glance). The profile is opened, and the demo's simulator
awaited, in workers after it; screens but Home are imported when they are first opened.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.worker import Worker

from console.actions import ACTIONS
from console.glance import HomeGlance, home_glance, newest_runs, under_way
from console.settings.paths import Paths
from console.text import safe
from screens import theme
from screens.standing import Standing, standing_of
from screens.terminal.fence import FrameFence
from screens.terminal.gate import Gate
from screens.terminal.link import Link, link_of
from screens.terminal.plain import Plain
from screens.terminal.survive import SurvivingApp

if TYPE_CHECKING:
    from textual.theme import Theme

    from console.demo import Demo
    from console.hubspot.budget import BudgetState
    from console.session import Session
    from screens.apology import Trouble

PLACES: dict[str, tuple[str, str, tuple[Any, ...]]] = {
    "setup": ("setup.screen", "SetupScreen", ()),
    "connector": ("connector", "ConnectorScreen", ()),
    "credentials": ("credentials", "CredentialsScreen", ()),
    "login": ("login", "LoginScreen", ()),
    "profile_switch": ("profiles", "ProfilesScreen", ()),
    "test": ("connection", "ConnectionScreen", ()),
    "doctor": ("doctor", "DoctorScreen", ()),
    "log": ("log", "LogScreen", ()),
    "bundle": ("bundle", "BundleScreen", ()),
    "browse_contacts": ("browse", "BrowseScreen", ("contact",)),
    "browse_companies": ("browse", "BrowseScreen", ("company",)),
    "schema": ("schema", "SchemaScreen", ()),
    "record_create": ("record_create", "RecordCreateScreen", ()),
    "plan": ("new_plan", "NewPlanScreen", (False,)),
    "provision": ("new_plan", "NewPlanScreen", (True,)),
    "diff": ("history", "HistoryScreen", ("plans",)),
    "people": ("people.screen", "PeopleScreen", ()),
    "gateway": ("gateway.screen", "GatewayScreen", ()),
    "history": ("history", "HistoryScreen", ("runs",)),
    "run_watch": ("run", "RunScreen", ("",)),
    "dead_letters": ("dead_letters", "DeadLettersScreen", ("",)),
    "mapping_check": ("mapping", "MappingScreen", ()),
    "person": ("person", "PersonScreen", ()),
    "sources": ("sources", "SourcesScreen", ()),
    "help": ("help", "HelpScreen", ()),
}
"""Where an action of the registry goes when the screen itself has no better answer."""

SETTLE = 0.06
"""Seconds in which the first frame leaves for the terminal before anything else is begun."""
NEEDS_PROFILE = frozenset(PLACES) - {"setup", "profile_switch", "doctor", "help", "log", "bundle"}
ALWAYS = frozenset({"home", "back", "theme", "suspend", "palette", "quit"})


class HubspokeApp(SurvivingApp, FrameFence, App[int]):
    """The console."""

    TITLE = "Hubspoke"
    CSS = theme.stylesheet("console")
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = []
    NOTIFICATION_TIMEOUT = 8

    def __init__(
        self,
        paths: Paths,
        profile_name: str | None = None,
        demo: Demo | None = None,
        glance: HomeGlance | None = None,
    ) -> None:
        self.link: Link = link_of(os.environ)
        self._gate = Gate()
        self._plain = Plain()
        self._theme_trouble: Exception | None = None
        super().__init__()
        self.animation_level = "none"
        self.paths = paths
        self.profile_name = profile_name
        self.demo = demo
        self.session: Session | None = None
        self.opening_failed = ""
        self.budget_state: BudgetState | None = None
        self.glance: HomeGlance = glance or home_glance(paths, profile_name)
        self.standing: Standing = standing_of(self.glance.profile, self.glance.account, demo=demo is not None)
        self.active_runs = 0
        self.troubles: list[BaseException] = []
        self.fence_enabled = self.link.fence
        self._open = AsyncExitStack()
        self._started_demo = False
        self._take_theme()

    # ---- looks

    def _take_theme(self) -> None:
        from console.settings import preferences
        from console.settings.errors import SettingsError

        try:
            wanted = preferences.load(self.paths).theme
        except SettingsError:
            wanted = ""  # Home says what is wrong with the file
        if self.no_color:
            wanted = theme.PLAIN
        made = self._first_theme(wanted or theme.DEFAULT)
        self.register_theme(made)
        # not assigned: that would have all styles computed a second time before the first frame
        self.set_reactive(App.theme, made.name)
        self.stylesheet.set_variables(self.get_css_variables())

    def _first_theme(self, wanted: str) -> Theme:
        try:
            return self._make_theme(wanted)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an operator's own theme, the console opens
            self._theme_trouble = error  # told once the first frame stands
            return self._make_theme(theme.DEFAULT)

    def _make_theme(self, name: str) -> Theme:
        """A theme of ours or of the operator's, for the colours that this terminal has."""
        sixteen = self.console.color_system == "standard"
        if name in theme.NAMES:
            return theme.load(name, sixteen=sixteen)
        from screens import own_themes

        return theme.build(name, own_themes.read(self.paths, name).table, sixteen=sixteen)

    def wear(self, name: str) -> None:
        """Put on a theme, made anew: the operator may have changed its file."""
        self.register_theme(self._make_theme(name))
        self.theme = name

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters; no colour at all in a plain theme; our gate as the last."""
        filters = [*super().get_line_filters(), self._gate]
        return [*filters, self._plain] if "plain" in self.current_theme.variables else filters

    def get_driver_class(self) -> type[Driver]:
        """Our own driver on POSIX; clicks without motion over SSH."""
        if sys.platform == "win32":
            return super().get_driver_class()
        from screens.terminal.driver import ClickDriver, QuietDriver

        return ClickDriver if self.link.click_only_mouse else QuietDriver

    def get_default_screen(self) -> Screen[Any]:
        """Home is there from the first frame on."""
        from screens.screens.home import HomeScreen

        return HomeScreen()

    # ---- life

    def on_mount(self) -> None:
        """Listen to signals; open the profile once the first frame is painted."""
        from screens.terminal import signals

        if not self.is_headless and sys.platform != "win32":
            signals.install(self.leave)
        self.call_after_refresh(self._first_frame)

    def _first_frame(self) -> None:
        """It is on its way: from now on a mistake ends nothing but what made it."""
        self.surviving = True
        self.set_timer(SETTLE, self._begin)

    def _begin(self) -> None:
        """Now the heavy things may be imported."""
        if not gc.isenabled():
            gc.freeze()  # what was imported stays: no collection need look at it again
            gc.set_threshold(10_000, 20, 20)  # looking at everything takes longer than a key may wait: seldom, then
            gc.enable()
        if self._theme_trouble is not None:
            self.trouble(self._theme_trouble)
        if self.glance.profile is None and self.demo is None:
            self.go("setup")
            return
        self.beside(partial(self.open_profile, self.profile_name), group="session")

    async def open_profile(self, name: str | None) -> bool:
        """Open a profile (None: the current one), closing the one before; says whether it is open."""
        from screens import live

        return await live.open_profile(self, name)

    async def open_demo(self) -> bool:
        """Start the embedded simulator and work on it; it ends with the console."""
        from screens import live

        return await live.open_demo(self)

    def leave(self, code: int) -> None:
        """The terminal leaves: so do we. Runs go on."""
        self.exit(code, return_code=code)

    def hang_up(self) -> None:
        """The input ended: as SIGHUP."""
        from screens.terminal import signals

        signals.hold_to_it(129)
        self.leave(129)

    async def on_unmount(self) -> None:
        """Close what is open."""
        await self._open.aclose()
        if self._started_demo and self.demo is not None:
            self.demo.stop()

    def beside(self, job: Callable[[], Coroutine[Any, Any, Any]], *, group: str) -> Worker[Any]:
        """Run `job` beside the screens; a second one of the same group replaces the first."""
        return self.run_worker(job, group=group, exclusive=True, exit_on_error=False)

    # ---- actions

    def goes_to(self, action: str) -> bool:
        """Whether the app itself can perform an action now."""
        if action in ALWAYS:
            return True
        return action in PLACES and (self.glance.profile is not None or action not in NEEDS_PROFILE)

    def offers(self, action: str, screen: Screen[Any] | None = None) -> bool:
        """Whether an action makes sense on a screen (the current one)."""
        here = screen if screen is not None else self.screen
        own = getattr(here, "offers", None)
        return bool(own(action)) if own is not None else False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of actions that make no sense now do nothing and are not shown."""
        if action == "perform":
            return self.offers(str(parameters[0]))
        return True

    async def action_perform(self, name: str) -> None:
        """Perform an action of the registry: the screen's way (`do_<name>`), or by going to its screen."""
        if name not in ACTIONS or not self.offers(name):
            return
        own = getattr(self.screen, f"do_{name}", None)
        if own is None:
            own = getattr(self, f"do_{name}", None)
        if own is None:
            self.go(name)
            return
        result = own()
        if isawaitable(result):
            await result

    def go(self, action: str) -> None:
        """Open the screen of an action."""
        module, name, arguments = PLACES[action]
        self.push_screen(getattr(import_module(f"screens.screens.{module}"), name)(*arguments))

    def do_back(self) -> None:
        """To the screen before; Home is the last."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def do_home(self) -> None:
        """Back to Home, however deep."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def do_palette(self) -> None:
        """Find an action by name."""
        self.action_command_palette()

    def action_command_palette(self) -> None:
        """Textual's own key for it opens ours."""
        from screens.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def do_theme(self) -> None:
        """The next theme, ours and then the operator's own; it is remembered."""
        from screens import theming

        theming.next_theme(self)

    def do_suspend(self) -> None:
        """To the shell and back, where there is a shell."""
        from screens.terminal.suspend import NOBODY, a_shell_waits

        if a_shell_waits():
            self.action_suspend_process()
        else:
            self.say(NOBODY)

    async def do_quit(self) -> None:
        """Leave; ask first when a run goes on without us."""
        import asyncio

        from screens.screens.dialogs import Confirm

        if self.session is not None:
            self.active_runs = under_way(await asyncio.to_thread(newest_runs, self.paths))
        if not self.active_runs:
            self.exit(0)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.exit(0)

        text = "A run is under way. It goes on without the console; the next console finds it again."
        await self.push_screen(Confirm("Leave the console?", text, "Leave", "Stay"), answered)

    # ---- words

    def say(self, message: str, *, severity: str = "information") -> None:
        """A short notice; foreign text in it is made harmless."""
        self.notify(safe(message, limit=600, newlines=True), severity=severity, markup=False)  # type: ignore[arg-type]

    def trouble(self, error: BaseException) -> Trouble:
        """Tells the operator that something failed: words of the house, or an apology with a reference."""
        from screens.apology import apology, expected

        known = expected(error)
        if known is None:
            self.troubles.append(error)
        told = known or apology(error, self.paths.log)
        self.say(told.text, severity="warning" if known else "error")
        return told

    def last_words(self, error: BaseException) -> str:
        """Why the console has to end, without any data."""
        from screens.apology import apology, expected

        known = expected(error)
        told = known or apology(error, self.paths.log, ended=True)
        return safe(f"hubspoke: {told.text}", limit=1000, newlines=True)

    # ---- gauges

    @property
    def gauges_up(self) -> bool:
        """Whether the gauges stand in the footer: a run is under way, or requests are in flight."""
        from screens.widgets.gauges import in_use

        return self.active_runs > 0 or in_use(self.budget_state)

    def renew_bars(self) -> None:
        """Let the visible screen show the newest state of portal and allowance."""
        from screens.widgets.bars import GaugeBar, TopBar

        for bar in self.screen.query(GaugeBar):
            bar.renew()
        for top in self.screen.query(TopBar):
            top.renew()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[Any]:  # noqa: ARG002 - Textual's signature
        """None of Textual's own: the palette lists our actions."""
        return ()


def _commands() -> Any:
    from screens.palette import ActionProvider

    return ActionProvider


HubspokeApp.COMMANDS = {_commands}


def run_console(paths: Paths, profile_name: str | None = None, demo: Demo | None = None) -> int:
    """Run the console in this terminal; returns the exit code."""
    from screens.terminal.guard import refusal

    refused = refusal(os.environ, sys.__stdin__, sys.__stdout__, sys.__stderr__)
    if refused:
        sys.stderr.write(refused + "\n")
        return 2
    gc.disable()  # a collection amid the first frame costs a tenth of it; _begin enables it again
    app = HubspokeApp(paths, profile_name, demo)
    result = app.run()
    return result if isinstance(result, int) else app.return_code or 0
