"""A client's new secret, shown this once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from screens import theme
from screens.copying import copy
from screens.literal import literal, row
from screens.terminal.survive import SurvivingModal
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from screens.app import HubspokeApp


class SecretShown(SurvivingModal[None]):
    """`y` copies it; Escape closes, and nobody sees it again."""

    CSS_PATH = theme.sheets("widgets", "gateway")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy"),
        Binding("escape,enter", "close", "Close"),
    ]

    def __init__(self, client: str, how: str, secret: str) -> None:
        super().__init__()
        self._client = client
        self._how = how
        self._secret = secret

    def compose(self) -> ComposeResult:
        """The secret and what becomes of it."""
        with Vertical(classes="dialog panel") as box:
            box.border_title = literal(f"The {self._how} of {self._client}")
            yield Line(
                literal("Give it to the identity server now. Only a hash of it is kept: nobody can show it again.")
            )
            yield Line(literal(self._secret, "$accent bold"), id="secret-value")
            yield Line(
                row((" y ", "$accent bold"), ("copy", "$muted"), ("   esc ", "$accent bold"), ("close", "$muted")),
                classes="dialog-keys",
            )

    def action_copy(self) -> None:
        """To the clipboard."""
        copy(cast("HubspokeApp", self.app), self._secret, "The secret")

    def action_close(self) -> None:
        """It is gone."""
        self.dismiss(None)
