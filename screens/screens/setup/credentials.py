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
from screens.literal import hanging, literal, row, stack
from screens.screens.setup.step import Step, field, labelled
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from textual.widget import Widget

    from console.settings.vault import Vault

SCOPES = (
    "crm.objects.contacts.read and .write, crm.objects.companies.read and .write, "
    "crm.schemas.contacts.read, crm.schemas.companies.read"
)
"""What the credentials must be allowed; without companies only contacts work."""
MORE = "crm.schemas.contacts.write, crm.schemas.companies.write"
"""What they need to change property definitions."""

WHERE = {
    "setup-name": ("Your own short name for this connection, such as production. It names the file of its settings.",),
    "setup-base": ("https://api.hubapi.com for HubSpot; another only for a proxy of your own, or the simulator.",),
    "setup-token": (
        "In HubSpot open Development > Keys > Service keys > Create service key. A super admin may.",
        "The access token of an older private app does as well.",
        f"Scopes: {SCOPES}.",
        f"To change definitions also {MORE}.",
    ),
    "setup-client": (
        "In HubSpot open Development > Projects > your project > your app > Auth: Client ID.",
        f"Its required scopes (app-hsmeta.json): oauth, {SCOPES}.",
    ),
    "setup-secret": (
        "On the same page, below the client id: Client secret > Show.",
        f"The app's optional scopes, to change property definitions: {MORE}.",
    ),
    "setup-redirect": (
        "HubSpot sends the browser there after the login. Write exactly this among the app's redirect URLs.",
        "HubSpot takes https, and http for localhost only. With https, you paste what the browser shows.",
    ),
    "setup-refresh": (
        "Leave it empty: Enter logs in with the browser.",
        "Or paste a refresh token of this app that you have already.",
    ),
}
"""Where each value is found, sentence by sentence."""


class CredentialsStep(Step):
    """Fields of the chosen kind; where the values are found in HubSpot; where they will live."""

    TITLE = "Credentials"
    INTRO = "Secrets go into this machine's vault and nowhere else."

    def __init__(self) -> None:
        super().__init__()
        self._vault: Vault | None = None

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
        yield Line("", id="setup-where")
        yield Line("", id="setup-vault")

    def enter(self) -> None:
        """Show the fields of the kind; look at the vault."""
        for name in ("setup-token",):
            self._shown(name, self.state.kind == "token")
        for name in ("setup-client", "setup-secret", "setup-redirect", "setup-refresh"):
            self._shown(name, self.state.kind == "oauth")
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

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say where the value is found."""
        where, width = self.query_one("#setup-where", Line), self.content_size.width
        where.show(
            stack(*(part for text in WHERE.get(event.widget.id or "", ()) for part in hanging("→ ", text, width)))
        )

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _secrets(self) -> dict[str, str]:
        from console.settings.secrets import ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN

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
        from console.settings.secrets import REFRESH_TOKEN

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
        from console.settings.secrets import REFRESH_TOKEN

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
