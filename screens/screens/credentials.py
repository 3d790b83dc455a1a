"""Where each secret lives; a secret is typed into a masked field and never shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from screens import theme
from screens.keys import bindings
from screens.literal import row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Panel
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session

PURPOSES = {
    "accessToken": "service key or private app token (authentication = token)",
    "clientSecret": "the app's client secret (oauth)",
    "refreshToken": "what a login gives: l (oauth)",
    "httpProxyPassword": "password at the HTTP proxy",
}


class Secret(NamedTuple):
    """One secret: whether it is there and where; never what it is."""

    name: str
    state: str
    source: str


class CredentialsScreen(ConsoleScreen[None]):
    """The secrets of the open profile."""

    PLACE = "credentials"
    CSS_PATH = theme.sheets("widgets", "forms")
    HEADING = "Credentials"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("credentials"),
        Binding("x", "forget", "Forget"),
        Binding("u", "unlock", "Unlock vault"),
    ]
    AUTO_FOCUS = "RecordTable"

    def body(self) -> ComposeResult:
        """The vault, the secrets."""
        yield Panel("Vault", "", id="vault-state")
        table = RecordTable(
            Column("Secret", 17),
            Column("State", 14),
            Column("Lives in", 12, grow=1),
            Column("What it is", 22, grow=2),
            empty="Looking …",
        )
        table.border_title = "Secrets: Enter stores one"
        table.add_class("panel")
        yield table

    def session_opened(self, session: Session) -> None:
        """Look."""
        self.work(lambda: self._look(session), group="secrets")

    async def _look(self, session: Session) -> None:
        vault = await session.vault
        status = await vault.status()
        sign = ("✓", "$success") if status.ready else ("▲", "$warning")
        self.query_one("#vault-state", Panel).show(
            stack(
                row((f"{sign[0]} {status.label}: {status.state.replace('_', ' ')}", f"{sign[1]} bold")),
                row((status.detail, "$muted")),
                row((status.remedy, "")),
                row(("Entries are bound to ", "$muted"), (session.profile.api_base_url, "")),
            )
        )
        secrets = await session.secrets
        found = []
        for name in PURPOSES:
            source = secrets.source(name)
            given = source in ("environment", "systemd")
            if not status.ready and not given:
                found.append(Secret(name, "? vault locked", source))
                continue
            there = await secrets.get(name) is not None
            found.append(Secret(name, "✓ set" if there else "○ not set", source if there else ""))
        self.query_one(RecordTable).show(PagedRows.of(found, _row), keep_cursor=True)

    def on_record_table_chosen(self, message: RecordTable.Chosen) -> None:
        """Store this one."""
        secret: Secret | None = message.table.current()
        session = self.session
        if secret is None or session is None:
            return
        from screens.screens.dialogs import Ask

        async def store(value: str) -> None:
            from screens.unlocking import unlocked

            if await unlocked(self.console, session, creating=True):
                await (await session.secrets).set(secret.name, value)
                self.console.say(f"Stored {secret.name} in: {(await session.vault).label}")
            await self._look(session)

        def answered(value: str | None) -> None:
            if value and value.strip():
                self.work(lambda: store(value.strip()), group="secrets")

        text = f"{PURPOSES[secret.name].capitalize()}. It is stored in the vault and never shown."
        self.app.push_screen(Ask(f"Store {secret.name}", text, label="paste it here", secret=True), answered)

    def action_forget(self) -> None:
        """Remove it from the vault, after a question."""
        secret: Secret | None = self.query_one(RecordTable).current()
        session = self.session
        if secret is None or session is None or secret.state != "✓ set":
            return
        from screens.screens.dialogs import Confirm

        async def forget() -> None:
            await (await session.secrets).delete(secret.name)
            await self._look(session)

        def answered(yes: bool | None) -> None:
            if yes:
                self.work(forget, group="secrets")

        text = f"{secret.name} is removed from the vault. HubSpot still knows it until it is revoked there."
        self.app.push_screen(Confirm(f"Forget {secret.name}?", text, "Forget", "Keep"), answered)

    def offers(self, action: str) -> bool:
        """Static tokens are revoked in HubSpot itself, by a person."""
        if action == "revoke":
            return self.session is not None and self.session.profile.authentication == "oauth"
        return super().offers(action)

    def do_revoke(self) -> None:
        """Give the access back to HubSpot, then forget it, after a question."""
        session = self.session
        if session is None:
            return
        from console.cli.login import LEFT_OVER
        from screens.screens.dialogs import Confirm

        async def revoke() -> None:
            from console.hubspot.login import give_back
            from console.settings.secrets import READ_ONLY, REFRESH_TOKEN

            secrets = await session.secrets
            await give_back(session.profile, secrets)
            source = secrets.source(REFRESH_TOKEN)
            if source not in READ_ONLY:
                await secrets.delete(REFRESH_TOKEN)
            rest = f"The {source} still brings it: take it out." if source in READ_ONLY else f"Forgotten in: {source}."
            self.console.say(f"Revoked at HubSpot. {rest} {LEFT_OVER}")
            await self.console.open_profile(session.profile.name)

        def answered(yes: bool | None) -> None:
            if yes:
                self.work(revoke, group="revoke")

        text = f"The app loses its access to the account, for all who use this grant. {LEFT_OVER}"
        self.app.push_screen(Confirm("Revoke the access at HubSpot?", text, "Revoke", "Keep"), answered)

    def action_unlock(self) -> None:
        """Ask the vault's passphrase."""
        session = self.session
        if session is None:
            return

        async def unlock() -> None:
            from screens.unlocking import unlocked

            await unlocked(self.console, session, creating=True)
            await self._look(session)

        self.work(unlock, group="secrets")


def _row(secret: Secret) -> Row:
    tone = {"✓": "", "○": "muted"}.get(secret.state[:1], "warning")
    return Row((secret.name, secret.state, secret.source, PURPOSES[secret.name]), tone)
