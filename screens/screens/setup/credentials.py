"""Step 2: the credentials, straight into the vault."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import msgspec
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import DescendantFocus
from textual.widgets import Input

from console.settings.profile import Profile
from console.settings.profiles import Profiles, SettingsError, assign
from console.settings.secrets import ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN
from screens.literal import hanging, literal, row, stack
from screens.screens.setup.judging import SIGNS, judged, opened_rows
from screens.screens.setup.step import Step, field, labelled
from screens.screens.setup.where import KEPT, SECRETS, SETTINGS, WHERE
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

    from console.settings.vault import Vault

TRY_AFTER = 0.8
"""Seconds without a key after which a token that looks right is shown to HubSpot."""


class CredentialsStep(Step):
    """Fields of the chosen kind; where the values are found in HubSpot; where they will live."""

    TITLE = "Credentials"
    INTRO = "Secrets go into this machine's vault and nowhere else."

    def __init__(self) -> None:
        super().__init__()
        self._vault: Vault | None = None
        self._timer: Timer | None = None
        self._tried: tuple[str, str] = ("", "")

    def fields(self) -> ComposeResult:
        """Name, address, and what the kind of credentials needs."""
        with VerticalScroll(classes="step-fields", can_focus=False):
            yield labelled("Profile name", field("setup-name", value="hubspot"))
            yield labelled("API address", field("setup-base", value="https://api.hubapi.com"))
            yield labelled("Access token", field("setup-token", "paste it here", secret=True))
            yield labelled("Client id", field("setup-client", "paste it here"))
            yield labelled("Client secret", field("setup-secret", "paste it here", secret=True))
            yield labelled("Redirect URL", field("setup-redirect", value=Profile(name="default").redirect_uri))
            yield labelled("Refresh token", field("setup-refresh", "empty: log in with the browser", secret=True))
        yield Line("", id="setup-judged")
        yield Line("", id="setup-where")
        yield Line("", id="setup-vault")
        yield Line("", id="setup-live")

    def enter(self) -> None:
        """Show the fields of the kind, with what was typed before; look at the vault."""
        self._shown("setup-token", self.state.kind == "token")
        for name in ("setup-client", "setup-secret", "setup-redirect", "setup-refresh"):
            self._shown(name, self.state.kind == "oauth")
        for name, value in self.state.typed.items():
            if name in KEPT:
                self.query_one(f"#{name}", Input).value = value
        self.query_one("#setup-name", Input).focus()
        self.setup.work(self._look, group="vault", failed=self._no_vault)

    def _shown(self, name: str, shown: bool) -> None:
        box = self.query_one(f"#{name}", Input)
        box.display = shown
        if box.parent is not None:
            cast("Widget", box.parent).display = shown

    async def _look(self) -> None:
        from console.settings.chain import open_vault

        self._vault = await open_vault(self.console.paths)
        status = await self._vault.status()
        sign, style = ("✓", "$success") if status.ready else ("▲", "$warning")
        told = {
            "ready": "ready",
            "locked": "locked; its passphrase is asked for next.",
            "needs_collection": "new; you choose its passphrase next.",
        }.get(status.state, f"{status.detail} {status.remedy}".strip())
        self.query_one("#setup-vault", Line).show(row((f"{sign} ", style), (f"{status.label}: ", "bold"), (told, "")))

    def _no_vault(self, error: BaseException) -> None:
        message = getattr(error, "message", type(error).__name__)
        self.query_one("#setup-vault", Line).show(literal(f"✗ {message}", "$error"))

    # ---- as it is typed

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say where the value is found, and what is wrong with it."""
        name, where = event.widget.id or "", self.query_one("#setup-where", Line)
        width = self.content_size.width
        where.show(stack(*(part for text in WHERE.get(name, ()) for part in hanging("→ ", text, width))))
        if isinstance(event.widget, Input):
            self._judge(event.widget)

    def on_descendant_blur(self) -> None:
        """What was typed is there again after the console was left, but for secrets."""
        self.state.typed = {name: self._value(name) for name in KEPT}
        self.setup.remember()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Judge it; show a token that looks right to HubSpot."""
        self._judge(event.input)
        if self._timer is not None:
            self._timer.stop()
        if self.state.kind == "token":
            self._timer = self.set_timer(TRY_AFTER, self._try)

    def _judge(self, box: Input) -> str:
        """The mark beside a field; words below it where it has the focus. Answers ok, warn or wrong."""
        names = Profiles(self.console.paths).names()
        found = judged(box.id or "", box.value, names)
        sign = SIGNS[found.state] if box.value.strip() else SIGNS["none"]
        for mark in cast("Widget", box.parent).query(".step-mark").results(Line):
            mark.show(literal(sign.glyph, sign.style))
        if box.has_focus:
            told = hanging(f"{sign.glyph} ", found.words, self.content_size.width or 56, sign.style)
            self.query_one("#setup-judged", Line).show(stack(*told))
        return found.state

    def _try(self) -> None:
        """Ask HubSpot whose key it is, once for each that is typed."""
        token, base = self._value("setup-token"), self._value("setup-base")
        boxes = [self.query_one(f"#{name}", Input) for name in ("setup-token", "setup-base", "setup-name")]
        if not token or (token, base) == self._tried or any(self._judge(box) == "wrong" for box in boxes):
            return
        self._tried = (token, base)
        self.query_one("#setup-live", Line).show(literal("▶ Asking HubSpot whose key it is …", "$primary"))
        self.setup.work(self._ask, group="try", failed=self._not_tried)

    async def _ask(self) -> None:
        from console.connector.tryout import try_out

        token, base = self._tried
        profile = await asyncio.to_thread(self._profile)
        opened = await try_out(profile, token, self.console.paths.budget)
        if (token, base) == self._tried:
            rows = opened_rows(opened, self.content_size.width or 56)
            self.query_one("#setup-live", Line).show(stack(*rows))

    def _not_tried(self, error: BaseException) -> None:
        message = getattr(error, "message", "") or self.console.trouble(error).message
        self.query_one("#setup-live", Line).show(literal(f"✗ {message}", "$error"))

    # ---- on

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _secrets(self) -> dict[str, str]:
        if self.state.kind == "token":
            return {ACCESS_TOKEN: self._value("setup-token")}
        return {CLIENT_SECRET: self._value("setup-secret"), REFRESH_TOKEN: self._value("setup-refresh")}

    def _profile(self) -> Profile:
        """The profile as typed, on top of what a file of that name already says."""
        name = self._value("setup-name")
        profiles = Profiles(self.console.paths)
        before = profiles.load(name) if name in profiles.names() else Profile(name=name)
        values = {"authentication": self.state.kind, "apiBaseUrl": self._value("setup-base"), "readSchema": "true"}
        if self.state.kind == "oauth":
            values |= {"clientId": self._value("setup-client"), "redirectUri": self._value("setup-redirect")}
            if _is_simulator(before, values["apiBaseUrl"]):
                values["authorizeUrl"] = f"{values['apiBaseUrl'].rstrip('/')}/oauth/authorize"
        return assign(msgspec.structs.replace(before, name=name), values)

    async def commit(self) -> bool:
        """Open the vault, keep profile and secrets, open the profile; log in where a grant is missing."""
        boxes = [self.query_one(f"#{name}", Input) for name in (*SETTINGS, *SECRETS, "setup-name")]
        for box in boxes:
            if box.display and box.value.strip() and self._judge(box) == "wrong":
                box.focus()
                return False
        asked = {name: value for name, value in self._secrets().items() if name != REFRESH_TOKEN}
        missing = [name for name, value in asked.items() if not value and not await self._stored(name)]
        if self.state.kind == "oauth" and not self._value("setup-client"):
            missing.insert(0, "clientId")
        if missing:
            self.complain(f"Still missing: {', '.join(missing)}.")
            return False
        try:
            profile = await asyncio.to_thread(self._profile)
            return await self._keep(profile) and await self._granted()
        except SettingsError as error:
            self.complain(error)
            return False

    async def _granted(self) -> bool:
        """Whether there is a grant: one that was stored, or one that the operator logs in for now."""
        session = self.session
        if session is None or session.profile.authentication != "oauth":
            return session is not None
        if await (await session.secrets).get(REFRESH_TOKEN) is not None:
            return True
        from screens.screens.login import LoginScreen

        if await self.app.push_screen_wait(LoginScreen()):
            return True
        self.complain("Nobody logged in yet. Enter tries again; or paste a refresh token.")
        return False

    async def _stored(self, name: str) -> bool:
        """Whether an earlier round of this step stored the secret already, for the same address."""
        session = self.session
        if session is None or session.profile.name != self._value("setup-name"):
            return False
        same = session.profile.api_base_url == self._value("setup-base")
        return same and await (await session.secrets).get(name) is not None

    async def _keep(self, profile: Profile) -> bool:
        from screens.unlocking import unlocked

        await asyncio.to_thread(Profiles(self.console.paths).save, profile)
        await asyncio.to_thread(Profiles(self.console.paths).use, profile.name)
        self.state.profile = profile.name
        if not await self.console.open_profile(profile.name):
            self.complain(self.console.opening_failed)
            return False
        session = self.session
        if session is None or not await unlocked(self.console, session, creating=True):
            self.complain("The vault is not open, so the credentials were not stored.")
            return False
        vault = await session.vault
        await vault.probe()
        secrets = await session.secrets
        for name, value in self._secrets().items():
            if value:
                await secrets.set(name, value)
        for name in ("setup-token", "setup-secret", "setup-refresh"):
            self.query_one(f"#{name}", Input).value = ""
        self.say(f"✓ Stored in: {vault.label}", "$success")
        return await self.console.open_profile(profile.name)


def _is_simulator(before: Profile, base: str) -> bool:
    """Whether the address can only be a simulator's, which shows the page to grant access itself."""
    untouched = before.authorize_url == Profile(name="default").authorize_url
    return untouched and base.startswith("http://")
