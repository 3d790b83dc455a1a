"""Keys and actions, from the registry."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from console.actions import Action, grouped
from screens.keys import EVERYWHERE, INNER, bindings, keys_for, shown
from screens.literal import literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.panel import Line

PLACES = {EVERYWHERE: "everywhere", INNER: "every screen but Home", "new_plan": "new plan"}
WIDGETS = (
    ("↑ ↓ PgUp PgDn", "move in a list; j k g G too"),
    ("enter", "open or choose what the cursor stands on"),
    ("tab", "the next field or pane"),
    ("^s", "save, where something can be edited"),
    ("f", "filter of entries or records"),
    ("^r", "read again from HubSpot"),
)


class HelpScreen(ConsoleScreen[None]):
    """All actions by group, with their keys and what they do."""

    PLACE = "help"
    HEADING = "Help"
    BINDINGS = bindings("help")

    def body(self) -> ComposeResult:
        """One long text."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = "Keys"
            yield Line(help_text())


def help_text() -> Content:
    """The registry as a page."""
    rows: list[Content] = []
    for group, actions in grouped().items():
        rows += [literal(group, "$primary bold"), *(action_row(action) for action in actions), literal("")]
    rows.append(literal("In lists and fields", "$primary bold"))
    rows += [row((f"  {key:<16}", "$accent bold"), (text, "")) for key, text in WIDGETS]
    rows += [literal(""), literal("Command line twins: hubspoke --help", "$muted")]
    return stack(*rows)


def action_row(action: Action) -> Content:
    """Keys with their screens, title, description, command line."""
    keys = keys_for(action.name)
    pressed = " ".join(dict.fromkeys(shown(key) for key in keys))
    places = ", ".join(dict.fromkeys(PLACES.get(place, place) for key in keys for place in key.where))
    cli = f"  hubspoke {action.cli}" if action.cli and not action.cli.startswith("-") else ""
    return stack(
        row((f"  {pressed:<9}", "$accent bold"), (f"{action.title:<20}", "bold"), (places, "$muted")),
        row((" " * 11, ""), (action.description, ""), (cli, "$muted")),
    )
