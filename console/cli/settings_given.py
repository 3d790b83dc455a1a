"""Settings of a profile as commands take them: KEY=VALUE words."""

from __future__ import annotations

from collections.abc import Sequence

from console.cli.exits import usage
from console.settings.errors import SettingsError
from console.settings.profile import Profile
from console.settings.profiles import assign


def assigned(profile: Profile, settings: Sequence[str]) -> Profile:
    """The profile with these settings; nothing is saved. Raises Stop (usage)."""
    try:
        return assign(profile, _pairs(settings))
    except SettingsError as error:
        raise usage(error.message, error.remedy) from error


def _pairs(settings: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise usage(f'"{setting}" is not KEY=VALUE.', "For example: hubspoke profile set timeoutSeconds=30")
        if key in pairs:
            raise usage(f"{key} is given twice.")
        pairs[key] = value
    return pairs
