"""Profiles on disk: one TOML file each, checked strictly, written in one step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from console.settings import preferences, tomlfile
from console.settings.errors import SettingsError
from console.settings.fields import FIELDS, SECRET_KEYS, Field, Wrong
from console.settings.icf import IcfSettings
from console.settings.paths import Paths
from console.settings.profile import AUTO, Profile
from console.text import safe

__all__ = ["Profiles", "SettingsError", "assign", "checked", "display"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_COMMENT = "A Hubspoke profile. Change it with: hubspoke profile set KEY=VALUE. It holds no secrets."


class Profiles:
    """The profiles in a configuration folder, and which one is current."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def names(self) -> list[str]:
        """All profiles, sorted; none when there is no folder yet."""
        try:
            return sorted(path.stem for path in self.paths.profiles.glob("*.toml") if _NAME.fullmatch(path.stem))
        except OSError as error:
            raise SettingsError(
                f"The profiles cannot be listed: {(error.strerror or 'unknown reason').lower()}.",
                "Mend the folder's permissions.",
                file=self.paths.profiles,
            ) from None

    def path(self, name: str) -> Path:
        """The file of a profile; refuses names that are not plain words."""
        return self.paths.profiles / f"{_checked_name(name)}.toml"

    def load(self, name: str) -> Profile:
        """Reads and checks a profile."""
        path = self.path(name)
        if not path.exists():
            raise self._unknown(name, path)
        found = tomlfile.read(path, "profile", tomlfile.LARGE)
        values = dict(found.values)
        if values.pop("name", name) != name:
            raise SettingsError(
                f'The profile file says another name than "{name}".',
                "The file's name is the profile's name: remove the line.",
                file=path,
                line=found.line("name"),
                key="name",
            )
        try:
            icf = values.pop("icf", None)
            profile = assign(Profile(name=name), values)
            return profile if icf is None else msgspec.structs.replace(profile, icf=IcfSettings.from_table(icf))
        except SettingsError as error:
            error.file, error.line = path, found.line(error.key) if error.key else None
            raise

    def save(self, profile: Profile) -> None:
        """Writes a profile after checking it; what is at its default is left out."""
        profile = checked(profile)
        tomlfile.write(self.path(profile.name), _table(profile), _COMMENT, tomlfile.LARGE)

    def remove(self, name: str) -> None:
        """Removes a profile's file; its secrets stay in the vault until they are forgotten."""
        path = self.path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            raise self._unknown(name, path) from None
        except OSError as error:
            raise SettingsError(
                f"The profile cannot be removed: {(error.strerror or 'unknown reason').lower()}.",
                "Mend the folder's permissions.",
                file=path,
            ) from None
        if preferences.load(self.paths).profile == name:
            preferences.change(self.paths, profile="")

    def current(self) -> str | None:
        """The profile in use: the chosen one, else the only one, else none."""
        names = self.names()
        chosen = preferences.load(self.paths).profile
        if chosen in names:
            return chosen
        return names[0] if len(names) == 1 else None

    def use(self, name: str) -> None:
        """Makes a profile the current one."""
        path = self.path(name)
        if not path.exists():
            raise self._unknown(name, path)
        preferences.change(self.paths, profile=name)

    def _unknown(self, name: str, path: Path) -> SettingsError:
        names = self.names()
        meant = tomlfile.nearest(name, names)
        if meant:
            remedy = f"Did you mean {meant}?"
        elif names:
            remedy = f"There are: {', '.join(names)}."
        else:
            remedy = f"Make it with: hubspoke profile add {name}"
        return SettingsError(f'There is no profile "{name}".', remedy, file=path)


def assign(profile: Profile, values: Mapping[str, Any]) -> Profile:
    """The profile with some keys changed; text is coerced, empty text means the default."""
    changes: dict[str, Any] = {}
    for key, value in values.items():
        field = FIELDS.get(key)
        if field is None:
            raise _unknown_key(key)
        changes[field.attribute] = _default(field) if value == "" else _read(field, value)
    return _whole(msgspec.structs.replace(profile, **changes))


def checked(profile: Profile) -> Profile:
    """The same profile when every value of it is allowed."""
    _checked_name(profile.name)
    for field in FIELDS.values():
        value = getattr(profile, field.attribute)
        if value != _default(field):
            _read(field, AUTO if field.limit and value == 0 else value)
    return _whole(profile)


def display(profile: Profile) -> dict[str, Any]:
    """All keys and values as an operator writes them: camelCase, `auto`, lists."""
    return {field.key: _written(field, getattr(profile, field.attribute)) for field in FIELDS.values()}


def _table(profile: Profile) -> dict[str, Any]:
    """What goes to the file: how to sign in, and what is not at its default."""
    shown = display(profile)
    table = {
        key: shown[key]
        for key, field in FIELDS.items()
        if key == "authentication" or getattr(profile, field.attribute) != _default(field)
    }
    return {**table, "icf": profile.icf.table()} if profile.icf else table


def _written(field: Field, value: Any) -> Any:
    if field.limit and value == 0:
        return AUTO
    return list(value) if isinstance(value, tuple) else value


_DEFAULTS = Profile(name="default")


def _default(field: Field) -> Any:
    return getattr(_DEFAULTS, field.attribute)


def _read(field: Field, value: Any) -> Any:
    try:
        return field.read(value)
    except Wrong as wrong:
        raise SettingsError(f"{field.key} {wrong.problem}.", wrong.remedy, key=field.key) from None


def _whole(profile: Profile) -> Profile:
    """Checks what concerns more than one key."""
    if profile.http_proxy_host and not profile.http_proxy_port:
        raise SettingsError(
            "httpProxyHost needs httpProxyPort.", "Set both, such as httpProxyPort=3128.", key="httpProxyHost"
        )
    if profile.http_proxy_port and not profile.http_proxy_host:
        raise SettingsError("httpProxyPort needs httpProxyHost.", "Set both, or neither.", key="httpProxyPort")
    return profile


def _unknown_key(key: str) -> SettingsError:
    secret = SECRET_KEYS.get(re.sub(r"[^a-z]", "", key.lower()))
    if secret:
        return SettingsError(
            f"{secret} is a secret: a profile never holds one.",
            f"Remove it there and store it with: hubspoke credentials set {secret}",
            key=key,
        )
    meant = tomlfile.nearest(key, FIELDS)
    remedy = f"Did you mean {meant}?" if meant else f"The keys are: {', '.join(FIELDS)}."
    return SettingsError(f'Unknown key "{safe(key, limit=60)}".', remedy, key=key)


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise SettingsError(
            "A profile's name is 1 to 64 letters, digits, - and _, beginning with a letter or digit.",
            "Choose a short name such as production; displayName takes any text.",
            key="name",
        )
    return name
