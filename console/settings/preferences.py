"""What the program remembers for the operator in settings.toml: profile, theme, vault."""

from __future__ import annotations

import msgspec

from console.settings import tomlfile
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.text import safe

_COMMENT = "Written by Hubspoke itself."


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """The current profile, the theme of the console, and which vault holds the secrets."""

    profile: str = ""
    theme: str = ""
    vault: str = ""


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
        if not isinstance(value, str):
            raise SettingsError(
                f"{key} must be text.", "Put it between quotation marks.", file=path, line=found.line(key), key=key
            )
    return Preferences(**found.values)


def change(paths: Paths, **changes: str) -> Preferences:
    """Changes some of them and writes the file."""
    changed = msgspec.structs.replace(load(paths), **changes)
    values = {key: value for key, value in msgspec.structs.asdict(changed).items() if value}
    tomlfile.write(paths.settings_file, values, _COMMENT)
    return changed
