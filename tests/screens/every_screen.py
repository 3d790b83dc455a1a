"""Every screen of the console, collected from its modules, and what each needs to be opened."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import screens.screens
from screens.screens.base import ConsoleScreen


def every_screen() -> dict[str, type[ConsoleScreen[Any]]]:
    """The screens by the names that screens/keys.py gives them."""
    for module in walk_packages(screens.screens.__path__, "screens.screens."):
        import_module(module.name)
    return {found.PLACE: found for found in sorted(_leaves(ConsoleScreen), key=lambda one: one.__name__) if found.PLACE}


def _leaves(base: type[ConsoleScreen[Any]]) -> Iterator[type[ConsoleScreen[Any]]]:
    """Those that nothing else is made of."""
    for one in base.__subclasses__():
        if one.__module__.startswith("screens.screens."):
            below = list(_leaves(one))
            yield from below or [one]


def opened(found: type[ConsoleScreen[Any]], world: Mapping[str, Any]) -> ConsoleScreen[Any]:
    """A screen over the things of `world`, which are given by the names of its parameters."""
    if found.__init__ is ConsoleScreen.__init__:
        return found()
    given = {}
    for name, parameter in inspect.signature(found.__init__).parameters.items():
        if f"{found.PLACE}.{name}" in world:
            given[name] = world[f"{found.PLACE}.{name}"]
        elif name in world and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            given[name] = world[name]
    return found(**given)
