"""Keys and actions, from the registry: those of the screen one comes from first, all of them below, found by a word."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from console.actions import ACTIONS, Action, grouped
from screens import theme
from screens.keys import EVERYWHERE, INNER, bindings, keys_for, keys_of, shown
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
    ("1 2 3 4", "on Home: to what needs somebody"),
)


class HelpScreen(ConsoleScreen[None]):
    """This screen's keys, then all actions by group, with what they do and their twins on the command line."""

    PLACE = "help"
    CSS_PATH = theme.sheets("widgets", "forms")
    HEADING = "Help"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("help"),
        Binding("slash", "find", "Find", key_display="/"),
    ]
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self) -> None:
        super().__init__()
        self._of: Screen[object] | None = None

    def body(self) -> ComposeResult:
        """What is looked for, and one long text."""
        stacked = self.app.screen_stack
        place = stacked.index(self) if self in stacked else len(stacked)
        self._of = stacked[place - 1] if place else None
        field = Input(placeholder="/ finds an action: undo, export, password", id="help-find", compact=True)
        field.cursor_blink = False
        yield field
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = "Keys"
            yield Line(help_text(of=self._of), id="help-text")

    def action_find(self) -> None:
        """Type a word."""
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """As it is typed."""
        self.query_one("#help-text", Line).show(help_text(event.value, self._of))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def on_input_submitted(self) -> None:
        """To the text, to scroll it."""
        self.query_one(VerticalScroll).focus()

    def do_back(self) -> None:
        """Out of the word first."""
        field = self.query_one(Input)
        if field.value or field.has_focus:
            field.value = ""
            self.query_one(VerticalScroll).focus()
        else:
            self.console.do_back()


def help_text(wanted: str = "", of: Screen[object] | None = None) -> Content:
    """The registry as a page; with `wanted` only what has all of its words in it."""
    words = wanted.lower().split()
    rows = _screen_rows(of, words) if isinstance(of, ConsoleScreen) else []
    for group, actions in grouped().items():
        found = [action for action in actions if _matches(words, _text(action))]
        if found:
            rows += [literal(group, "$primary bold"), *(action_row(action) for action in found), literal("")]
    widgets = [(key, text) for key, text in WIDGETS if _matches(words, f"{key} {text}")]
    if widgets:
        rows.append(literal("In lists and fields", "$primary bold"))
        rows += [row((f"  {key:<16}", "$accent bold"), (text, "")) for key, text in widgets]
    if not rows:
        return literal("Nothing has these words. esc shows all again.", "$muted")
    return stack(*rows, "", literal("Command line twins: hubspoke --help", "$muted"))


def _screen_rows(screen: ConsoleScreen[object], words: list[str]) -> list[Content]:
    """The keys of one screen, the registry's and its own."""
    keys: dict[str, str] = {}
    for key in keys_of(screen.PLACE):
        keys.setdefault(shown(key), ACTIONS[key.action].title)
    for binding in type(screen).BINDINGS:
        if isinstance(binding, Binding) and not binding.action.startswith("app.perform") and binding.description:
            keys.setdefault(binding.key_display or binding.key, binding.description)
    keys = _joined(keys)
    found = {key: title for key, title in keys.items() if _matches(words, f"{key} {title}")}
    if not found:
        return []
    about = next((action.description for action in ACTIONS.values() if action.screen == screen.PLACE), "")
    head = row((f"Here: {screen.HEADING}", "$primary bold"), (f"   {about}", "$muted"))
    cells = [row((f"  {key:<9}", "$accent bold"), (f"{title:<26}", "")) for key, title in found.items()]
    pairs = [Content("").join(cells[place : place + 2]) for place in range(0, len(cells), 2)]
    return [head, *pairs, literal("")]


def _joined(keys: dict[str, str]) -> dict[str, str]:
    """Digits that do the same stand on one line."""
    joined: dict[str, list[str]] = {}
    for key, title in keys.items():
        joined.setdefault(title if key.isdigit() else f"{title}\0{key}", []).append(key)
    return {" ".join(same): title.partition("\0")[0] for title, same in joined.items()}


def _text(action: Action) -> str:
    return f"{action.title} {action.description} {action.cli} {' '.join(shown(key) for key in keys_for(action.name))}"


def _matches(words: list[str], text: str) -> bool:
    return all(word in text.lower() for word in words)


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
