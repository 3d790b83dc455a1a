"""A client of the gateway as a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from console.gateway.ports import RIGHTS
from console.gateway.settings import Client
from console.settings.errors import SettingsError, VaultError
from screens import theme
from screens.literal import literal, row
from screens.terminal.survive import SurvivingModal
from screens.widgets.panel import Line
from screens.widgets.turn import Turn

if TYPE_CHECKING:
    from textual import events

    from console.session import Session
    from screens.app import HubspokeApp

AUTH = ("basic", "bearer", "apiKey", "mtls")
ANSWERS = ("at once", "after HubSpot")
DELETION = ("remove", "deactivate")
FIELDS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("name", "Name", (), "What it is called here: small letters, digits, dots, dashes."),
    ("auth", "Signs in by", AUTH, "basic: user and password. bearer: a token. apiKey: header X-API-Key. mtls: a certificate."),
    ("user", "User", (), "For basic, where it is not the name."),
    ("subject", "Certificate", (), "For mtls: the common name or a DNS name of its certificate. Needs client_ca."),
    ("rights", "Rights", (), "Of: " + " ".join(RIGHTS)),
    ("mapping", "Mapping", (), "Brings whom it pushes to HubSpot; it reads people:. Blank keeps them here only."),
    ("scope", "Scope", (), 'Only these people are provisioned, such as: mail co "@example.org"'),
    ("blocking", "Answers", ANSWERS, "at once: what is pushed is kept, and goes on. after HubSpot: it hears what HubSpot did."),
    ("deletion", "On delete", DELETION, "What a DELETE does to the person: remove, or make inactive."),
)  # fmt: skip


class Saved(msgspec.Struct, frozen=True):
    """A client that was saved, and the secret that was made for it, "" for none."""

    client: Client
    secret: str


class ClientForm(SurvivingModal[Saved | None]):
    """Dismissed with what was saved, None when given up. `^s` saves from any field."""

    CSS_PATH = theme.sheets("widgets", "gateway")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", key_display="^s"),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("escape", "give_up", "Cancel"),
    ]

    def __init__(self, session: Session, client: Client | None, mappings: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._session = session
        self._client = client
        self._mappings = mappings
        self._busy = False

    def compose(self) -> ComposeResult:
        """A field a line, what the field under the cursor means, what is wrong."""
        with Vertical(classes="dialog panel", id="client-form") as box:
            box.border_title = literal(f"Client {self._client.name}" if self._client else "A new client")
            for name, label, choices, _ in FIELDS:
                if name == "name" and self._client is not None:
                    continue
                with Horizontal(classes="client-row"):
                    yield Line(literal(label, "$muted"), classes="client-label")
                    yield self._field(name, choices)
            yield Line("", id="client-hint")
            yield Line("", id="client-wrong")
            yield Line(
                row((" ^s ", "$accent bold"), ("save", "$muted"), ("   ↑↓ ", "$accent bold"), ("fields", "$muted"),
                    ("   space ", "$accent bold"), ("turns", "$muted"), ("   esc ", "$accent bold"), ("cancel", "$muted")),
            )  # fmt: skip

    def _field(self, name: str, choices: tuple[str, ...]) -> Widget:
        if choices:
            return Turn(*choices, id=f"client-{name}")
        field = Input(self._text(name), id=f"client-{name}", compact=True)
        field.cursor_blink = False
        return field

    def _text(self, name: str) -> str:
        client = self._client or Client(name="")
        value = getattr(client, name)
        return " ".join(value) if name == "rights" else str(value)

    def on_mount(self) -> None:
        """Turn to what the client has."""
        client = self._client
        if client is not None:
            chosen = (
                ("auth", AUTH.index(client.auth)),
                ("blocking", int(client.blocking)),
                ("deletion", DELETION.index(client.deletion)),
            )
            for name, place in chosen:
                if place:
                    self.query_one(f"#client-{name}", Turn).action_turn(place)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what the field means."""
        name = (event.widget.id or "").removeprefix("client-")
        hint = next((hint for field, _, _, hint in FIELDS if field == name), "")
        if name == "mapping" and self._mappings:
            hint = f"One of: {', '.join(self._mappings)}. Blank keeps people here only."
        self.query_one("#client-hint", Line).show(literal(hint, "$muted"))

    def on_input_changed(self) -> None:
        """What was wrong may be right now."""
        self._say("")

    def on_input_submitted(self) -> None:
        """Enter goes on; ^s saves."""
        self.focus_next()

    def _typed(self) -> dict[str, object]:
        found: dict[str, object] = {"name": self._client.name} if self._client is not None else {}
        for field in self.query("Input, Turn"):
            found[(field.id or "").removeprefix("client-")] = str(getattr(field, "value", "")).strip()
        found["rights"] = str(found["rights"]).replace(",", " ").split()
        found["blocking"] = found["blocking"] == ANSWERS[1]
        return found

    def action_save(self) -> None:
        """Check, then write; what is wrong is said and the form stays."""
        if self._busy:
            return
        typed = self._typed()
        if not typed["name"]:
            self._say("✗ A client needs a name.", "name")
            return
        unknown = [right for right in typed["rights"] if right not in RIGHTS]  # type: ignore[attr-defined]
        if unknown:
            self._say(f"✗ {unknown[0][:40]} is no right.", "rights")
            return
        if self._mappings and typed["mapping"] and typed["mapping"] not in self._mappings:
            self._say(f"✗ No mapping {str(typed['mapping'])[:40]} reads people:.", "mapping")
            return
        client = msgspec.convert(typed, Client)
        self._busy = True
        self.run_worker(self._write(client), exit_on_error=False)

    async def _write(self, client: Client) -> None:
        from console.gateway.settings import load
        from screens.screens.gateway.storing import put

        try:
            taken = self._client is None and load(self._session.paths).named(client.name) is not None
            if taken:
                self._busy = False
                self._say(f"✗ There is a client {client.name} already. Choose another name.", "name")
                return
            secret = await put(cast("HubspokeApp", self.app), self._session, client)
        except (SettingsError, VaultError) as error:
            self._busy = False
            self._say(f"✗ {error.message} {error.remedy}".strip())
            return
        self.dismiss(Saved(client, secret))

    def _say(self, text: str, field: str = "") -> None:
        self.query_one("#client-wrong", Line).show(literal(text, "$error", limit=400))
        if field:
            self.query_one(f"#client-{field}").focus()

    def action_give_up(self) -> None:
        """Nothing is saved."""
        self.dismiss(None)
