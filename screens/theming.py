"""F2: the next theme, ours first and then the operator's own, remembered; what is wrong with one is said."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from console.settings import preferences
from console.settings.errors import SettingsError
from screens import own_themes, theme

if TYPE_CHECKING:
    from screens.app import HubspokeApp


def next_theme(app: HubspokeApp) -> None:
    """Wear the theme after the current one that can be read, and say which."""
    if app.no_color:
        app.say("NO_COLOR is set: the console shows no colours. Unset it to choose a theme.")
        return
    names = (*theme.NAMES, *own_themes.names(app.paths))
    current = names.index(app.theme) if app.theme in names else -1
    for step in range(1, len(names) + 1):
        name = names[(current + step) % len(names)]
        try:
            app.wear(name)
        except SettingsError as error:
            app.trouble(error)  # and the next one is tried: a broken file must not end the round
            continue
        break
    _tell(app, app.theme)
    app.beside(partial(_remember, app, app.theme), group="theme")


def _tell(app: HubspokeApp, name: str) -> None:
    if name in theme.NAMES:
        app.say(f"Theme: {theme.TITLES[name]}")
        return
    worn = own_themes.read(app.paths, name)
    more = f"\nand {len(worn.warnings) - 2} more" if len(worn.warnings) > 2 else ""
    told = "\n".join((f"Theme: {worn.title}", *worn.warnings[:2])) + more
    app.say(told, severity="warning" if worn.warnings else "information")


async def _remember(app: HubspokeApp, name: str) -> None:
    try:
        await asyncio.to_thread(preferences.change, app.paths, theme=name)
    except Exception as error:  # noqa: BLE001 - a theme that is not remembered ends nothing
        app.trouble(error)
