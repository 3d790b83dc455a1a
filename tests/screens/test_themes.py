"""Our themes: readable in every depth of colour, shipped as data, complete; the operator's own, read strictly."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from rich.color import Color as RichColor
from rich.color import ColorSystem

from console.settings import preferences
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from screens import own_themes, theme
from tests.screens.looking import sees, shown
from tests.screens.sample_app import still_app

SIXTEEN = {
    "a VGA console": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
    "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
    "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
}
"""What terminals make of the sixteen numbers."""
DEPTHS = ("truecolor", "256", *SIXTEEN)
COLOURED = tuple(name for name in theme.NAMES if name != theme.PLAIN)


def colours(name: str, *, sixteen: bool = False) -> dict[str, str]:
    found = theme.load(name, sixteen=sixteen)
    named = {key: getattr(found, key) for key in (*theme.PALETTE, *theme.GROUNDS)}
    return {key: value for key, value in {**found.variables, **named}.items() if str(value).startswith("#")}


def on(colour: str, depth: str) -> str:
    """What a terminal of that depth makes of a colour."""
    if depth == "truecolor":
        return colour
    if depth == "256":
        return str(RichColor.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex)
    number = RichColor.parse(colour).downgrade(ColorSystem.STANDARD).number
    assert number is not None
    return f"#{SIXTEEN[depth].split()[number]}"


@pytest.mark.parametrize("name", COLOURED)  # the plain one sends no colours
@pytest.mark.parametrize("depth", DEPTHS)
def test_everything_that_is_read_has_contrast(name: str, depth: str) -> None:
    table = colours(name, sixteen=depth in SIXTEEN)
    wanted = 7.0 if name == "hubspoke-contrast" and depth not in SIXTEEN else own_themes.READABLE
    for ink, ground in own_themes.pairs():
        found = own_themes.contrast(on(table[ink], depth), on(table[ground], depth))
        assert found >= wanted, f"{name}: {ink} on {ground} has {found:.2f} in {depth}"


@pytest.mark.parametrize("name", COLOURED)
@pytest.mark.parametrize("depth", DEPTHS)
def test_grounds_and_signs_stay_apart(name: str, depth: str) -> None:
    table = {key: on(value, depth) for key, value in colours(name, sixteen=depth in SIXTEEN).items()}
    apart = [("warning", "error", "foreground"), ("background", "selection-background"), ("muted", "quiet")]
    apart.append(("background", "selection-blurred") if depth in SIXTEEN else ("background", "panel"))
    for group in apart:
        assert len({table[key] for key in group}) == len(group), group


@pytest.mark.parametrize("name", COLOURED)
def test_no_ground_of_sixteen_needs_a_bright_one(name: str) -> None:
    table = theme.table(name)["sixteen"]
    for ground in ("selection-background", "selection-blurred", "bar-background", "bar-keys", "surface", "panel"):
        number = RichColor.parse(table[ground]).downgrade(ColorSystem.STANDARD).number
        assert number in {*range(8), 15}, f"{ground}: the Linux console has no ground {number}"


def test_every_sheet_and_theme_is_packaged() -> None:
    packaged = {item.name for item in files("themes").iterdir()}
    assert {f"{name}.toml" for name in theme.NAMES} <= packaged
    assert {"console.tcss", "widgets.tcss", "review.tcss", "browse.tcss", "forms.tcss"} <= packaged


@pytest.mark.parametrize("name", theme.NAMES)
def test_our_own_files_pass_what_an_operators_must(tmp_path: Path, name: str) -> None:
    paths = workshop(tmp_path, theme.table(name))
    assert own_themes.read(paths, "mine").warnings == ()


def workshop(folder: Path, table: dict[str, Any], name: str = "mine") -> Paths:
    """A config folder with a theme in it."""
    paths = Paths.resolve(str(folder / "config"), str(folder / "state"))
    own_themes.folder(paths).mkdir(parents=True, exist_ok=True)
    (own_themes.folder(paths) / f"{name}.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    return paths


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bakground": "#000000"}, ('Unknown key "bakground"', "Did you mean background?")),
        ({"error": None}, ("the colour error is missing", 'Add error = "#rrggbb"')),
        ({"error": "red"}, ("error is no colour: red", "#5fafd7")),
        ({"error": "\x1b[31m"}, ("error is no colour: \\x1b[31m",)),
        ({"dark": "yes"}, ("dark must be true or false",)),
        ({"title": 7}, ("title must be text",)),
        ({"variables": "none"}, ("variables must be a table",)),
        ({"variables": {}}, ("[variables]: the colour muted is missing",)),
        ({"sixteen": {"backgroud": "#000000"}}, ('Unknown key "backgroud"', "Did you mean background?")),
    ],
)
def test_a_mistake_in_an_own_theme_is_named(tmp_path: Path, change: dict[str, Any], said: tuple[str, ...]) -> None:
    table = {key: value for key, value in {**theme.table("hubspoke-dark"), **change}.items() if value is not None}
    with pytest.raises(SettingsError) as raised:
        own_themes.read(workshop(tmp_path, table), "mine")
    told = f"{raised.value} {raised.value.remedy}"
    assert all(part in told for part in said), told


def test_a_name_that_is_no_theme_lists_those_that_are(tmp_path: Path) -> None:
    paths = workshop(tmp_path, theme.table("hubspoke-dark"))
    for name in ("solarized", "../mine", "\x1b[2J"):
        with pytest.raises(SettingsError, match="There is no theme") as raised:
            own_themes.read(paths, name)
        assert "hubspoke-monochrome, mine" in raised.value.remedy
        assert "\x1b" not in str(raised.value)


def test_an_own_theme_that_is_pale_is_taken_and_said(tmp_path: Path) -> None:
    table = theme.table("hubspoke-dark")
    table["variables"]["muted"] = "#444444"
    warnings = own_themes.read(workshop(tmp_path, table), "mine").warnings
    assert "muted on background has a contrast of 1.9; text is hard to read below 4.5" in warnings
    assert len(warnings) == 4


async def test_f2_goes_round_through_the_operators_own_and_past_a_broken_one(tmp_path: Path) -> None:
    table = theme.table("hubspoke-light") | {"title": "Paper"}
    workshop(tmp_path, table, "paper")
    workshop(tmp_path, {"background": "#000000", "eror": "#ff0000"}, "broken")
    app = still_app(tmp_path)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.press("f2", "f2", "f2")
        await sees(pilot, "Theme: Monochrome")
        await pilot.press("f2")
        await sees(pilot, "Did you mean error?")
        await sees(pilot, "Theme: Paper")
        assert app.theme == "paper"
        await pilot.app.workers.wait_for_complete()
        assert preferences.load(app.paths).theme == "paper"
        await pilot.press("f2")
        await sees(pilot, "Theme: Dark")
        assert app.troubles == []


async def test_an_own_theme_that_broke_leaves_the_console_in_the_usual_one(tmp_path: Path) -> None:
    paths = workshop(tmp_path, {"dark": True})
    preferences.change(paths, theme="mine")
    app = still_app(tmp_path)
    async with app.run_test() as pilot:
        assert app.theme == theme.DEFAULT
        assert isinstance(app._theme_trouble, SettingsError)
        await pilot.pause()
        assert "hubspoke" in shown(app)


async def test_no_colour_is_monochrome_and_f2_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = still_app(tmp_path)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.pause()
        assert app.theme == theme.PLAIN
        styles = [part.style for strip in app.screen._compositor.render_strips() for part in strip if part.style]
        assert all(style.color is None and style.bgcolor is None for style in styles)
        assert any(style.reverse for style in styles), "the first line and the selection stand out"
        await pilot.press("f2")
        await sees(pilot, "NO_COLOR is set")
        assert app.theme == theme.PLAIN
