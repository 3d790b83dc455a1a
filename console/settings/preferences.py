"""What the program remembers for the operator in settings.toml: profile, theme, vault, notice, retention."""

from __future__ import annotations

from typing import Any

import msgspec

from console.settings import tomlfile
from console.settings.alone import alone
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.text import safe

ATTENTION = ("", "bell", "silent", "off")
_MOST_DAYS = 36_500
_COMMENT = "Written by Hubspoke itself."


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """The current profile, the theme of the console, which vault holds the secrets, and what the operator wrote in.

    `notify` is a program with its arguments, told of ends, guards and quarantines. `retention_days` is how long plans
    keep what they hold of people; 0 keeps them until somebody prunes. `attention` is how the console calls somebody when a
    run ends or needs them: "" by all that the terminal has, "bell" alone, "silent" without it, "off" not at all.
    """

    profile: str = ""
    theme: str = ""
    vault: str = ""
    notify: tuple[str, ...] = ()
    retention_days: int = 30
    attention: str = ""


def load(paths: Paths) -> Preferences:
    """The preferences; defaults when there is no file yet."""
    path = paths.settings_file
    if not path.exists():
        return Preferences()
    found = tomlfile.read(path, "settings")
    known = Preferences.__struct_fields__
    for key, value in found.values.items():
        if key not in known:
            meant = tomlfile.nearest(key, known)
            raise SettingsError(
                f'Unknown key "{safe(key, limit=60)}".',
                f"Did you mean {meant}?" if meant else f"The keys are: {', '.join(known)}.",
                file=path,
                line=found.line(key),
                key=key,
            )
        wrong = _wrong(key, value)
        if wrong is not None:
            raise SettingsError(*wrong, file=path, line=found.line(key), key=key)
    return Preferences(**found.values | {"notify": tuple(found.values.get("notify", ()))})


def _wrong(key: str, value: Any) -> tuple[str, str] | None:
    """What is wrong with a value, and how to write it."""
    if key == "notify":
        good = isinstance(value, list) and all(isinstance(word, str) and "\x00" not in word for word in value)
        remedy = 'Write notify = ["/usr/local/bin/tell", "--quietly"]: it is run as it stands, by no shell.'
        return None if good and (not value or value[0]) else ("notify must be a list of texts.", remedy)
    if key == "retention_days":
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_DAYS
        return None if good else ("retention_days must be a number of days.", "Write retention_days = 30.")
    if key == "attention" and value not in ATTENTION:
        known = ", ".join(f'"{word}"' for word in ATTENTION)
        return f"attention must be one of {known}.", 'Write attention = "off" for no bell, title or notification.'
    return None if isinstance(value, str) else (f"{key} must be text.", "Put it between quotation marks.")


def change(paths: Paths, **changes: str) -> Preferences:
    """Changes some of them and writes the file."""
    with alone(paths.settings_file):
        changed = msgspec.structs.replace(load(paths), **changes)
        default = msgspec.structs.asdict(Preferences())
        values = {key: value for key, value in msgspec.structs.asdict(changed).items() if value != default[key]}
        if "notify" in values:
            values["notify"] = list(values["notify"])
        tomlfile.write(paths.settings_file, values, _COMMENT)
    return changed
