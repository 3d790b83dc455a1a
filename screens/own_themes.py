"""The operator's own themes: TOML files in the config folder's `themes/`, read strictly.

A mistake is a SettingsError that names the line and the nearest word; what is readable but pale is a
warning, because it is the operator's own screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from console.settings import tomlfile
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.text import safe
from screens import theme

READABLE = 4.5
"""The contrast that WCAG 2 asks of text (AA)."""
INK = ("foreground", "muted", "primary", "secondary", "accent", "success", "warning", "error")
ON = ("background", "surface", "panel", "bar-keys")
PAIRS = (
    ("bar-foreground", "bar-background"),
    ("bar-accent", "bar-background"),
    ("bar-muted", "bar-background"),
    ("bar-warning", "bar-background"),
    ("bar-alarm", "bar-background"),
    ("selection-foreground", "selection-background"),
    ("foreground", "selection-blurred"),
)
VARIABLES = (
    "muted",
    "quiet",
    "bar-background",
    "bar-foreground",
    "bar-accent",
    "bar-muted",
    "bar-warning",
    "bar-alarm",
    "bar-keys",
    "selection-background",
    "selection-foreground",
    "selection-blurred",
)
OPTIONAL = ("toast",)
COLOURS = (*theme.PALETTE, *theme.GROUNDS)
KEYS = ("name", "title", "dark", "plain", *COLOURS, "variables", "sixteen")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")


class OwnTheme(NamedTuple):
    """A theme of the operator's; `warnings`: what will be hard to read, in words."""

    name: str
    title: str
    table: dict[str, Any]
    warnings: tuple[str, ...]


def folder(paths: Paths) -> Path:
    """Where the operator's themes live."""
    return paths.config / "themes"


def names(paths: Paths) -> tuple[str, ...]:
    """The operator's themes by file name, in order of the alphabet; none without the folder."""
    try:
        found = sorted(path.stem for path in folder(paths).iterdir() if path.suffix == ".toml")
    except OSError:
        return ()
    return tuple(name for name in found if _NAME.match(name) and name not in theme.NAMES)


def read(paths: Paths, name: str) -> OwnTheme:
    """One of them, checked; SettingsError says what is wrong on which line."""
    file = folder(paths) / f"{name}.toml"
    if not _NAME.match(name) or not file.is_file():
        known = ", ".join((*theme.NAMES, *names(paths)))
        raise SettingsError(f'There is no theme "{safe(name, limit=60)}".', f"The themes are: {known}.")
    found = tomlfile.read(file, "theme")
    for key, message, remedy in _mistakes(found.values):
        raise SettingsError(message, remedy, file=file, line=found.line(key) if key else None, key=key)
    made = {"dark": True, **found.values}
    return OwnTheme(name, str(made.get("title", name)), made, tuple(_pale(made)))


def contrast(ink: str, ground: str) -> float:
    """The contrast of two colours "#rrggbb" as WCAG 2 defines it, 1 to 21."""
    light, dark = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pairs() -> Iterator[tuple[str, str]]:
    """What is read on what."""
    yield from ((ink, ground) for ink in INK for ground in ON)
    yield from PAIRS


def _luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _pale(table: dict[str, Any]) -> Iterator[str]:
    colours = {**table, **table["variables"]}
    for ink, ground in pairs():
        found = contrast(colours[ink], colours[ground])
        if found < READABLE:
            yield f"{ink} on {ground} has a contrast of {found:.1f}; text is hard to read below {READABLE}"


def _mistakes(table: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The key to be looked up ("" when it is not there), what is wrong and what to do, for every mistake."""
    yield from _unknown(table, KEYS)
    for key in ("dark", "plain"):
        if not isinstance(table.get(key, True), bool):
            yield key, f"{key} must be true or false.", f"Write {key} = true."
    for key in ("name", "title"):
        if not isinstance(table.get(key, ""), str):
            yield key, f"{key} must be text.", "Put it between quotation marks."
    yield from _colours(table, COLOURS, "")
    for section in ("variables", "sixteen"):
        if not isinstance(table.get(section, {}), dict):
            yield section, f"{section} must be a table.", f"Write [{section}] and its colours below it."
            return
    variables = table.get("variables", {})
    yield from _unknown(variables, (*VARIABLES, *OPTIONAL))
    yield from _colours(variables, (*VARIABLES, *(key for key in OPTIONAL if key in variables)), "[variables]: ")
    sixteen = table.get("sixteen", {})
    yield from _unknown(sixteen, (*COLOURS, *VARIABLES, *OPTIONAL))
    for _, message, remedy in _colours(sixteen, tuple(sixteen), "[sixteen]: "):
        yield "sixteen", message, remedy  # its keys stand above, too


def _unknown(table: dict[str, Any], known: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    for key in table:
        if key not in known:
            meant = tomlfile.nearest(key, known)
            remedy = f"Did you mean {meant}?" if meant else f"The keys are: {', '.join(known)}."
            yield key, f'Unknown key "{safe(key, limit=60)}".', remedy


def _colours(table: dict[str, Any], wanted: Iterable[str], where: str) -> Iterator[tuple[str, str, str]]:
    for key in wanted:
        value = table.get(key)
        if value is None:
            yield "", f"{where}the colour {key} is missing.", f'Add {key} = "#rrggbb".'
        elif not isinstance(value, str) or not _COLOUR.match(value):
            told = safe(str(value), limit=40)
            yield key, f"{where}{key} is no colour: {told}.", 'Write it as "#rrggbb", for example "#5fafd7".'
