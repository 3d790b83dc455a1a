"""The gateway as other processes see it: status, clients, what waits for HubSpot, live requests without values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal

from screens import theme
from screens.copying import copy
from screens.keys import bindings
from screens.literal import literal, row
from screens.screens.gateway import words as said
from screens.screens.reading import Reading
from screens.widgets.paged_rows import PagedRows
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.gateway.settings import Client, GatewaySettings
    from console.gateway.status import Status
    from console.journal.model import RunProgress
    from console.session import Session
    from screens.screens.gateway.form import Saved

LOOK_EVERY = 0.5
RUNS = 200
NO_CLIENT = "No client yet, so nobody could call. n adds one, and shows its secret once."
QUIET = "No request yet. They appear here by themselves, without values."


class ClientTable(RecordTable):
    """Enter edits."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Edit", key_display="⏎")]


class RequestTable(RecordTable):
    """Enter holds the list still, or lets it follow."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Follow", show=False)]


class GatewayScreen(Reading):
    """It looks at a file and a lock of the state folder: the gateway runs in a process of its own."""

    PLACE = "gateway"
    CSS_PATH = theme.sheets("widgets", "gateway")
    HEADING = "Gateway"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("gateway"),
        Binding("f", "follow", "Follow"),
        Binding("y", "copy", "Copy", show=False),
    ]
    AUTO_FOCUS = "#gateway-clients"
    SAYS = "#gateway-state"

    def __init__(self) -> None:
        super().__init__()
        self._settings: GatewaySettings | None = None
        self._status: Status | None = None
        self._known = False
        self._letters: list[RunProgress] = []
        self._following = True
        self._failed_before = 0

    # ---- looks

    def body(self) -> ComposeResult:
        """Whether it runs; who may call; what waits; what was asked."""
        yield Line(said.state(None, known=False), id="gateway-state")
        yield Line("", id="gateway-note")
        with Container(id="gateway-upper"):
            yield ClientTable(
                Column("Client", 14, grow=1), Column("Signs in by", 12), Column("Rights", 16, grow=2),
                Column("Mapping", 15, grow=1), Column("Answers", 13), Column("Scope", 6, grow=2),
                empty="Reading …", id="gateway-clients",
            )  # fmt: skip
        yield Line("", id="gateway-feed")
        with Horizontal(id="gateway-head"):
            yield Line(literal("Requests", "$primary bold"), id="gateway-heading")
            yield Line("", id="gateway-follow")
        yield RequestTable(
            Column("When", 8), Column("Client", 14, grow=1), Column("", 6), Column("Path", 24, grow=3),
            Column("Status", 6), Column("ms", 6, right=True), Column("Note", 8, grow=1),
            empty="Reading …", id="gateway-requests",
        )  # fmt: skip

    def on_mount(self) -> None:
        """Look again and again; nothing while another screen is above."""
        self.set_interval(LOOK_EVERY, self._look_again)

    def session_opened(self, session: Session) -> None:
        """Read the settings, what is told by the gateway, and what runs left behind."""
        self.read(lambda: self._read(session))

    def on_screen_resume(self) -> None:
        """Clients and dead letters may be others now."""
        if self._known and self.session is not None:
            self.session_opened(self.session)

    async def _read(self, session: Session) -> None:
        from console.gateway import settings, status

        self._settings = await asyncio.to_thread(settings.load, session.paths)
        self._status = await asyncio.to_thread(status.read, session.paths)
        await self._read_letters(session)
        self._known = True
        self._show_clients()
        self._show()

    def _cannot_read(self, error: BaseException) -> None:
        super()._cannot_read(error)
        place = getattr(error, "place", "").rpartition("/")[2]
        for table in self.query(RecordTable):
            table.say_empty(f"Not read: {place}" if place else "Not read.")

    async def _read_letters(self, session: Session) -> None:
        from console.provisioning.run_note import has_dead_letters

        mappings = set(self._mappings())
        if not mappings:
            self._letters = []
            return
        runs = await (await session.runs).list(RUNS)
        self._letters = [run for run in runs if run.mapping in mappings and has_dead_letters(run)]

    def _mappings(self) -> list[str]:
        clients = self._settings.client if self._settings is not None else ()
        return list(dict.fromkeys(client.mapping for client in clients if client.mapping))

    def _look_again(self) -> None:
        session = self.session
        if self.is_current and self._known and session is not None:
            self.work(lambda: self._look(session), group="look", failed=lambda _: None)

    async def _look(self, session: Session) -> None:
        from console.gateway import status

        now = await asyncio.to_thread(status.read, session.paths)
        if now != self._status:
            self._status = now
            failed = sum(feed.failed for feed in now.feeds) if now is not None else 0
            if failed != self._failed_before:
                self._failed_before = failed
                await self._read_letters(session)
            self._show()
        else:
            self._tell()

    def _show_clients(self) -> None:
        table = self.query_one("#gateway-clients", RecordTable)
        table.say_empty(NO_CLIENT)
        clients = list(self._settings.client) if self._settings is not None else []
        table.show(PagedRows.of(clients, said.client_row), keep_cursor=True)

    def _show(self) -> None:
        """What moves: the status, the feed, the requests."""
        if self._following:
            newest = list(self._status.newest) if self._status is not None else []
            table = self.query_one("#gateway-requests", RecordTable)
            table.say_empty(QUIET if self._status is not None else "Nothing to see: the gateway does not run.")
            table.show(PagedRows.of(newest, said.request_row), keep_cursor=True)
            if newest:
                table.cursor = 0
        self._tell()
        self.refresh_bindings()

    def _tell(self) -> None:
        status = self._status
        self.query_one("#gateway-state", Line).show(said.state(status, known=True))
        note = self.query_one("#gateway-note", Line)
        note.display = bool(status is not None and status.note)
        if status is not None and status.note:
            note.show(row(("! ", "$warning bold"), (status.note, "$warning")))
        self.query_one("#gateway-feed", Line).show(
            said.feed(status, self._mappings(), self._letters, _dead(self._letters))
        )
        mark = ("● follows", "$success") if self._following else ("‖ held", "$warning")
        self.query_one("#gateway-follow", Line).show(row(mark) if status is not None else literal(""))

    # ---- moving about

    @property
    def client(self) -> Client | None:
        """The client under the cursor."""
        if not self.is_mounted:
            return None
        found: Client | None = self.query_one("#gateway-clients", RecordTable).current()
        return found

    def on_record_table_moved(self, message: RecordTable.Moved) -> None:
        """At the newest request it follows; anywhere else it holds still."""
        if message.control.id == "gateway-requests" and message.index == message.control.cursor:
            self._following = message.index == 0
            if self._known:
                self._tell()
        self.refresh_bindings()

    def on_record_table_chosen(self, message: RecordTable.Chosen) -> None:
        """Edit the client; hold the requests."""
        if message.control.id == "gateway-clients":
            self.do_gateway_client_edit()
        else:
            self.action_follow()

    def action_follow(self) -> None:
        """To the newest, and on with what comes; or hold still."""
        self._following = not self._following
        self._show()

    def action_copy(self) -> None:
        """The fingerprint of the certificate; the command that starts it, where it does not run."""
        status = self._status
        if status is None:
            copy(self.console, said.START, "The command")
        elif status.certificate:
            copy(self.console, status.certificate, "The certificate's SHA-256")
        else:
            copy(self.console, status.url, "The address")

    def offers(self, action: str) -> bool:
        """What is about a client needs one; what is about the gateway needs it to run."""
        if action == "gateway_client_add":
            return self._known
        if action in ("gateway_client_edit", "gateway_client_remove"):
            return self.client is not None
        if action == "gateway_client_secret":
            return self.client is not None and self.client.auth != "mtls"
        if action == "gateway_stop":
            return self._status is not None
        if action == "dead_letters":
            return bool(self._letters)
        return super().offers(action)

    # ---- clients

    def do_gateway_client_add(self) -> None:
        """A new client."""
        self._form(None)

    def do_gateway_client_edit(self) -> None:
        """The client under the cursor."""
        if self.client is not None:
            self._form(self.client)

    def _form(self, client: Client | None) -> None:
        session = self.session
        if session is None:
            return

        async def open_form() -> None:
            from console.provisioning.of_people import readers
            from screens.screens.gateway.form import ClientForm

            found = await asyncio.to_thread(readers, await session.mappings)
            form = ClientForm(session, client, tuple(reader.name for reader in found))
            self.app.push_screen(form, self._saved)

        self.work(open_form, group="client")

    def _saved(self, saved: Saved | None) -> None:
        if saved is None:
            return
        self.console.say(f"Saved {saved.client.name}. A gateway that runs takes it up by itself.")
        self._again()
        if saved.secret:
            self._show_secret(saved.client, saved.secret)

    def _show_secret(self, client: Client, secret: str) -> None:
        from screens.screens.gateway.secret import SecretShown

        self.app.push_screen(SecretShown(client.name, said.SIGNS_IN[client.auth], secret))

    def do_gateway_client_secret(self) -> None:
        """Another secret, after a question."""
        client, session = self.client, self.session
        if client is None or session is None:
            return

        async def renew() -> None:
            from screens.screens.gateway.storing import put

            self._show_secret(client, await put(self.console, session, client, renew=True))

        text = f"What {client.name} has signed in with is refused from now on, until it is given the new one."
        self._ask(f"A new {said.SIGNS_IN[client.auth]} for {client.name}?", text, "Make it", renew)

    def do_gateway_client_remove(self) -> None:
        """Take a client out, after a question."""
        client, session = self.client, self.session
        if client is None or session is None:
            return

        async def remove() -> None:
            from screens.screens.gateway import storing

            await storing.remove(self.console, session, client.name)
            self.console.say(f"Removed {client.name}.")
            self._again()

        text = "It is refused from now on, and its secret is forgotten. People whom it pushed stay as they are."
        self._ask(f"Remove {client.name}?", text, "Remove", remove)

    def _ask(self, title: str, text: str, yes: str, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        from screens.screens.dialogs import Confirm

        def answered(sure: bool | None) -> None:
            if sure:
                self.work(job, group="client")

        self.app.push_screen(Confirm(title, text, yes, "Leave it"), answered)

    def _again(self) -> None:
        if self.session is not None:
            self.session_opened(self.session)

    # ---- the gateway

    def do_gateway_stop(self) -> None:
        """End it, after a question."""
        status, session = self._status, self.session
        if status is None or session is None:
            return

        async def stop() -> None:
            from console.gateway.status import stop as stop_gateway

            await asyncio.to_thread(stop_gateway, session.paths)
            self.console.say("The gateway has ended. What waits is kept, and goes on with the next start.")
            self._again()

        text = "Requests under way are finished; then identity servers are refused until it is started again."
        self._ask(f"Stop the gateway at {status.url}?", text, "Stop it", stop)

    def do_dead_letters(self) -> None:
        """Those of the newest run that has any."""
        if self._letters:
            from screens.screens.dead_letters import DeadLettersScreen

            self.app.push_screen(DeadLettersScreen(self._letters[0].id))


def _dead(runs: list[RunProgress]) -> int:
    from console.journal.troubled import DEAD

    return sum(run.states.get(state, 0) for run in runs for state in DEAD)
