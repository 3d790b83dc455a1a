"""Our themes: readable in every depth of colour, shipped as data, complete."""

from __future__ import annotations

from importlib.resources import files

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color

from screens import theme

INK = ("foreground", "muted", "primary", "secondary", "accent", "success", "warning", "error")
GROUNDS = ("background", "surface", "panel", "bar-keys")
PAIRS = (
    ("bar-foreground", "bar-background"),
    ("bar-accent", "bar-background"),
    ("bar-muted", "bar-background"),
    ("bar-warning", "bar-background"),
    ("bar-alarm", "bar-background"),
    ("selection-foreground", "selection-background"),
    ("foreground", "selection-blurred"),
)


def colours(name: str) -> dict[str, str]:
    found = theme.load(name)
    named = {key: getattr(found, key) for key in (*theme._PALETTE, *theme._GROUNDS)}
    return {**found.variables, **named}


def in_256(colour: str) -> Color:
    downgraded = RichColor.parse(colour).downgrade(ColorSystem.EIGHT_BIT)
    return Color(*downgraded.get_truecolor())


def contrast(ink: Color, ground: Color) -> float:
    def luminance(colour: Color) -> float:
        parts = [part / 255 for part in colour.rgb]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("depth", ["truecolor", "256"])
def test_everything_that_is_read_has_contrast(name: str, depth: str) -> None:
    table = colours(name)
    wanted = 7.0 if name == "hubspoke-contrast" else 4.5
    convert = in_256 if depth == "256" else Color.parse
    for ink, ground in [*((ink, ground) for ink in INK for ground in GROUNDS), *PAIRS]:
        found = contrast(convert(table[ink]), convert(table[ground]))
        assert found >= wanted, f"{name}: {ink} on {ground} has {found:.2f} in {depth}"


@pytest.mark.parametrize("name", theme.NAMES)
def test_grounds_and_signs_stay_apart_in_256(name: str) -> None:
    table = {key: in_256(value).hex for key, value in colours(name).items() if value.startswith("#")}
    for apart in (
        ("warning", "error", "foreground"),
        ("background", "panel", "selection-background"),
        ("muted", "quiet"),
    ):
        assert len({table[key] for key in apart}) == len(apart), apart


def test_every_sheet_and_theme_is_packaged() -> None:
    packaged = {item.name for item in files("themes").iterdir()}
    assert {f"{name}.toml" for name in theme.NAMES} <= packaged
    assert {"console.tcss", "widgets.tcss", "review.tcss", "browse.tcss", "forms.tcss"} <= packaged
