"""How a field of the setup is judged as it is typed, and what HubSpot said of a key."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from textual.content import Content

from console.settings.fields import FIELDS, Wrong
from console.settings.profile import Profile
from console.settings.profiles import SettingsError, checked
from console.settings.shapes import FINE, Judgement, judge
from screens.literal import hanging, literal, row
from screens.screens.setup.where import SECRETS, SETTINGS
from screens.words import Sign

if TYPE_CHECKING:
    from console.connector.tryout import Opened

SIGNS = {
    "ok": Sign("✓", "fine", "$success"),
    "warn": Sign("▲", "look", "$warning"),
    "wrong": Sign("✗", "wrong", "$error"),
    "none": Sign(" ", "", "$muted"),
}
NAME_RULE = "Letters, digits, - and _, beginning with a letter or digit: such as production."


def judged(name: str, value: str, profiles: Collection[str]) -> Judgement:
    """One field; `profiles` are the names that are taken."""
    given = value.strip()
    if name in SECRETS:
        return judge(SECRETS[name], given)
    if name in SETTINGS:
        try:
            FIELDS[SETTINGS[name]].read(given)
        except Wrong as wrong:
            return Judgement("wrong", f"It {wrong.problem}. {wrong.remedy}")
        return FINE
    if name == "setup-name":
        return _name(given, profiles)
    return FINE


def _name(given: str, profiles: Collection[str]) -> Judgement:
    try:
        checked(Profile(name=given))
    except SettingsError:
        return Judgement("wrong", NAME_RULE)
    if given in profiles:
        return Judgement("warn", "There is a profile of this name: going on changes it.")
    return FINE


def opened_rows(opened: Opened, width: int) -> list[Content]:
    """Whose account a key opens and what it lacks; or where the way ended, and what to do."""
    if opened.failed is not None:
        told = f"{opened.failed.title}: {opened.failed.detail}"
        return [*hanging("✗ ", told, width, "$error")[:2], *hanging("→ ", opened.failed.advice, width)[:2]]
    who = opened.account.split(", time zone")[0]
    if opened.lacking:
        lacks = ", ".join(title.lower() for title in opened.lacking)
        return [
            row(("▲ ", "$warning"), (f"It opens {who}, but may not: ", "$warning"), (lacks, "bold")),
            *hanging("→ ", "Add the scopes above to the key, or go on without.", width),
        ]
    return [literal(f"✓ It opens {who}, and may all that is needed.", "$success")]
