"""Our themes and stylesheets, read from the package `themes` so that a wheel has them too."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any

from textual.theme import Theme

DEFAULT = "hubspoke-dark"
TITLES = {"hubspoke-dark": "Dark", "hubspoke-light": "Light", "hubspoke-contrast": "High contrast"}
NAMES = tuple(TITLES)

_PALETTE = ("primary", "secondary", "warning", "error", "success", "accent", "foreground")
_GROUNDS = ("background", "surface", "panel")


@cache
def stylesheet(name: str) -> str:
    """The text of themes/<name>.tcss."""
    return files("themes").joinpath(f"{name}.tcss").read_text(encoding="utf-8")


def sheets(*names: str) -> list[str | PurePath]:
    """Paths of stylesheets, for a screen's CSS_PATH: Textual reads each one once, when it is first needed."""
    return [Path(str(files("themes").joinpath(f"{name}.tcss"))) for name in names]


def load(name: str) -> Theme:
    """The theme of themes/<name>.toml, with the colours that Textual would otherwise blend set outright."""
    table = tomllib.loads(files("themes").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    colours: dict[str, str] = {key: table[key] for key in (*_PALETTE, *_GROUNDS)}
    return Theme(
        name=table["name"],
        dark=bool(table["dark"]),
        text_alpha=1.0,
        variables=_variables(colours, table["variables"]),
        **colours,  # type: ignore[arg-type]
    )


def _variables(colours: dict[str, str], own: dict[str, Any]) -> dict[str, str]:
    """Textual blends many colours, and blends fall together in 256: name each one instead."""
    chosen: dict[str, str] = {
        **own,
        "text-muted": own["muted"],
        "text-disabled": own["muted"],
        "foreground-muted": own["muted"],
        "foreground-disabled": own["muted"],
        "border": colours["primary"],
        "border-blurred": own["quiet"],
        "block-cursor-background": own["selection-background"],
        "block-cursor-foreground": own["selection-foreground"],
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": own["selection-blurred"],
        "block-cursor-blurred-foreground": colours["foreground"],
        "block-hover-background": colours["panel"],
        "input-selection-background": own["selection-background"],
        "input-selection-foreground": own["selection-foreground"],
        "input-cursor-background": colours["foreground"],
        "input-cursor-foreground": colours["background"],
        "scrollbar": own["quiet"],
        "scrollbar-hover": own["muted"],
        "scrollbar-active": colours["primary"],
        "scrollbar-background": colours["background"],
        "scrollbar-background-hover": colours["background"],
        "scrollbar-background-active": colours["background"],
        "scrollbar-corner-color": colours["background"],
        "link-color": colours["primary"],
    }
    for name in ("primary", "secondary", "accent", "success", "warning", "error"):
        chosen[f"text-{name}"] = colours[name]
    return chosen
