"""The command palette, fed from the action registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input, LoadingIndicator

from console.actions import ACTIONS, Action
from screens.keys import keys_for, shown
from screens.literal import literal

if TYPE_CHECKING:
    from screens.app import HubspokeApp

HIDDEN = frozenset({"palette", "back"})


class Palette(CommandPalette):
    """Textual's palette, made quiet: no blinking cursor, no indicator that repaints though nothing changed."""

    def on_mount(self) -> None:
        """Stop what moves."""
        self.query_one(Input).cursor_blink = False
        self.query_one(LoadingIndicator).auto_refresh = None


class ActionProvider(Provider):
    """Every action that makes sense on this screen, with its key."""

    async def discover(self) -> Hits:
        """Before anything is typed: all of them, in the registry's order."""
        for action, perform in self._offered():
            yield DiscoveryHit(_display(action), perform, text=action.title, help=action.description)

    async def search(self, query: str) -> Hits:
        """By title, then by description."""
        matcher = self.matcher(query)
        for action, perform in self._offered():
            score = max(matcher.match(action.title), matcher.match(action.description) * 0.5)
            if score > 0:
                yield Hit(score, _display(action), perform, text=action.title, help=action.description)

    def _offered(self) -> Iterator[tuple[Action, Callable[[], None]]]:
        app = cast("HubspokeApp", self.app)
        for action in ACTIONS.values():
            if action.name not in HIDDEN and app.offers(action.name, self.screen):
                yield action, _performer(app, action.name)


def _performer(app: HubspokeApp, name: str) -> Callable[[], None]:
    def perform() -> None:
        app.call_later(app.action_perform, name)

    return perform


def _display(action: Action) -> Content:
    pressed = "  ".join(dict.fromkeys(shown(key) for key in keys_for(action.name)))
    return Content("").join([literal(action.title), literal(f"   {pressed}", "$accent")])
