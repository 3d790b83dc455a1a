"""Our themes and stylesheets, read from the package `themes` so that a wheel has them too."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any

from textual.theme import Theme

DEFAULT = "hubspoke-dark"
PLAIN = "hubspoke-monochrome"
TITLES = {
    "hubspoke-dark": "Dark",
    "hubspoke-light": "Light",
    "hubspoke-contrast": "High contrast",
    PLAIN: "Monochrome",
}
NAMES = tuple(TITLES)

PALETTE = ("primary", "secondary", "warning", "error", "success", "accent", "foreground")
GROUNDS = ("background", "surface", "panel")


@cache
def stylesheet(name: str) -> str:
    """The text of themes/<name>.tcss."""
    return files("themes").joinpath(f"{name}.tcss").read_text(encoding="utf-8")


def sheets(*names: str) -> list[str | PurePath]:
    """Paths of stylesheets, for a screen's CSS_PATH: Textual reads each one once, when it is first needed."""
    return [Path(str(files("themes").joinpath(f"{name}.tcss"))) for name in names]


def table(name: str) -> dict[str, Any]:
    """The table of themes/<name>.toml."""
    return tomllib.loads(files("themes").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def load(name: str, *, sixteen: bool = False) -> Theme:
    """The theme of themes/<name>.toml; `sixteen`: as a terminal of 16 colours should have it."""
    return build(name, table(name), sixteen=sixteen)


def build(name: str, found: dict[str, Any], *, sixteen: bool = False) -> Theme:
    """A theme of a table, with the colours that Textual would otherwise blend set outright."""
    few = found.get("sixteen", {}) if sixteen else {}
    colours: dict[str, str] = {key: few.get(key, found[key]) for key in (*PALETTE, *GROUNDS)}
    own = {key: few.get(key, value) for key, value in found["variables"].items()}
    return Theme(
        name=name,
        dark=bool(found["dark"]),
        text_alpha=1.0,
        variables=_variables(colours, own) | ({"plain": "1"} if found.get("plain") else {}),
        **colours,  # type: ignore[arg-type]
    )


def _variables(colours: dict[str, str], own: dict[str, Any]) -> dict[str, str]:
    """Textual blends many colours, and blends fall together in 256: name each one instead."""
    chosen: dict[str, str] = {
        "toast": colours["panel"],
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
