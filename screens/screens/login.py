"""OAuth login: the address to open, the way back, and a field to paste what the browser shows."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.text import safe
from screens import theme
from screens.keys import bindings
from screens.literal import lines, literal
from screens.screens import login_words
from screens.screens.base import ConsoleScreen
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.hubspot.login import Login, SignedIn
    from console.hubspot.login_listener import Listener
    from console.hubspot.secret import Secret
    from console.session import Session

WAIT_SECONDS = 600.0
AGAIN = "F5 begins again."


class LoginScreen(ConsoleScreen[bool]):
    """Begins by itself; answers whether access was granted."""

    PLACE = "login"
    CSS_PATH = theme.sheets("widgets", "forms")
    HEADING = "Log in by OAuth"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("login"),
        Binding("enter", "go_on", "Go on", key_display="⏎"),
        Binding("f4", "copy", "Copy address", key_display="F4"),
        Binding("f5", "again", "Begin again", key_display="F5"),
        Binding("f6", "open", "Open browser", key_display="F6"),
        Binding("f7", "proof", "PKCE on/off", key_display="F7"),
    ]
    AUTO_FOCUS = "Input"

    def __init__(self) -> None:
        super().__init__()
        self._pasted: asyncio.Queue[Secret] = asyncio.Queue()
        self._pkce = True
        self._url = ""
        self._display = False
        self._done = False

    def body(self) -> ComposeResult:
        """The address, the ways back, the field, how it went."""
        with VerticalScroll(id="login", can_focus=False):
            yield Line("", id="login-head")
            yield Line("", id="login-url")
            yield Line("", id="login-ways")
            field = Input(
                placeholder="paste here the address that the browser shows, or its code", password=True, compact=True
            )
            field.cursor_blink = False
            field.display = False
            yield field
            yield Line("", id="login-state")
            yield Line("", id="login-asked")

    def session_opened(self, session: Session) -> None:
        """Begin; the profile that is opened anew after a login begins nothing."""
        if not self._done:
            self.work(lambda: self._log_in(session), group="login", failed=self._fail)

    def _line(self, name: str) -> Line:
        return self.query_one(f"#login-{name}", Line)

    @property
    def _width(self) -> int:
        return max(40, (self.app.size.width or 80) - 4)

    async def _log_in(self, session: Session) -> None:
        from console.glance import cached_account
        from console.hubspot.login import open_login
        from screens.unlocking import unlocked

        self._line("state").show("")
        if not await unlocked(self.console, session, creating=True):
            self._line("state").show(login_words.failed("The vault is not open.", AGAIN, self._width))
            return
        await (await session.vault).probe()  # a code is good once: it must not meet a vault that takes nothing
        before = cached_account(session.paths, session.profile)
        async with open_login(session.profile, await session.secrets, pkce=self._pkce) as login:
            await login.check()
            done = await self._answered(login)
        if done is not None:
            await self._tell(session, done, before.portal_id if before else None)

    async def _answered(self, login: Login) -> SignedIn | None:
        """Wait for an answer that can be read; None when nothing came."""
        from console.hubspot.login_place import place_of
        from console.hubspot.login_refusals import LoginFailed
        from console.hubspot.login_waiting import way_back

        place = place_of(os.environ, login.redirect, _user())
        async with way_back(login) as back:
            self._url, self._display = login.url, place.display
            opened = place.display and await self._browse()
            self._line("head").show(literal("Open this in a browser, choose the account and grant the access:", "bold"))
            self._line("url").show(lines(login.url))
            self._line("asked").show(login_words.asked(login, self._width))
            self._line("ways").show(login_words.ways(login, place, back.problem, opened, self._width))
            self._waiting(True)
            while True:
                given = await self._first(back.listener)
                if given is None:
                    self._end(
                        login_words.failed(
                            f"No answer came within {WAIT_SECONDS / 60:.0f} minutes.", AGAIN, self._width
                        )
                    )
                    return None
                self._line("state").show(literal("▶ Asking HubSpot for the tokens …", "$primary"))
                try:
                    return await login.finish(given)
                except LoginFailed as failure:
                    if failure.reason != "unread":
                        raise
                    self._line("state").show(login_words.failed(failure.message, failure.advice, self._width))

    async def _first(self, listener: Listener | None) -> Secret | None:
        from console.hubspot.login_waiting import first_answer

        browser = listener.answer() if listener is not None else None
        return await first_answer(browser, self._pasted.get(), seconds=WAIT_SECONDS)

    async def _tell(self, session: Session, done: SignedIn, before: int | None) -> None:
        """Show what was granted, and let the console work with it."""
        self._done = True
        vault = (await session.vault).label
        self._end(literal("▶ Opening the account …", "$primary"))
        portal = str(done.portal_id or "not told")
        if await self.console.open_profile(session.profile.name) and self.session is not None:
            account = await self.session.account
            portal = f"{account.portal_id}  {account.portal_name}  {account.account_type}".rstrip()
        self._line("state").show(login_words.granted(done, portal, vault, before, self._width))

    def _waiting(self, yes: bool) -> None:
        """Show what belongs to a login that waits for its answer, or nothing of it."""
        for name in ("head", "url", "asked", "ways"):
            self._line(name).display = yes
        field = self.query_one(Input)
        field.display = yes
        self.set_focus(field if yes else None)
        self.refresh_bindings()

    def _end(self, told: Content) -> None:
        """Nothing is waited for any more."""
        self._url = ""
        self._waiting(False)
        self._line("state").show(told)

    def _fail(self, error: BaseException) -> None:
        from console.hubspot.login_refusals import AGAIN as AGAIN_AT_THE_PROMPT

        message = getattr(error, "message", "")
        if not message:
            self.console.trouble(error)
            return
        if self._done:  # granted all the same: only the account did not answer
            message = f"Access is granted, but the account cannot be read yet. {message}"
        advice = getattr(error, "advice", "") or getattr(error, "remedy", "")
        if getattr(error, "reason", "") == "profile":
            advice = login_words.SIGNS_IN_OTHERWISE
        advice = advice.replace(AGAIN_AT_THE_PROMPT, "")  # here it is a key
        self._end(login_words.failed(message, " ".join(f"{advice} {AGAIN}".split()), self._width))

    # ---- keys

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand over what was pasted; with nothing in the field, go back after a login."""
        from console.hubspot.secret import Secret

        event.stop()
        if event.value.strip():
            self._pasted.put_nowait(Secret(event.value))
        event.input.value = ""

    def action_go_on(self) -> None:
        """After a login: back to what was before."""
        self.do_back()

    def do_back(self) -> None:
        """Give up, or go back with what was granted."""
        self.dismiss(self._done)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that make no sense now are not shown."""
        if action in ("copy", "open"):
            return bool(self._url) and (action == "copy" or self._display)
        if action == "go_on":
            return self._done
        return not self._done if action in ("again", "proof") else super().check_action(action, parameters)

    def action_copy(self) -> None:
        """To the clipboard of the terminal, which over SSH is the operator's own."""
        self.app.copy_to_clipboard(self._url)
        self.console.say(login_words.COPIED)

    async def action_open(self) -> None:
        """The browser of this desktop."""
        if not await self._browse():
            self.console.say("There is no graphical browser here.", severity="warning")

    async def _browse(self) -> bool:
        from console.cli.browser import open_browser

        return await asyncio.to_thread(open_browser, self._url)

    def action_again(self) -> None:
        """A new login: the one before is worth nothing from now on."""
        if self.session is not None:
            self.session_opened(self.session)

    def action_proof(self) -> None:
        """Without PKCE, for an endpoint that refuses it; and with it again."""
        self._pkce = not self._pkce
        self.console.say(f"PKCE is {'on' if self._pkce else 'off'} for this login.")
        self.action_again()


def _user() -> str:
    import getpass

    try:
        return safe(getpass.getuser())
    except (OSError, KeyError):
        return ""
